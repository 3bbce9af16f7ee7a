"""A mail server to look at without having one, and every way in which one can fail.

`faults` lists what can be shown and starts it on loopback, for `smtpprobe demo` and for the tests. Two
servers stand behind it. `server` is honest: aiosmtpd, TLS, one user; `mechanisms` are the ways to log in
that aiosmtpd does not have. `player` says whatever a dialogue tells it to, octet by octet, also what no
honest server would: `script` reads the dialogue as a server's part, `client` is the connection in its
hands. `certificates` makes theirs, good and bad, when they are asked for: no key is stored anywhere.
"""
