"""Findings and the diagnosis in words."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from smtpprobe.checks.common import refused
from smtpprobe.judgement import Cause, Diagnosis, Finding, Fine, Recognised, Report, Severity, Sure
from smtpprobe.knowledge import lookup
from smtpprobe.record import Trait, Transcript
from smtpprobe.words import offers
from smtpprobe.words.answering import fitting
from smtpprobe.words.catalogue import actions, entry, join
from smtpprobe.words.document import DocDiagnosis, DocFinding
from smtpprobe.words.entry import Action, Alternative
from smtpprobe.words.forwarding import paragraph
from smtpprobe.words.texts import Facts, Words, fill, sentences

# Facts of a finding that can choose a variant of its words, in this order.
VARIANT_FACTS = ("why", "detail", "limit", "how", "service")
OF_CERTIFICATE = (
    *("names", "nearest", "issuer", "subject", "not_before", "not_after", "days"),
    *("above", "what", "usages"),
)


def finding_in_words(finding: Finding, report: Report, words: Words) -> DocFinding:
    """One finding in words."""
    row, facts = finding_row(finding, words), finding_facts(finding, report.transcript, words)
    todo = next_steps(finding, row, facts, words, report.software)
    return DocFinding(
        id=finding.id,
        severity=min(finding.severity, Severity.FAIL).word,
        step=finding.name,
        because_of=finding.because_of,
        cause=finding.cause.id if finding.cause else None,
        ignored=finding.id in report.ignored,
        title=fill(row["title"], facts),
        meaning=fill(row["meaning"], facts),
        fix=join(todo),
        evidence=finding.evidence,
        references=tuple(row.get("references", ())),
        next=todo,
        said=_said(finding, report.transcript, words),
    )


def finding_row(finding: Finding, words: Words) -> Mapping[str, Any]:
    """The finding's table; over it its variant for these facts, what the reply named, advice that fits."""
    row = words.row("findings", finding.id)
    assert row is not None, finding.id
    variants = row.get("variants", {})
    variant = _first(variants.get(finding.facts.get(fact, "")) for fact in VARIANT_FACTS)
    named = named_words(finding.cause, words) if finding.cause else {}
    return {**row, **variant, **named}


def named_words(cause: Cause, words: Words) -> Mapping[str, Any]:
    """The words of the cause instead of the finding's, where the reply names it; a provider's own advice."""
    found: dict[str, Any] = {}
    if cause.named and cause.sure is not Sure.POSSIBLE:
        row = cause_row(cause.id, words)
        found = {key: row[key] for key in ("title", "meaning", "next")}
    advice = _first(words.row("advice", f"{who}/{cause.id}") for who in cause.providers)
    return {**found, **advice, "fits": "next" in advice}


def _first(rows: Iterable[Mapping[str, Any] | None]) -> Mapping[str, Any]:
    return next((row for row in rows if row), {})


def finding_facts(finding: Finding, t: Transcript, words: Words) -> Facts:
    """What fills the placeholders: facts of the session, and those of the finding itself.

    `url`, `authority` and `target` (the one to type instead, where a check names its host) stand in commands
    only, and bring along the options to ask for the same again; `url_any` is `url` without the mechanism.
    """
    peer = t.peer
    # What a certificate does not say, or nobody can read of it (checks.certificates), has words too.
    unsaid = {"": words.label("rows", "nobody"), "?": words.label("rows", "unreadable")}
    certificate = {
        key: unsaid[value]
        for key, value in finding.facts.items()
        if key in OF_CERTIFICATE and value in unsaid
    }
    facts = Facts(
        {
            "host": t.target.host,
            "port": t.target.port,
            "authority": t.target.authority + options_again(t),
            "url": t.target.url + options_again(t),
            "url_any": t.target.url + options_again(t, mechanism=False),
            "target": _instead(t, finding.facts.get("other", "")),
            "address": peer.address if peer else t.target.host,
            "local": peer.local if peer else "",
            **finding.facts,
            **certificate,
        }
    )
    facts.update(offers.in_words(facts, words))
    return facts


def options_again(t: Transcript, *, mechanism: bool = True) -> str:
    """The options that a suggested command needs, to ask for the same again; with a blank before each."""
    options = _options(t, sni=t.plan.sni, login=t.login_asked, mechanism=mechanism)
    return "".join(f" {option}" for option in options)


def _instead(t: Transcript, host: str) -> str:
    """The same asked of another host, empty if there is none. A certificate's word is no reason to log in."""
    options = _options(t, sni=None, login=t.login_asked and host == t.target.host)
    return " ".join([replace(t.target, host=host).url, *options]) if host else ""


def _options(t: Transcript, *, sni: str | None, login: bool, mechanism: bool = True) -> list[str]:
    plan = t.plan
    options = ["-u USER"] if login else []
    options += ["--token-file FILE"] if login and t.traits and Trait.TOKEN in t.traits else []
    options += [f"-{plan.family}"] if plan.family else []
    options += ["--ca-file FILE"] if plan.ca_file else []
    options += [f"--sni {sni}"] if sni else []
    return options + ([f"-m {plan.mechanism}"] if plan.mechanism and mechanism else [])


