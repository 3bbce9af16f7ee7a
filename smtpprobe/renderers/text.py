"""Text for a person: a row for each step, what matters in full, and the verdict on the last line.

On a terminal the page is folded to its width and has bars of time where there is room for them; in
a pipe it has no colour, no bars and no folding, one record a line, and the same words.
"""

from smtpprobe.renderers import Options
from smtpprobe.renderers.folding import columns, pad
from smtpprobe.renderers.page import Page
from smtpprobe.renderers.transcript import exchanges, wire_view
from smtpprobe.words.document import DocFinding, DocReport, DocStep, Document
from smtpprobe.words.entry import Action
from smtpprobe.words.texts import sentences

NAME_COLUMNS = 10
TIME_COLUMNS = 8
BAR_COLUMNS = 10
BARS_FROM = 72
LABELS = ("said", "means", "fix", "fine", "care", "forward", "more", "or")


def render(document: Document, options: Options) -> str:
    """The whole page; an empty text where -q has nothing to say."""
    page = Page(options.width, color=options.color)
    for report in document.reports:
        if options.verbosity >= 0 or report.verdict != "pass":
            _report(page, report, document.labels, options, last=len(document.reports) == 1)
    if len(document.reports) > 1 and (options.verbosity >= 0 or document.verdict != "pass"):
        _all(page, document, options)
    return page.render()


def _report(page: Page, report: DocReport, words: dict[str, str], options: Options, *, last: bool) -> None:
    page.blank()
    _head(page, report)
    if options.verbosity >= 0:
        page.blank()
        for step in report.steps:
            _row(page, step, report.seconds)
        if options.verbosity >= 1:
            wire_view(page, report, words, raw=options.verbosity >= 2)
        _other_findings(page, report, words, options)
    page.blank()
    _diagnosis(page, report, words, options)
    page.blank()
    _verdict(page, report, words, options, last=last)


def _head(page: Page, report: DocReport) -> None:
    host = f"[{report.target.host}]" if ":" in report.target.host else report.target.host
    left = f"{host}:{report.target.port}   {report.headline}"
    right = report.started.replace("T", " ").replace("Z", " UTC")
    if page.width is None:
        page.line((left, "bold"), (f"   {right}", "dim"))
        return
    gap = page.width - columns(left) - len(right)
    if gap >= 3:
        page.line((left, "bold"), (" " * gap + right, "dim"))
        return
    for piece in page.fold(left, 0):
        page.line((piece, "bold"))
    page.line((right, "dim"))


# A row for each step


def _row(page: Page, step: DocStep, whole: float) -> None:
    status = step.status.upper() if step.status == "fail" else step.status
    head = f"  {status:<6}"
    name = f"{step.name:<{NAME_COLUMNS}}"
    time = duration(step.seconds) if step.seconds is not None else ""
    if page.width is None:
        page.line((head, step.status), (name, ""), (f"{step.summary}   {time}".rstrip(), ""))
        return
    bar = _bar(step, whole) if page.width >= BARS_FROM else ""
    used = len(head) + NAME_COLUMNS
    room = page.width - used - TIME_COLUMNS - 1 - len(bar)
    first, *rest = page.fold(step.summary, page.width - room)
    padding = " " * (room - columns(first))
    page.line(
        (head, step.status), (name, ""), (first + padding, ""), (f" {time:>{TIME_COLUMNS}}{bar}", "dim")
    )
    for piece in rest:
        page.line((" " * used + piece, ""))


def _bar(step: DocStep, whole: float) -> str:
    """When the step happened, within the session: ` |   ##     |`."""
    if step.at is None or step.seconds is None or whole <= 0:
        return " |" + " " * BAR_COLUMNS + "|"
    start = min(int(step.at / whole * BAR_COLUMNS), BAR_COLUMNS - 1)
    end = min(max(round((step.at + step.seconds) / whole * BAR_COLUMNS), start + 1), BAR_COLUMNS)
    return " |" + (" " * start + "#" * (end - start)).ljust(BAR_COLUMNS) + "|"


