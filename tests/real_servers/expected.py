"""What the probe should say of each service of `servers.SERVICES`, as the administrator of the server would.

A session is written down as the names of its steps, with the status of those that are not ok:
`resolve connect greeting:fail ehlo:skip quit`. What is expected of it depends on who comes: nobody (a probe
without a user), the user, or the user with a wrong password.
"""

from dataclasses import dataclass, replace

Findings = tuple[tuple[str, str], ...]

NOBODY, USER, WRONG = "nobody", "user", "wrong password"
VISITORS = (NOBODY, USER, WRONG)

CYRUS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
DOVECOT = (*CYRUS, "XOAUTH2", "OAUTHBEARER")
BASIC = ("PLAIN", "LOGIN", "CRAM-MD5")

NO_HELP = (("note", "help-refused"),)
IN_CLEAR = (("warn", "auth-offered-in-clear"),)
NO_TLS = (("warn", "starttls-not-offered"),)
# The wrong password is as odd as the right one (`servers.make_password`), and no umlaut goes without saying.
REJECTED = (("fail", "credentials-rejected"), ("note", "secret-not-ascii"))
WITHHELD = (("fail", "credentials-withheld"),)


@dataclass(frozen=True)
class Session:
    """What one session comes to. `failure` is step, kind, code and enhanced code, as far as there are any."""

    steps: str
    findings: Findings = ()
    verdict: str = "ok"
    auth: str = "not-tried"
    failure: str = ""
    diagnosis: str = ""
    """The finding that the diagnosis is about."""


@dataclass(frozen=True)
class Service:
    """A service, as each visitor finds it. `None` stands for an EHLO that was not said there."""

    nobody: Session
    user: Session
    wrong: Session
    clear: tuple[str, ...] | None = ()
    """Mechanisms offered before TLS."""
    tls: tuple[str, ...] | None = None

    def session(self, visitor: str) -> Session:
        return {NOBODY: self.nobody, USER: self.user, WRONG: self.wrong}[visitor]


# Sessions with which everybody is content

_BEGIN = "resolve connect greeting ehlo starttls tls ehlo"
_BEGIN_IMPLICIT = "resolve connect tls greeting ehlo"


def _good(
    begin: str, help_step: str, findings: Findings, rejection: str, **offers: tuple[str, ...] | None
) -> Service:
    """A service at which all goes well: the user gets in, a wrong password does not."""
    verdict = findings[0][0] if findings else "ok"
    diagnosis = next((id for severity, id in findings if severity == "warn"), "")
    nobody = Session(f"{begin} {help_step} quit", findings, verdict, diagnosis=diagnosis)
    return Service(
        nobody=nobody,
        user=replace(nobody, steps=f"{begin} {help_step} auth quit", auth="accepted"),
        wrong=Session(
            f"{begin} {help_step} auth:fail quit",
            findings + REJECTED,
            "fail",
            "rejected",
            f"auth rejected {rejection}",
            "credentials-rejected",
        ),
        **offers,
    )


def _withheld(service: Service, steps: str, findings: Findings, failure: str, diagnosis: str) -> Service:
    """The same service with a fault that keeps the login from being sent, right or wrong."""
    user = Session(steps, findings, "fail", "withheld", failure, diagnosis)
    return replace(service, user=user, wrong=user)


def _refusing(steps: str, findings: Findings, failure: str, diagnosis: str) -> Service:
    """A service that lets nobody come as far as a login."""
    nobody = Session(steps, findings, "fail", "not-tried", failure, diagnosis)
    before, _, after = steps.rpartition(" help:skip")
    user = replace(nobody, steps=f"{before} help:skip auth:skip{after}")
    return Service(nobody, user, user, clear=None)


_POSTFIX = _good(_BEGIN, "help:note", NO_HELP, "535 5.7.8", clear=(), tls=CYRUS)
_POSTFIX_TLS = _good(_BEGIN_IMPLICIT, "help:note", NO_HELP, "535 5.7.8", clear=None, tls=CYRUS)
_EXIM = _good(_BEGIN, "help", (), "535", clear=("CRAM-MD5",), tls=BASIC)
_DOVECOT = _good(_BEGIN, "help:note", NO_HELP, "535 5.7.8", clear=CYRUS[2:], tls=DOVECOT)


def _bad_certificate(reason: str) -> Service:
    """RFC 7435: an untrusted certificate is no fault where TLS was optional; a login is another matter."""
    finding = f"certificate-{reason}"
    service = replace(
        _POSTFIX,
        nobody=Session(
            "resolve connect greeting ehlo starttls tls:note ehlo help:note quit",
            (("note", finding), *NO_HELP),
            "note",
        ),
    )
    return _withheld(
        service,
        "resolve connect greeting ehlo starttls tls:fail ehlo help:note auth:fail quit",
        (("fail", finding), *NO_HELP, *WITHHELD),
        "tls certificate",
        finding,
    )


def _no_tls(help_step: str, noise: Findings, clear: tuple[str, ...]) -> Service:
    """Logins in the clear only: a warning for visitors; the user's password stays at home."""
    warned = Session(
        f"resolve connect greeting ehlo:warn starttls:warn {help_step} quit",
        IN_CLEAR + NO_TLS + noise,
        "warn",
        diagnosis="auth-offered-in-clear",
    )
    return _withheld(
        Service(warned, warned, warned, clear=clear),
        f"resolve connect greeting ehlo:warn starttls:warn {help_step} auth:fail quit",
        IN_CLEAR + NO_TLS + noise + WITHHELD,
        "auth policy",
        # Not the offer of PLAIN: that is no reason why nothing was sent.
        "starttls-not-offered",
    )


