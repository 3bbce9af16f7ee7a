"""What a refused AUTH means: by the reply's own words, then by enhanced code, then by code.

The words come first because the codes are said for almost everything; where they name nothing, the
enhanced code is the more exact of the two. A code alone means different things to different servers,
so only what RFC 4954 6 defines, what the reply says in so many words, or what the session itself
proves, is called certain. Facts without transcripts, so that a reply pasted from a log is read like
one of a live session.
"""

from smtpprobe.knowledge.causes import Reading, Said, recognise

# Finding to what its codes mean by themselves: the cause, how sure that is, and what else it could be.
CAUSES: dict[str, tuple[str, str, tuple[str, ...]]] = {
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

# What a reading is never left without, if it is not certain.
MOST_ALTERNATIVES = 4


def read_refusal(said: Said) -> tuple[str, Reading]:
    """The id of the finding that a refusal (4yz or 5yz) of AUTH comes to, and why it was given."""
    id = _finding(said)
    if id == "auth-needs-tls" and not said.encrypted:
        # The session had no TLS, and the reply asks for it.
        return id, Reading("tls-required", "certain", by="session")
    cause, sure, others = CAUSES[id]
    by = "enhanced" if said.enhanced in _BY_ENHANCED else "code"
    return id, refine(said, Reading(cause, sure, others, by))


def refine(said: Said, by_code: Reading) -> Reading:
    """What the words of a refusal say, if they say anything, else what its codes mean by themselves."""
    found = recognise(said)
    if found is None or (found.cause == by_code.cause and by_code.sure == "certain"):
        return by_code
    if found.sure == "certain":
        return found
    others = (*found.alternatives, by_code.cause, *by_code.alternatives)
    unlike = tuple(dict.fromkeys(other for other in others if other != found.cause))
    return found._replace(alternatives=unlike[:MOST_ALTERNATIVES])


def _finding(said: Said) -> str:
    code, enhanced = said.code, said.enhanced
    if found := _BY_ENHANCED.get(enhanced or ""):
        return found
    if code == 432 and not enhanced:
        return "password-transition-needed"
    if code == 530:
        return "auth-refused" if said.encrypted else "auth-needs-tls"
    if code < 500:
        return "auth-temporary-failure"
    return _BY_CODE.get(code, "auth-refused")
