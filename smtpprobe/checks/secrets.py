"""Checks of the login itself, by its traits: what to look at first when a server refused it.

None of this is a fault by itself. A password may end with a blank, and a name need no domain; so nothing
is said of a login that succeeded, or that nobody has looked at. It is said where it can be the reason:

    the server refused, and its words leave room for a wrong name or secret   all of them
    the mechanism would not take the secret (SASLprep, RFC 4013)              what is in the secret
    the login was held back, or the server offers none for it                 what no server would take

The last is told now because whoever mends TLS would run into it next. After 504, after a mailbox that is
switched off, after anything that the server says for certain to be something else, nothing is told.
"""

from collections.abc import Mapping

from smtpprobe.checks import login
from smtpprobe.checks.common import place
from smtpprobe.judgement import Cause, Finding, Severity
from smtpprobe.record import FailureKind, Step, Trait, Transcript
from smtpprobe.request import StepName

# Causes of a refusal that another name or another secret would mend.
ABOUT_THE_LOGIN = {"bad-credentials", "bad-token"}
REFUSALS = (
    login.credentials_rejected,
    login.token_refused,
    login.mechanism_too_weak,
    login.auth_refused,
    login.auth_syntax_refused,
    login.account_disabled,
    login.auth_temporary_failure,
)


def suspected(t: Transcript) -> bool:
    """The login failed, and user name or secret can be the reason."""
    return _refused(t) or _prohibited(t)


def _cause(t: Transcript) -> Cause | None:
    """Why the server refused the login; None if it did not."""
    return next((found.cause for check in REFUSALS if (found := check(t))), None)


def _refused(t: Transcript) -> bool:
    cause = _cause(t)
    return cause is not None and bool(ABOUT_THE_LOGIN & {cause.id, *cause.alternatives})


def _prohibited(t: Transcript) -> bool:
    step = t.last(StepName.AUTH)
    return step is not None and step.failure is not None and step.failure.detail == "secret-prohibited"


def _not_tried(t: Transcript) -> bool:
    """It never came to the login, for a reason that has nothing to do with it."""
    step = t.last(StepName.AUTH)
    if step is None or step.failure is None:
        return False
    held_back = step.failure.detail in ("no-tls", "untrusted-certificate")
    return held_back or step.failure.kind is FailureKind.NOT_OFFERED


def _answers(t: Transcript, *providers: str) -> bool:
    """One of these is known to have refused the login."""
    cause = _cause(t)
    return cause is not None and not set(providers).isdisjoint(cause.providers)


def _seen(t: Transcript, *traits: Trait) -> bool:
    """The login has one of these traits."""
    return t.traits is not None and not t.traits.seen.isdisjoint(traits)


def _finding(t: Transcript, id: str, facts: Mapping[str, str] | None = None) -> Finding | None:
    step: Step | None = t.last(StepName.AUTH)
    return Finding(id, Severity.NOTE, step.name, place(t, step), facts=facts or {}) if step else None


# A token


def token_is_no_access_token(t: Transcript) -> Finding | None:
    """Something else was given in its place (RFC 6749 1.4, 1.5)."""
    kinds = {
        Trait.REFRESH_TOKEN: "refresh-token",
        Trait.BEARER_PREFIX: "bearer",
        Trait.NO_TOKEN_CHARACTER: "character",
    }
    kind = next((kind for trait, kind in kinds.items() if _seen(t, trait)), None)
    if kind is None or not (_refused(t) or _not_tried(t)):
        return None
    return _finding(t, "token-is-no-access-token", {"how": kind})


def token_expired(t: Transcript) -> Finding | None:
    """RFC 7519 4.1.4, by the clock of this machine."""
    told = _seen(t, Trait.JWT_EXPIRED) and (_refused(t) or _not_tried(t))
    return _finding(t, "token-expired") if told else None


def token_not_yet_valid(t: Transcript) -> Finding | None:
    """RFC 7519 4.1.5, by the clock of this machine, with some minutes of leeway."""
    told = _seen(t, Trait.JWT_NOT_YET_VALID) and _refused(t)
    return _finding(t, "token-not-yet-valid") if told else None


