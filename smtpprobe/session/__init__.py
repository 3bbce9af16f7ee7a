"""Acquire: talk to one server, lose nothing.

`conversation` decides what is said and when, and does no I/O; `wire` carries it out on the only
sockets of the package and writes the record. `tls` and `addresses` are the wire's tools.
"""
