"""Acquire: talk to one server, lose nothing.

`conversation` decides what is said and when, and does no I/O: `actions` is what it yields, `login` its
part about AUTH. `wire` carries it out on the only sockets of the package and writes the record; `tls`
and `addresses` are the wire's tools.
"""