def token_audience(t: Transcript) -> Finding | None:
    """A token for Microsoft Graph, shown to Microsoft's mail. Elsewhere it may be what is wanted."""
    told = _seen(t, Trait.JWT_OTHER_AUDIENCE) and _refused(t) and _answers(t, "microsoft-365", "exchange")
    return _finding(t, "token-audience") if told else None


# A password


def secret_has_line_end(t: Transcript) -> Finding | None:
    """One at the end was lost already: this is another."""
    if not _seen(t, Trait.LINE_END_INSIDE, Trait.LINE_END_AT_END) or not suspected(t):
        return None
    how = "inside" if _seen(t, Trait.LINE_END_INSIDE) else "end"
    return _finding(t, "secret-has-line-end", {"how": how})


def secret_has_surrounding_blanks(t: Transcript) -> Finding | None:
    told = _seen(t, Trait.LEADING_BLANK, Trait.TRAILING_BLANK) and suspected(t)
    return _finding(t, "secret-has-surrounding-blanks") if told else None


def app_password_with_blanks(t: Transcript) -> Finding | None:
    """Providers show it in groups; Google takes it so, if its blanks are plain ones."""
    if not _seen(t, Trait.APP_PASSWORD_WITH_BLANKS) or not _refused(t):
        return None
    harmless = _answers(t, "google") and not _seen(t, Trait.FOREIGN_BLANK)
    return None if harmless else _finding(t, "app-password-with-blanks")


def secret_has_foreign_blanks_or_quotes(t: Transcript) -> Finding | None:
    """What a text processor or a web page makes of blanks, quotes and hyphens, or leaves between letters."""
    foreign = _seen(t, Trait.TYPOGRAPHIC, Trait.UNSEEN)
    foreign |= _seen(t, Trait.FOREIGN_BLANK) and not _seen(t, Trait.APP_PASSWORD_WITH_BLANKS)
    return _finding(t, "secret-has-foreign-blanks-or-quotes") if foreign and suspected(t) else None


def secret_has_control_characters(t: Transcript) -> Finding | None:
    told = _seen(t, Trait.CONTROL) and suspected(t)
    return _finding(t, "secret-has-control-characters") if told else None


def password_is_no_app_password(t: Transcript) -> Finding | None:
    """Google lets a program in with nothing else; its app passwords are sixteen small letters."""
    told = _seen(t, Trait.NO_APP_PASSWORD) and _refused(t) and _answers(t, "google")
    return _finding(t, "password-is-no-app-password") if told else None


def secret_not_normalised(t: Transcript) -> Finding | None:
    """RFC 8265 4.2.2: passwords are compared in NFC; servers that compare octets need it sent so."""
    told = _seen(t, Trait.NON_ASCII) and _seen(t, Trait.NOT_NFC) and suspected(t)
    return _finding(t, "secret-not-normalised") if told else None


def secret_not_ascii(t: Transcript) -> Finding | None:
    """RFC 4616 2 has it in UTF-8; some servers keep it in another character set."""
    told = _seen(t, Trait.NON_ASCII) and not _seen(t, Trait.NOT_NFC) and suspected(t)
    return _finding(t, "secret-not-ascii") if told else None


# The user name


def user_has_surrounding_blanks(t: Transcript) -> Finding | None:
    told = _seen(t, Trait.USER_BLANK) and _refused(t)
    return _finding(t, "user-has-surrounding-blanks") if told else None


def user_without_domain(t: Transcript) -> Finding | None:
    """Where one server serves many domains, the name alone is nobody's."""
    told = _seen(t, Trait.USER_WITHOUT_DOMAIN) and _refused(t)
    return _finding(t, "user-without-domain") if told else None


# In the order in which they are worth a look: what is surely wrong first.
ABOUT_SECRETS = (
    token_is_no_access_token,
    token_expired,
    token_not_yet_valid,
    token_audience,
    secret_has_line_end,
    secret_has_surrounding_blanks,
    app_password_with_blanks,
    secret_has_foreign_blanks_or_quotes,
    secret_has_control_characters,
    password_is_no_app_password,
    secret_not_normalised,
    secret_not_ascii,
    user_has_surrounding_blanks,
    user_without_domain,
)