def next_steps(
    finding: Finding,
    row: Mapping[str, Any],
    facts: Facts,
    words: Words,
    who: Recognised,
    told: Set[str] = frozenset(),
) -> tuple[Action, ...]:
    """What to do where `who` answers: the finding's own steps, else those of its cause; but for steps which
    findings that are told with it (`told`) say better (`unless`)."""
    fits = row.get("fits")  # advice of one provider or program
    if "next" not in row and finding.cause:
        row = cause_row(finding.cause.id, words)
    steps = [step for step in row.get("next", ()) if told.isdisjoint(step.get("unless", ()))]
    return actions({"next": steps if fits else fitting(steps, who, words)}, facts, words)


def cause_row(id: str, words: Words) -> Mapping[str, Any]:
    """The table of a cause."""
    row = words.row("causes", id)
    assert row is not None, id
    return row


def diagnosis_in_words(diagnosis: Diagnosis, report: Report, words: Words) -> DocDiagnosis:
    finding, cause = diagnosis.finding, diagnosis.finding.cause
    row, facts = finding_row(finding, words), finding_facts(finding, report.transcript, words)
    title, said = fill(row["title"], facts), _said(finding, report.transcript, words)
    first = tuple(other.id for other in diagnosis.first)
    own = next_steps(finding, row, facts, words, report.software, frozenset(first))
    todo = (*_checks(diagnosis, report, words), *own)
    return DocDiagnosis(
        finding=finding.id,
        cause=cause.id if cause else None,
        sure=cause.sure if cause else Sure.CERTAIN,
        alternatives=tuple(
            Alternative(other, fill(cause_row(other, words)["tell_apart"], facts))
            for other in cause.alternatives
        )
        if cause
        else (),
        title=title,
        meaning=fill(row["meaning"], facts),
        evidence=finding.evidence,
        next=todo,
        fine=tuple(_fine(item, words) for item in diagnosis.fine),
        care=tuple((words.row("diagnosis", "care") or {})[item]["text"] for item in diagnosis.care),
        references=tuple(row.get("references", ())),
        forward=paragraph(finding, title, said, todo, report.transcript, words),
        said=said,
        because=_because(finding, facts, words),
        first=first,
    )


def _checks(diagnosis: Diagnosis, report: Report, words: Words) -> Iterator[Action]:
    """What to check first: the first step of each finding that can be the reason."""
    for index, finding in enumerate(diagnosis.first):
        row, facts = finding_row(finding, words), finding_facts(finding, report.transcript, words)
        action = next_steps(finding, row, facts, words, report.software)[0]
        yield action._replace(do=words.label("first", "also" if index else "first", do=action.do))


def _said(finding: Finding, t: Transcript, words: Words) -> str:
    """`535 5.7.8, Credentials Invalid (RFC 4954 6)`, if a reply decided it; else the server's own words."""
    step = t.steps[finding.step] if finding.step is not None else None
    if step is None or not (step.exchanges or step.unsolicited or step.heard):
        return ""
    reply = step.reply
    if reply is None or reply.code is None or not refused(step) or finding.severity < Severity.FAIL:
        return "; ".join(finding.evidence[:2])
    enhanced = str(reply.enhanced) if reply.enhanced else None
    found = entry(lookup.for_reply(reply.code, enhanced, finding.name.value)[0], words)
    codes = f"{reply.code} {enhanced}" if enhanced else str(reply.code)
    source = f" ({found.references[0]})" if found.references else ""
    return f"{codes}, {found.title}{source}"


def _because(finding: Finding, facts: Facts, words: Words) -> str:
    """How sure the cause is, and by which evidence; nothing where the session itself proves it."""
    if finding.cause is None:
        return ""
    sure = _sure(finding.cause, facts, words)
    return sentences(sure, why(finding.cause.by, finding.cause.sure, words))


def why(by: str, sure: str, words: Words) -> str:
    """The evidence for a cause in words; `by` as in judgement.Cause."""
    key = "certain" if sure == Sure.CERTAIN and by in ("said", "words") else by
    return words.labels("why").get(key, "") if by == "said" or sure != Sure.CERTAIN else ""


def _sure(cause: Cause, facts: Facts, words: Words) -> str:
    if cause.sure is Sure.CERTAIN:
        return ""
    if cause.named and cause.sure is Sure.LIKELY:
        return words.label("labels", "sure-named")
    title = fill(cause_row(cause.id, words)["title"], facts)
    return words.label("labels", f"sure-{cause.sure}", cause=title)


def _fine(item: Fine, words: Words) -> str:
    return fill((words.row("diagnosis", "fine") or {})[item.id]["text"], Facts(item.facts))
