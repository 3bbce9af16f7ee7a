"""What a refused AUTH means: by enhanced code, then by code.

The enhanced code comes first because it is the more exact of the two; a code alone means different
things to different servers, so only what RFC 4954 6 defines, or what the session itself proves, is
called certain. A table without transcripts, so that a reply pasted from a log is read like one of a
live session.
"""

# What a refusal comes to: the cause, how sure that is, and what else it could be.
Reading = tuple[str, str, tuple[str, ...]]

CAUSES: dict[str, Reading] = {
    # RFC 4954 6: user name, password or permission; servers say it for almost everything.
    "credentials-rejected": (
        "bad-credentials",
        "likely",
        ("app-password-required", "smtp-auth-disabled-mailbox", "account-locked", "wrong-host"),
    ),
    # RFC 4954 6 means the mechanism; large providers mean an app password.
    "mechanism-too-weak": (
        "mechanism-unsupported",
        "possible",
        ("app-password-required", "web-login-required"),
    ),
    "auth-needs-tls": ("tls-required", "likely", ()),
    "mechanism-refused": ("mechanism-unsupported", "likely", ("tls-required",)),
    "account-disabled": ("account-disabled", "likely", ("service-not-enabled", "ip-not-allowed-for-account")),
    "password-transition-needed": ("password-transition", "likely", ("rate-limit-logins",)),
    "auth-out-of-sequence": ("sequence-error", "likely", ("auth-not-advertised",)),
    "auth-not-implemented": ("auth-not-advertised", "likely", ("tls-required",)),
    "auth-syntax-refused": ("base64-error", "possible", ("initial-response-refused", "cancelled")),
    "auth-line-too-long": ("line-too-long", "certain", ()),
    # It says nothing about the password, except from the few servers that use it for a wrong one.
    "auth-temporary-failure": ("temporary-server", "likely", ("rate-limit-logins", "bad-credentials")),
    "auth-refused": (
        "bad-credentials",
        "possible",
        ("smtp-auth-disabled-mailbox", "service-not-enabled", "account-locked"),
    ),
}

_BY_ENHANCED = {
    "4.7.12": "password-transition-needed",
    "5.5.6": "auth-line-too-long",
    "5.7.4": "mechanism-refused",
    "5.7.8": "credentials-rejected",
    "5.7.9": "mechanism-too-weak",
    "5.7.10": "auth-needs-tls",
    "5.7.11": "auth-needs-tls",
    "5.7.12": "password-transition-needed",
    "5.7.13": "account-disabled",
}
_BY_CODE = {
    500: "auth-syntax-refused",
    501: "auth-syntax-refused",
    502: "auth-not-implemented",
    503: "auth-out-of-sequence",
    504: "mechanism-refused",
    523: "auth-needs-tls",
    524: "auth-needs-tls",
    525: "account-disabled",
    534: "mechanism-too-weak",
    535: "credentials-rejected",
    538: "auth-needs-tls",
}
# Codes that answer nothing but AUTH.
AUTH_CODES = frozenset({432, 435, 524, 525, 534, 535, 538})


def read_refusal(code: int, enhanced: str | None, *, encrypted: bool) -> tuple[str, Reading]:
    """The id of the finding that a refusal (4yz or 5yz) of AUTH comes to, and why."""
    id = _finding(code, enhanced, encrypted)
    if id == "auth-needs-tls" and not encrypted:
        return id, ("tls-required", "certain", ())  # the session had no TLS, and the reply asks for it
    return id, CAUSES[id]


def _finding(code: int, enhanced: str | None, encrypted: bool) -> str:
    if found := _BY_ENHANCED.get(enhanced or ""):
        return found
    if code == 432 and not enhanced:
        return "password-transition-needed"
    if code == 530:
        return "auth-refused" if encrypted else "auth-needs-tls"
    if code < 500:
        return "auth-temporary-failure"
    return _BY_CODE.get(code, "auth-refused")