def _without_auth(service: Service, help_step: str, noise: Findings) -> Service:
    user = Session(
        f"{_BEGIN} {help_step} auth:fail quit",
        (*noise, ("fail", "auth-not-offered")),
        "fail",
        "not-tried",
        "auth not-offered",
        "auth-not-offered",
    )
    return replace(service, user=user, wrong=user, clear=(), tls=())


_NO_CERTIFICATE = _withheld(
    Service(
        nobody=Session(
            "resolve connect greeting ehlo starttls:warn help:note quit",
            (("warn", "starttls-refused"), *NO_HELP),
            "warn",
            diagnosis="starttls-refused",
        ),
        user=_POSTFIX.user,
        wrong=_POSTFIX.wrong,
    ),
    "resolve connect greeting ehlo starttls:warn help:note auth:fail quit",
    (("warn", "starttls-refused"), *NO_HELP, *WITHHELD),
    "auth policy",
    "starttls-refused",
)
_OFFERED_IN_CLEAR = "resolve connect greeting ehlo:warn starttls tls ehlo"
_NOT_REACHED = "ehlo:skip starttls:skip tls:skip help:skip"
_CLOSED_AT_QUIT = (("note", "quit-unclean"),)

EXPECTED: dict[tuple[str, str], Service] = {
    ("postfix", "starttls"): _POSTFIX,
    ("postfix", "starttls-ipv6"): _POSTFIX,
    ("postfix", "tls"): _POSTFIX_TLS,
    ("postfix", "plain"): _no_tls("help:note", NO_HELP, CYRUS),
    ("postfix", "no-auth"): _without_auth(_POSTFIX, "help:note", NO_HELP),
    ("postfix", "greets-554"): _refusing(
        f"resolve connect greeting:fail quit {_NOT_REACHED}",
        (("fail", "greeting-no-service"),),
        "greeting rejected 554 5.7.1",
        "greeting-no-service",
    ),
    # After a 421 the server has closed: there is nobody to say QUIT to.
    ("postfix", "greets-421"): _refusing(
        f"resolve connect greeting:fail {_NOT_REACHED} quit:skip",
        (("fail", "greeting-unavailable"),),
        "greeting temporary 421 4.3.2",
        "greeting-unavailable",
    ),
    ("postfix", "expired"): _bad_certificate("expired"),
    ("postfix", "wrong-name"): _bad_certificate("wrong-name"),
    ("postfix", "self-signed"): _bad_certificate("self-signed"),
    ("postfix", "tls-required"): _POSTFIX,
    ("postfix", "postscreen"): _POSTFIX,
    ("postfix", "no-certificate"): _NO_CERTIFICATE,
    ("postfix", "old-auth"): _POSTFIX,
    ("exim", "starttls"): _EXIM,
    ("exim", "starttls-ipv6"): _EXIM,
    ("exim", "tls"): _good(_BEGIN_IMPLICIT, "help", (), "535", clear=None, tls=BASIC),
    ("exim", "plain"): _no_tls("help", (), BASIC),
    ("exim", "no-auth"): _without_auth(_EXIM, "help", ()),
    ("exim", "slow"): _EXIM,  # two seconds are not yet late
    # Exim hangs up behind its refusal; our QUIT meets a closed door.
    ("exim", "greets-554"): _refusing(
        f"resolve connect greeting:fail quit:note {_NOT_REACHED}",
        (("fail", "greeting-no-service"), *_CLOSED_AT_QUIT),
        "greeting rejected 554 5.7.1",
        "greeting-no-service",
    ),
    ("exim", "greets-451"): _refusing(
        f"resolve connect greeting:fail quit:note {_NOT_REACHED}",
        (("fail", "greeting-refused"), *_CLOSED_AT_QUIT),
        "greeting temporary 451",
        "greeting-refused",
    ),
    ("exim", "multi-line"): _EXIM,
    ("exim", "auth-538"): _good(_OFFERED_IN_CLEAR, "help", IN_CLEAR, "535", clear=BASIC, tls=BASIC),
    ("exim", "no-hello"): _refusing(
        "resolve connect greeting ehlo:fail helo:fail quit starttls:skip tls:skip help:skip",
        (("fail", "ehlo-refused"), ("fail", "hello-refused")),
        "ehlo rejected 550",
        "hello-refused",
    ),
    ("dovecot", "starttls"): _good(
        _OFFERED_IN_CLEAR, "help:note", IN_CLEAR + NO_HELP, "535 5.7.8", clear=DOVECOT, tls=DOVECOT
    ),
    ("dovecot", "auth-after-tls"): _DOVECOT,
    ("dovecot", "tls"): _good(_BEGIN_IMPLICIT, "help:note", NO_HELP, "535 5.7.8", clear=None, tls=DOVECOT),
    ("dovecot", "plain"): _no_tls("help:note", NO_HELP, DOVECOT),
    ("dovecot", "relay"): _no_tls("help:note", NO_HELP, ("PLAIN", "LOGIN")),  # smtp-sink
}

# As their makers and administrators meant them to be.
HEALTHY = (
    ("postfix", "starttls"),
    ("postfix", "starttls-ipv6"),
    ("postfix", "tls"),
    ("postfix", "tls-required"),
    ("postfix", "postscreen"),
    ("postfix", "old-auth"),
    ("exim", "starttls"),
    ("exim", "starttls-ipv6"),
    ("exim", "tls"),
    ("exim", "slow"),
    ("exim", "multi-line"),
    ("dovecot", "auth-after-tls"),
    ("dovecot", "tls"),
)
