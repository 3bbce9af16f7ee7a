"""What SMTP is, and nothing about how it is carried: bytes in, facts out.

No module here opens a socket, waits, or knows a language. Reading order: `replies` (what a server
says), `extensions` (what its EHLO reply promises), `sasl` (how a login is spoken), `certificates`
(what a chain is worth).
"""
