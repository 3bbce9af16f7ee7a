"""What it all comes to: the one finding that matters, what is proven fine, and what to take care of."""

import pytest

from smtpprobe.checks.diagnosis import auth_result, judge
from smtpprobe.checks.secrets import ABOUT_SECRETS
from smtpprobe.judgement import AuthResult, Diagnosis, Severity
from smtpprobe.record import Trait
from smtpprobe.renderers import Options, render
from smtpprobe.request import StepName
from smtpprobe.words.texts import languages
from smtpprobe.words.wording import document
from tests.support.dialogues import Fixture, fixture, fixtures, transcript_of, with_plan

EVERY = [pytest.param(fixture, id=fixture.name) for fixture in fixtures()]


def diagnosed(name: str) -> Diagnosis:
    found = judge(fixture(name).transcript).diagnosis
    assert found is not None
    return found


# The finding that matters


@pytest.mark.parametrize(
    "name", ["healthy.postfix", "healthy.exim", "help-refused", "quit-unclean", "greeting-late"]
)
def test_nothing_is_diagnosed_where_nothing_is_wrong(name: str) -> None:
    report = judge(fixture(name).transcript)
    assert (report.diagnosis, report.failure) == (None, None)
    assert report.verdict <= Severity.NOTE


@pytest.mark.parametrize("fixture", EVERY)
def test_the_diagnosis_follows_from_nothing_else(fixture: Fixture) -> None:
    report = judge(fixture.transcript)
    if report.diagnosis:
        assert report.diagnosis.finding in report.findings
        assert report.diagnosis.finding.because_of is None


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        pytest.param(
            "certificate-expired.user", "certificate-expired", id="not the password that stayed here"
        ),
        pytest.param("certificate-expired.and-wrong-name", "certificate-expired", id="the first of two"),
        pytest.param(
            "starttls-not-offered.user", "starttls-not-offered", id="not the AUTH offered in the clear"
        ),
        pytest.param(
            "starttls-not-offered.optional-user",
            "starttls-not-offered",
            id="a warning that made something fail",
        ),
        pytest.param("starttls-refused.user", "starttls-refused", id="STARTTLS refused"),
        pytest.param("ehlo-refused.user", "ehlo-refused", id="the root of the root"),
        pytest.param("ehlo-refused.required", "ehlo-refused", id="not what EHLO would have offered"),
        pytest.param("hello-refused", "hello-refused", id="HELO, not EHLO before it"),
        pytest.param("not-smtp.ftp", "not-smtp", id="the protocol, not EHLO refused"),
        pytest.param("credentials-rejected.qq", "credentials-rejected", id="not how the refusal was written"),
        pytest.param("reply-line-endings.cr-only", "step-timeout", id="the graver of two"),
        pytest.param("greeting-no-service.closes", "greeting-no-service", id="not the farewell"),
    ],
)
def test_the_diagnosis_is_the_root_of_what_weighs_most(name: str, finding: str) -> None:
    assert diagnosed(name).finding.id == finding


def test_another_warning_does_not_hide_what_made_the_login_fail() -> None:
    """Whatever else could be better: the password was withheld because STARTTLS is not offered."""
    text = fixture("starttls-not-offered.optional-user").text.replace("S: 220 mail", "S-: 220 mail")
    report = judge(transcript_of(text.replace("ESMTP Postfix", "ESMTP Postfix\\x0a")))
    assert report.verdict is Severity.FAIL
    assert "reply-line-endings" in {finding.id for finding in report.findings}
    assert report.diagnosis is not None
    assert report.diagnosis.finding.id == "starttls-not-offered"


