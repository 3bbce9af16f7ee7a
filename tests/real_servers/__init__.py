"""Tests against real Postfix, Exim and Dovecot, which the tests start themselves: see servers.py."""
