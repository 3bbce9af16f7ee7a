"""Findings and the diagnosis in words."""

from collections.abc import Mapping
from typing import Any

from smtpprobe.checks.common import refused
from smtpprobe.judgement import Diagnosis, Finding, Fine, Report, Severity, Sure
from smtpprobe.knowledge import lookup, tables
from smtpprobe.record import Transcript
from smtpprobe.words.catalogue import actions, entry, join
from smtpprobe.words.document import DocDiagnosis, DocFinding
from smtpprobe.words.entry import Action, Alternative
from smtpprobe.words.texts import Facts, fill, label

# Facts of a finding that can choose a variant of its words, in this order.
VARIANT_FACTS = ("why", "detail", "limit", "how", "service")


def finding_in_words(finding: Finding, report: Report) -> DocFinding:
    """One finding in words."""
    row, facts = finding_row(finding), finding_facts(finding, report.transcript)
    todo = next_steps(finding, row, facts)
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
        said=_said(finding, report.transcript),
    )


def finding_row(finding: Finding) -> Mapping[str, Any]:
    """The finding's table, its variant for these facts laid over it."""
    row = tables.table("findings")[finding.id]
    variants = row.get("variants", {})
    for fact in VARIANT_FACTS:
        if found := variants.get(finding.facts.get(fact, "")):
            return {**row, **found}
    return row


def finding_facts(finding: Finding, t: Transcript) -> Facts:
    """What fills the placeholders: facts of the session, and those of the finding itself.

    `url` and `authority` stand in commands only, and bring along the options to ask for the same again.
    """
    peer = t.peer
    return Facts(
        {
            "host": t.target.host,
            "port": t.target.port,
            "authority": t.target.authority + options_again(t),
            "url": t.target.url + options_again(t),
            "address": peer.address if peer else t.target.host,
            "local": peer.local if peer else "",
            **finding.facts,
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


def next_steps(finding: Finding, row: Mapping[str, Any], facts: Facts) -> tuple[Action, ...]:
    """What to do: the finding's own steps, else those of its cause."""
    if "next" in row or not finding.cause:
        return actions(row, facts)
    return actions(tables.table("causes")[finding.cause.id], facts)


def diagnosis_in_words(diagnosis: Diagnosis, report: Report) -> DocDiagnosis:
    finding, cause = diagnosis.finding, diagnosis.finding.cause
    row, facts = finding_row(finding), finding_facts(finding, report.transcript)
    causes = tables.table("causes")
    return DocDiagnosis(
        finding=finding.id,
        cause=cause.id if cause else None,
        sure=cause.sure if cause else Sure.CERTAIN,
        alternatives=tuple(
            Alternative(other, fill(causes[other]["tell_apart"], facts)) for other in cause.alternatives
        )
        if cause
        else (),
        title=fill(row["title"], facts),
        meaning=fill(row["meaning"], facts),
        evidence=finding.evidence,
        next=next_steps(finding, row, facts),
        fine=tuple(_fine(item) for item in diagnosis.fine),
        care=tuple(tables.table("diagnosis")["care"][item]["text"] for item in diagnosis.care),
        references=tuple(row.get("references", ())),
        said=_said(finding, report.transcript),
        because=_because(finding, facts),
    )


def _said(finding: Finding, t: Transcript) -> str:
    """`535 5.7.8, Credentials Invalid (RFC 4954 6)`, if a reply decided it; else the server's own words."""
    step = t.steps[finding.step] if finding.step is not None else None
    if step is None or not (step.exchanges or step.unsolicited or step.heard):
        return ""
    reply = step.reply
    if reply is None or reply.code is None or not refused(step) or finding.severity < Severity.FAIL:
        return "; ".join(finding.evidence[:2])
    enhanced = str(reply.enhanced) if reply.enhanced else None
    found = entry(lookup.for_reply(reply.code, enhanced, finding.name.value)[0])
    codes = f"{reply.code} {enhanced}" if enhanced else str(reply.code)
    source = f" ({found.references[0]})" if found.references else ""
    return f"{codes}, {found.title}{source}"


def _because(finding: Finding, facts: Facts) -> str:
    if finding.cause is None or finding.cause.sure is Sure.CERTAIN:
        return ""
    title = fill(tables.table("causes")[finding.cause.id]["title"], facts)
    return label("labels", f"sure-{finding.cause.sure}", cause=title)


def _fine(item: Fine) -> str:
    return fill(tables.table("diagnosis")["fine"][item.id]["text"], Facts(item.facts))