# How a step failed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name-not-found", "resolve dns not-found - -"),
        ("name-lookup-failed.timeout", "resolve timeout - - -"),
        ("connection-refused", "connect refused ECONNREFUSED - -"),
        ("connection-silent", "connect timeout - - -"),
        ("connection-unreachable", "connect unreachable ENETUNREACH - -"),
        ("connection-dropped", "connect reset ECONNRESET - -"),
        ("internal-error", "connect internal EMFILE - -"),
        ("greeting-unavailable", "greeting temporary - 421 4.7.0"),
        ("greeting-no-service.521", "greeting rejected - 521 -"),
        ("greeting-missing", "greeting timeout - - -"),
        ("greeting-closed.reset", "greeting reset ECONNRESET - -"),
        ("not-smtp.ssh", "greeting protocol not-smtp - -"),
        ("hello-refused.postfix", "ehlo rejected - 504 5.5.2"),
        ("hello-refused.temporary", "ehlo temporary - 450 4.3.2"),
        ("starttls-not-offered", "starttls not-offered - - -"),
        ("starttls-refused", "starttls temporary - 454 4.7.0"),
        ("tls-handshake-failed", "tls tls sslv3-alert-handshake-failure - -"),
        ("tls-handshake-cut", "tls eof - - -"),
        ("certificate-expired", "tls certificate expired - -"),
        ("certificate-expired.and-wrong-name", "tls certificate expired - -"),
        ("certificate-pin-mismatch.user", "tls certificate pin-mismatch - -"),
        ("auth-not-offered", "auth not-offered - - -"),
        ("mechanism-not-offered", "auth not-offered mechanism - -"),
        ("credentials-withheld", "auth policy no-tls - -"),
        ("starttls-not-offered.optional-user", "auth policy no-tls - -"),
        ("credentials-rejected", "auth rejected - 535 5.7.8"),
        ("credentials-rejected.exim", "auth rejected - 535 -"),
        ("credentials-rejected.qmail", "auth rejected - 535 5.7.1"),
        ("auth-temporary-failure", "auth temporary - 454 4.7.0"),
        # What came to our own `*` refuses nothing.
        ("auth-broken", "auth protocol challenge-not-base64 - -"),
        ("step-timeout.auth", "auth timeout - - -"),
        ("connection-closed.help", "help eof - - -"),
        ("closed-by-421.help", "help temporary - 421 4.7.0"),
        ("tls-lost", "help tls decryption-failed-or-bad-record-mac - -"),
        ("reply-endless", "ehlo protocol endless - -"),
        ("reply-out-of-place", "ehlo protocol - - -"),
    ],
)
def test_the_failure_says_how_the_step_failed(name: str, expected: str) -> None:
    """STEP KIND DETAIL CODE ENHANCED; code and enhanced code are those of a reply that refused something."""
    failed = judge(fixture(name).transcript).failure
    assert failed is not None
    words = [failed.step, failed.failure.kind, failed.failure.detail, failed.code, failed.enhanced]
    assert " ".join(str(word or "-") for word in words) == expected


# What is proven fine


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("name-not-found", ""),
        ("connection-refused", "name"),
        ("internal-error", "name"),
        ("greeting-missing", "network"),
        ("greeting-no-service", "network"),
        ("not-smtp.ssh", "network"),
        ("tls-handshake-stalled.implicit", "network"),
        ("greeting-missing.under-tls", "network tls-and-certificate"),
        ("step-timeout", "network greeting"),
        ("hello-refused", "network greeting"),
        ("tls-handshake-failed", "network smtp"),
        ("starttls-not-offered", "network smtp"),
        ("certificate-expired", "network smtp tls"),
        ("certificate-expired.user", "network smtp tls"),
        ("certificate-expires-soon", "network smtp tls-and-certificate"),
        ("auth-not-offered", "network smtp tls-and-certificate"),
        ("credentials-rejected", "network smtp tls-and-certificate offered"),
        ("mechanism-refused", "network smtp tls-and-certificate offered"),
        ("step-timeout.auth", "network smtp tls-and-certificate offered"),
        ("certificate-self-signed.insecure", "network smtp tls login"),
        ("login-in-clear", "network smtp login"),
    ],
)
def test_fine_is_what_the_session_has_proven(name: str, fine: str) -> None:
    assert " ".join(good.id for good in diagnosed(name).fine) == fine


def test_smtp_stays_proven_when_it_is_lost_under_tls() -> None:
    assert [good.id for good in diagnosed("connection-closed.ehlo-under-tls").fine][:2] == ["network", "smtp"]


def test_fine_names_the_version_and_the_mechanism() -> None:
    facts = {good.id: dict(good.facts) for good in diagnosed("credentials-rejected").fine}
    assert facts["tls-and-certificate"] == {"version": "TLSv1.3"}
    assert facts["offered"] == {"mechanism": "PLAIN"}


# What to take care of


