"""Judge: what a record shows, by pure functions.

A check takes a Transcript and returns at most one Finding. Its id is the function's name with
hyphens for underscores; `knowledge/findings.toml` has its words, `fixtures/dialogues/<id>.txt` a
session that produces it. Checks look only at steps that were reached, and each knows which other
finding would already tell the same fault.
"""

from collections.abc import Callable

from smtpprobe.checks import (
    before_after,
    certificates,
    exchange,
    greeting,
    hello,
    login,
    lost,
    offers,
    reaching,
    secrets,
    tls,
    violations,
)
from smtpprobe.judgement import Finding
from smtpprobe.record import Transcript

Check = Callable[[Transcript], Finding | None]

CHECKS: tuple[Check, ...] = (
    reaching.name_not_found,
    reaching.name_without_family,
    reaching.name_lookup_failed,
    reaching.connection_refused,
    reaching.connection_silent,
    reaching.connection_unreachable,
    reaching.connection_dropped,
    reaching.address_unreachable,
    reaching.internal_error,
    greeting.greeting_unavailable,
    greeting.greeting_no_service,
    greeting.greeting_refused,
    greeting.greeting_late,
    greeting.greeting_missing,
    greeting.greeting_closed,
    greeting.not_smtp,
    greeting.tls_where_clear_text_is_due,
    hello.ehlo_refused,
    hello.hello_refused,
    hello.help_refused,
    hello.quit_unclean,
    tls.starttls_not_offered,
    tls.starttls_refused,
    tls.starttls_injection,
    tls.starttls_broken,
    tls.clear_text_where_tls_is_due,
    tls.tls_too_old,
    tls.tls_handshake_failed,
    tls.tls_handshake_cut,
    tls.tls_handshake_stalled,
    certificates.certificate_pin_mismatch,
    certificates.certificate_expired,
    certificates.certificate_not_yet_valid,
    certificates.certificate_wrong_name,
    certificates.certificate_self_signed,
    certificates.certificate_unknown_issuer,
    certificates.certificate_missing_intermediate,
    certificates.certificate_wrong_usage,
    certificates.certificate_weak,
    certificates.certificate_expires_soon,
    certificates.tls_inspected,
    before_after.ehlo_differs_under_tls,
    offers.auth_offered_in_clear,
    offers.auth_not_offered,
    offers.mechanism_not_offered,
    offers.no_common_mechanism,
    offers.credentials_withheld,
    login.credentials_rejected,
    login.token_refused,
    login.mechanism_too_weak,
    login.mechanism_refused,
    login.auth_needs_tls,
    login.account_disabled,
    login.password_transition_needed,
    login.auth_out_of_sequence,
    login.auth_not_implemented,
    login.auth_syntax_refused,
    login.auth_line_too_long,
    login.auth_temporary_failure,
    login.auth_refused,
    exchange.auth_broken,
    login.login_in_clear,
    *secrets.ABOUT_SECRETS,
    lost.step_timeout,
    lost.connection_closed,
    lost.connection_reset,
    lost.closed_by_421,
    lost.tls_lost,
    violations.reply_line_endings,
    violations.reply_control_characters,
    violations.reply_not_ascii,
    violations.reply_codes_mixed,
    violations.reply_malformed,
    violations.reply_line_too_long,
    violations.reply_endless,
    violations.reply_not_understood,
    violations.reply_out_of_place,
    violations.reply_unsolicited,
)


def find(transcript: Transcript) -> tuple[Finding, ...]:
    """Every finding, in the order of the steps, the gravest first within a step."""
    found = [finding for check in CHECKS if (finding := check(transcript))]
    last = len(transcript.steps)
    return tuple(sorted(found, key=lambda f: (last if f.step is None else f.step, -f.severity)))


def finding_ids() -> tuple[str, ...]:
    """The ids of all checks."""
    return tuple(check.__name__.replace("_", "-") for check in CHECKS)
