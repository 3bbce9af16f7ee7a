"""PLAIN, LOGIN and CRAM-MD5: mechanisms for a password that is one message, or a hash of it."""

import hashlib
import hmac

from smtpprobe.protocol.sasl.talk import Identity, Response, Talk, unfinished, utf8


def plain(who: Identity) -> Talk:
    """RFC 4616 2: no authorization identity, user name, password."""
    yield Response(b"\0" + utf8(who.user) + b"\0" + utf8(who.secret))


def login(who: Identity) -> Talk:
    """The prompts vary (`Username:`, `User Name\\0`, none at all): their order does not."""
    user, secret = Response(utf8(who.user), shown="[user name]"), Response(utf8(who.secret))
    unfinished((yield None))
    unfinished((yield user))
    yield secret


def cram_md5(who: Identity) -> Talk:
    """RFC 2195 2: user name, blank, HMAC-MD5 of the challenge under the password."""
    user, secret = utf8(who.user), utf8(who.secret)
    challenge = unfinished((yield None))
    digest = hmac.new(secret, challenge, hashlib.md5).hexdigest().encode()
    yield Response(user + b" " + digest, telling=(digest,))