@pytest.mark.parametrize(
    ("name", "care"),
    [
        ("connection-refused", ""),
        ("starttls-not-offered", ""),
        ("auth-not-offered", ""),
        ("credentials-rejected", "one-attempt"),
        ("auth-temporary-failure", "one-attempt"),
        ("credentials-withheld", "nothing-sent"),
        ("certificate-expired.user", "nothing-sent"),
        # Refused for lack of TLS, before the password was looked at.
        ("auth-needs-tls", "sent-in-clear"),
        ("auth-needs-tls.exim", ""),
        ("login-in-clear", "sent-in-clear"),
        ("certificate-self-signed.insecure", "sent-untrusted"),
    ],
)
def test_care_is_what_the_reader_should_beware_of(name: str, care: str) -> None:
    assert " ".join(diagnosed(name).care) == care


def test_a_digest_sent_in_the_clear_gives_no_password_away() -> None:
    text = (
        "*: target smtp+insecure://mail.example:25\n*: plan user allow-plaintext-auth\nS: 220 x\nC: EHLO y\n"
        "S: 250-x\nS+: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDE+\nC: [secret]\nS: 535 5.7.8 no"
    )
    report = judge(transcript_of(text))
    assert report.diagnosis is not None
    assert report.diagnosis.care == ("one-attempt",)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "DIGEST-MD5", "NOT-INVENTED-YET"])
def test_mechanisms_that_we_do_not_speak_are_judged_all_the_same(mechanism: str) -> None:
    """In a transcript of somebody else's client."""
    report = judge(
        transcript_of(f"S: 220 x\nC: EHLO y\nS: 250 x\nC: AUTH {mechanism} [secret]\nS: 535 5.7.8 no")
    )
    assert report.failure is not None
    assert report.failure.step is StepName.AUTH


# How the login went


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("healthy.postfix", AuthResult.ACCEPTED),
        ("login-in-clear", AuthResult.ACCEPTED),
        ("credentials-rejected", AuthResult.REJECTED),
        ("auth-syntax-refused", AuthResult.REJECTED),
        ("auth-temporary-failure", AuthResult.TEMPORARY),
        ("password-transition-needed", AuthResult.TEMPORARY),
        ("closed-by-421.auth", AuthResult.TEMPORARY),
        ("credentials-withheld", AuthResult.WITHHELD),
        ("certificate-expired.user", AuthResult.WITHHELD),
        ("auth-broken", AuthResult.BROKEN),
        ("step-timeout.auth", AuthResult.BROKEN),
        ("connection-closed.auth-login", AuthResult.BROKEN),
        ("reply-out-of-place.auth", AuthResult.BROKEN),
        ("auth-not-offered", AuthResult.NOT_TRIED),
        ("no-common-mechanism", AuthResult.NOT_TRIED),
        ("healthy.already-refused", AuthResult.NOT_TRIED),
        ("healthy.first-address-only", AuthResult.NOT_TRIED),
        ("greeting-no-service.user", AuthResult.NOT_TRIED),
        ("healthy.postscreen", AuthResult.NOT_TRIED),
    ],
)
def test_the_result_of_the_login(name: str, result: AuthResult) -> None:
    transcript = fixture(name).transcript
    assert auth_result(transcript) is result
    assert judge(transcript).auth is result


# What to look at first


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("credentials-rejected", ""),
        ("secret-has-surrounding-blanks", "secret-has-surrounding-blanks"),
        ("secret-has-surrounding-blanks.later", "secret-has-surrounding-blanks"),
        ("token-expired", "token-expired"),
        (
            "user-without-domain.several",
            "secret-has-line-end secret-has-surrounding-blanks secret-has-foreign-blanks-or-quotes "
            "secret-not-ascii user-has-surrounding-blanks user-without-domain",
        ),
        # Found, but it is not why the login failed.
        ("token-expired.withheld", ""),
        ("token-expired.not-offered", ""),
        # It has nothing to do with it.
        ("mechanism-refused.odd-login", ""),
        ("credentials-rejected.switched-off", ""),
        # No harm in Google's blanks; what stands around them is another matter.
        ("credentials-rejected.gmail-app-password", "secret-has-surrounding-blanks"),
    ],
)
def test_first_comes_what_can_be_the_reason(name: str, first: str) -> None:
    assert " ".join(found.id for found in diagnosed(name).first) == first


def test_a_secret_that_the_mechanism_cannot_take_is_looked_at_first() -> None:
    """It was not tried, and that is because of what is in it."""
    text = fixture("credentials-withheld.secret-prohibited").text
    report = judge(transcript_of(text.replace("plan user", "plan user traits=control-character,user-blank")))
    assert report.diagnosis is not None
    assert report.diagnosis.finding.id == "credentials-withheld"
    assert [found.id for found in report.diagnosis.first] == ["secret-has-control-characters"]