def duration(seconds: float) -> str:
    """Seconds for a person: `33 ms`, `2.1 s`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


# What was found


def _other_findings(page: Page, report: DocReport, words: dict[str, str], options: Options) -> None:
    """Everything but the diagnosis and what follows from something else; in full where it is short."""
    told = (report.diagnosis.finding, *report.diagnosis.first) if report.diagnosis else ()
    severities = {finding.id: finding.severity for finding in report.findings}
    brief = bool(told) and options.verbosity < 1
    gravest_first = sorted(report.findings, key=lambda f: ("fail", "warn", "note").index(f.severity))
    for finding in gravest_first:
        # What followed from something is told only where it came to more than that.
        followed = severities.get(finding.because_of or "") in ("fail", finding.severity)
        if finding.id in told or (followed and not finding.ignored):
            continue
        page.blank()
        _finding(page, finding, words, brief=brief and finding.severity == "note")


def _finding(page: Page, finding: DocFinding, words: dict[str, str], *, brief: bool) -> None:
    ignored = f" ({words['ignored']})" if finding.ignored else ""
    _title(page, finding.severity, f"{finding.title}{ignored}", finding.id)
    if brief or finding.ignored:
        return
    if finding.severity != "note":
        _labelled(page, words["said"], finding.said, words)
    _labelled(page, words["means"], finding.meaning, words)
    _actions(page, finding.next, words)


def _title(page: Page, severity: str, title: str, id: str) -> None:
    """`fail: what is wrong        its-id`."""
    text = f"{severity}: {title}"
    if page.width is None:
        page.line((f"{severity}: ", severity), (title, "bold"), (f"   {id}", "dim"))
        return
    gap = page.width - columns(text) - len(id)
    if gap >= 2:
        page.line((f"{severity}: ", severity), (title, "bold"), (" " * gap + id, "dim"))
        return
    for index, piece in enumerate(page.fold(text, 0)):
        head = f"{severity}: " if not index else ""
        page.line((head, severity), (piece.removeprefix(head), "bold"))
    page.line((id.rjust(page.width), "dim"))


def _labelled(page: Page, label: str, text: str, words: dict[str, str]) -> None:
    if text:
        page.paragraph(_head_of(label, words), text)


def _head_of(label: str, words: dict[str, str]) -> str:
    """A label in a column as wide as the widest of its language, and of mockups at least."""
    return f"  {pad(label, max(6, *(columns(words[key]) for key in LABELS)))} "


def _actions(page: Page, actions: tuple[Action, ...], words: dict[str, str]) -> None:
    """What to do, numbered where there is more than one thing, and who must do it."""
    for index, action in enumerate(actions):
        label = words["fix"] if index == 0 else ""
        number = f"{index + 1}. " if len(actions) > 1 else ""
        who = "" if action.who == "you" else f"{words['who-' + action.who].capitalize()}: "
        head = f"{_head_of(label, words)}{number}"
        page.paragraph(head, f"{who}{action.do}")
        if action.command:
            page.line((" " * columns(head), ""), (action.command, "bold"))


def _diagnosis(page: Page, report: DocReport, words: dict[str, str], options: Options) -> None:
    diagnosis = report.diagnosis
    if diagnosis is None:
        return
    finding = next(f for f in report.findings if f.id == diagnosis.finding)
    step = next((s for s in report.steps if s.name == finding.step and s.status not in ("ok", "skip")), None)
    if step and options.verbosity == 0:
        exchanges(page, step, words)
        page.blank()
    _title(page, finding.severity, diagnosis.title, diagnosis.finding)
    _labelled(page, words["said"], diagnosis.said, words)
    _labelled(page, words["means"], sentences(diagnosis.meaning, diagnosis.because), words)
    _actions(page, diagnosis.next, words)
    for index, other in enumerate(diagnosis.alternatives):
        _labelled(page, words["or"] if index == 0 else "", f"{other.cause}: {other.tell_apart}", words)
    _labelled(page, words["fine"], sentences(*diagnosis.fine), words)
    _labelled(page, words["care"], sentences(*diagnosis.care), words)
    _labelled(page, words["forward"], diagnosis.forward or "", words)
    _labelled(page, words["more"], f"smtpprobe explain {diagnosis.finding}", words)


# The last line


def _verdict(page: Page, report: DocReport, words: dict[str, str], options: Options, *, last: bool) -> None:
    word = report.verdict.upper()
    left = f"{word}   {report.conclusion}   {duration(report.seconds)}"
    if last and report.verdict != "pass":
        right = words["exit"].format(code=options.exit_code)
    else:
        hints = last and options.verbosity == 0 and page.width is not None
        right = f"{words['hint-verbose']}    {words['hint-json']}" if hints else ""
    _closing(page, word, left, right, report.verdict)


def _all(page: Page, document: Document, options: Options) -> None:
    word = document.verdict.upper()
    verdicts = [report.verdict for report in document.reports]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("pass", "warn", "fail", "error") if v in verdicts)
    right = document.labels["exit"].format(code=options.exit_code) if document.verdict != "pass" else ""
    page.blank()
    _closing(page, word, f"{word}   {counts}", right, document.verdict)


def _closing(page: Page, word: str, left: str, right: str, style: str) -> None:
    if page.width is None:
        page.line((word, style), (left.removeprefix(word), ""), (f"   {right}" if right else "", "dim"))
        return
    gap = page.width - columns(left) - columns(right)
    if right and gap >= 3:
        page.line((word, style), (left.removeprefix(word), ""), (" " * gap + right, "dim"))
        return
    pieces = page.fold(left, 0)
    page.line((word, style), (pieces[0].removeprefix(word), ""))
    for piece in pieces[1:]:
        page.line((piece, ""))
