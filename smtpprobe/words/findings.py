"""Findings and the diagnosis in words."""

from collections.abc import Mapping
from typing import Any

from smtpprobe.checks.common import refused
from smtpprobe.judgement import Diagnosis, Finding, Fine, Report, Severity, Sure
from smtpprobe.knowledge import lookup
from smtpprobe.record import Transcript
from smtpprobe.words.catalogue import actions, entry, join
from smtpprobe.words.document import DocDiagnosis, DocFinding
from smtpprobe.words.entry import Action, Alternative
from smtpprobe.words.texts import Facts, Words, fill

# Facts of a finding that can choose a variant of its words, in this order.
VARIANT_FACTS = ("why", "detail", "limit", "how", "service")
OF_CERTIFICATE = ("names", "issuer", "subject", "not_before", "not_after", "days")


def finding_in_words(finding: Finding, report: Report, words: Words) -> DocFinding:
    """One finding in words."""
    row, facts = finding_row(finding, words), finding_facts(finding, report.transcript, words)
    todo = next_steps(finding, row, facts, words)
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
    """The finding's table, its variant for these facts laid over it."""
    row = words.row("findings", finding.id)
    assert row is not None, finding.id
    variants = row.get("variants", {})
    for fact in VARIANT_FACTS:
        if found := variants.get(finding.facts.get(fact, "")):
            return {**row, **found}
    return row


def finding_facts(finding: Finding, t: Transcript, words: Words) -> Facts:
    """What fills the placeholders: facts of the session, and those of the finding itself.

    `url` and `authority` stand in commands only, and bring along the options to ask for the same again.
    """
    peer = t.peer
    # What a certificate does not say, or nobody can read of it (checks.tls), has words too.
    unsaid = {"": words.label("rows", "nobody"), "?": words.label("rows", "unreadable")}
    certificate = {
        key: unsaid[value]
        for key, value in finding.facts.items()
        if key in OF_CERTIFICATE and value in unsaid
    }
    return Facts(
        {
            "host": t.target.host,
            "port": t.target.port,
            "authority": t.target.authority + options_again(t),
            "url": t.target.url + options_again(t),
            "address": peer.address if peer else t.target.host,
            "local": peer.local if peer else "",
            **finding.facts,
            **certificate,
        }
    )


def options_again(t: Transcript) -> str:
    """The options that a suggested command needs, to ask for the same again; with a blank before each."""
    plan = t.plan
    options = ["-u USER"] if t.login_asked else []
    options += [f"-{plan.family}"] if plan.family else []
    options += ["--ca-file FILE"] if plan.ca_file else []
    options += [f"--sni {plan.sni}"] if plan.sni else []
    options += [f"-m {plan.mechanism}"] if plan.mechanism else []
    return "".join(f" {option}" for option in options)


def next_steps(finding: Finding, row: Mapping[str, Any], facts: Facts, words: Words) -> tuple[Action, ...]:
    """What to do: the finding's own steps, else those of its cause."""
    if "next" in row or not finding.cause:
        return actions(row, facts, words)
    return actions(cause_row(finding.cause.id, words), facts, words)


def cause_row(id: str, words: Words) -> Mapping[str, Any]:
    """The table of a cause."""
    row = words.row("causes", id)
    assert row is not None, id
    return row


def diagnosis_in_words(diagnosis: Diagnosis, report: Report, words: Words) -> DocDiagnosis:
    finding, cause = diagnosis.finding, diagnosis.finding.cause
    row, facts = finding_row(finding, words), finding_facts(finding, report.transcript, words)
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
        title=fill(row["title"], facts),
        meaning=fill(row["meaning"], facts),
        evidence=finding.evidence,
        next=next_steps(finding, row, facts, words),
        fine=tuple(_fine(item, words) for item in diagnosis.fine),
        care=tuple((words.row("diagnosis", "care") or {})[item]["text"] for item in diagnosis.care),
        references=tuple(row.get("references", ())),
        said=_said(finding, report.transcript, words),
        because=_because(finding, facts, words),
    )


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
    if finding.cause is None or finding.cause.sure is Sure.CERTAIN:
        return ""
    title = fill(cause_row(finding.cause.id, words)["title"], facts)
    return words.label("labels", f"sure-{finding.cause.sure}", cause=title)


def _fine(item: Fine, words: Words) -> str:
    return fill((words.row("diagnosis", "fine") or {})[item.id]["text"], Facts(item.facts))