def test_what_is_ignored_is_not_told_first() -> None:
    ignored = frozenset({"user-has-surrounding-blanks", "secret-not-ascii"})
    report = judge(with_plan(fixture("user-without-domain.several").transcript, ignore=ignored))
    assert report.diagnosis is not None
    assert ignored.isdisjoint({found.id for found in report.diagnosis.first})
    assert ignored <= {found.id for found in report.findings}


@pytest.mark.parametrize("ending", ["S: 235 2.7.0 ok", "*: eof", "*: timeout", "S: 421 4.7.0 later"])
def test_nothing_is_said_of_a_login_that_was_not_refused(ending: str) -> None:
    odd = ",".join(trait for trait in Trait if "jwt" not in trait)
    text = (
        f"*: target smtp+insecure://mail.example:25\n*: plan user allow-plaintext-auth traits={odd}\n"
        f"S: 220 x\nC: EHLO y\nS: 250-x\nS+: 250 AUTH PLAIN\nC: AUTH PLAIN [secret]\n{ending}"
    )
    about = {check.__name__.replace("_", "-") for check in ABOUT_SECRETS}
    assert about.isdisjoint({found.id for found in judge(transcript_of(text)).findings})


@pytest.mark.parametrize("name", [one.name for one in fixtures() if one.transcript.traits])
def test_what_is_told_first_is_told_once(name: str) -> None:
    """At the head of what to do, in every language; and the page does not tell it again as a finding."""
    report = judge(fixture(name).transcript)
    for language in languages():
        document_ = document([report], language)
        worded = document_.reports[0].diagnosis
        if worded is None:
            continue
        steps = [action.do for action in worded.next]
        assert len(set(steps)) == len(steps)
        heads = [found.next[0].do for found in document_.reports[0].findings if found.id in worded.first]
        assert all(head in step for head, step in zip(heads, steps, strict=False))
        page = render(document_, "text", Options())
        for found in document_.reports[0].findings:
            if found.id in worded.first:
                assert f"note: {found.title}" not in page
                assert page.count(found.next[0].do) == 1
    if found := report.diagnosis:
        assert [one.step for one in found.first] == [found.finding.step] * len(found.first)


def test_a_step_that_a_finding_says_better_is_left_out() -> None:
    general = "the part before the @"
    for name, told in (("user-without-domain", False), ("secret-not-ascii", True)):
        worded = document([judge(fixture(name).transcript)]).reports[0].diagnosis
        assert worded is not None
        assert any(general in action.do for action in worded.next) is told


# What the user does not want to hear of


def test_an_ignored_finding_is_listed_and_weighs_nothing() -> None:
    transcript = with_plan(
        fixture("certificate-expired").transcript, ignore=frozenset({"certificate-expired"})
    )
    report = judge(transcript)
    assert "certificate-expired" in {finding.id for finding in report.findings}
    assert report.ignored == {"certificate-expired"}
    assert (report.verdict, report.failure, report.diagnosis) == (Severity.NOTE, None, None)
    assert Severity.FAIL not in report.statuses


def test_what_follows_from_an_ignored_finding_stands_by_itself() -> None:
    transcript = with_plan(
        fixture("certificate-expired.user").transcript, ignore=frozenset({"certificate-expired"})
    )
    report = judge(transcript)
    assert report.verdict is Severity.FAIL
    assert report.failure is not None
    assert report.failure.step is StepName.AUTH
    assert report.diagnosis is not None
    assert report.diagnosis.finding.id == "credentials-withheld"


def test_ignoring_what_was_not_found_changes_nothing() -> None:
    transcript = fixture("certificate-expired").transcript
    report = judge(with_plan(transcript, ignore=frozenset({"greeting-late", "no-such-finding"})))
    assert (report.ignored, report.verdict) == (frozenset(), Severity.FAIL)


def test_a_step_weighs_as_much_as_its_worst_finding() -> None:
    report = judge(fixture("credentials-rejected.qq").transcript)
    statuses = {
        step.name: status for step, status in zip(report.transcript.steps, report.statuses, strict=True)
    }
    assert statuses[StepName.HELP] is Severity.NOTE
    assert statuses[StepName.AUTH] is Severity.FAIL
    assert statuses[StepName.GREETING] is Severity.OK


def test_the_number_of_tries_is_handed_on() -> None:
    assert judge(fixture("healthy.exim").transcript, tries=3).tries == 3
