"""The session as it was spoken, with the marks that mail administrators know from swaks.

->  sent          <-  received          <** received, an error
~>  under TLS     <~  under TLS         <~* under TLS, an error
"""

from smtpprobe.renderers.folding import columns, pad
from smtpprobe.renderers.page import Page
from smtpprobe.words.document import DocCertificate, DocExchange, DocReply, DocReport, DocStep, DocTls
from smtpprobe.words.entry import Entry

MOST_LINES = 12
MARK_COLUMNS = 4


def exchanges(page: Page, step: DocStep, words: dict[str, str], most: int = MOST_LINES) -> None:
    """What was said and answered in one step."""
    for exchange in step.exchanges or _only(step):
        _exchange(page, exchange, words, encrypted=step.encrypted, most=most)
    for line in step.unsolicited[:most]:
        page.paragraph(f"{_mark('<', step.encrypted, error=False):>{MARK_COLUMNS - 1}} ", line)


def _only(step: DocStep) -> tuple[DocExchange, ...]:
    if step.sent is None and step.reply is None:
        return ()
    return (DocExchange(step.sent, step.reply, step.at or 0.0, step.seconds or 0.0),)


def _exchange(
    page: Page, exchange: DocExchange, words: dict[str, str], *, encrypted: bool, most: int
) -> None:
    if exchange.sent is not None:
        _said(page, _mark(">", encrypted, error=False), exchange.sent, exchange.at, "")
    if exchange.reply is None:
        return
    reply = exchange.reply
    error = reply.code is None or not 200 <= reply.code < 400
    mark = _mark("<", encrypted, error=error)
    lines = _lines(reply)
    for index, line in enumerate(lines[:most]):
        # A reply has come when its last line has: a teaser may stand there for seconds.
        at = exchange.at + exchange.seconds if index == min(len(lines), most) - 1 else None
        _said(page, mark, line, at, "fail" if error else "")
    if len(lines) > most:
        page.line((" " * MARK_COLUMNS + words["cut-lines"].format(count=len(lines) - most), "dim"))
    for text in exchange.says:
        page.paragraph(" " * (MARK_COLUMNS + 1), text, "dim")


def _mark(direction: str, encrypted: bool, *, error: bool) -> str:
    if direction == ">":
        return "~>" if encrypted else "->"
    if error:
        return "<~*" if encrypted else "<**"
    return "<~" if encrypted else "<-"


def _lines(reply: DocReply) -> list[str]:
    """The reply's lines with their code, as a person knows them."""
    if reply.code is None:
        return list(reply.lines)
    last = len(reply.lines) - 1
    return [f"{reply.code}{' ' if index == last else '-'}{text}" for index, text in enumerate(reply.lines)]


def _said(page: Page, mark: str, text: str, at: float | None, style: str) -> None:
    """One line of the session, the time at its right edge if there is room."""
    head = f"{mark:>{MARK_COLUMNS - 1}} "
    time = f"+{at:.3f} s" if at is not None else ""
    if page.width is None:
        page.line((head, "dim"), (text, style), (f"   {time}" if time else "", "dim"))
        return
    first, *rest = page.fold(text, len(head) + (len(time) + 2 if time else 0))
    gap = page.width - len(head) - columns(first) - len(time)
    page.line((head, "dim"), (first, style), (" " * gap + time, "dim"))
    for piece in rest:
        page.line((" " * len(head), ""), (piece, style))


def wire_view(page: Page, report: DocReport, words: dict[str, str], *, raw: bool) -> None:
    """The whole session, every reply annotated; with `raw` the octets and all of the certificate too."""
    page.blank()
    for line in report.answering:
        page.paragraph("", line, indent=2)
    for step in report.steps:
        if step.status == "skip" and step.reply is None:
            continue
        if step.reply is None and step.sent is None and step.name != "tls":
            continue
        page.blank()
        page.titled(f"{step.name}   ", step.summary)
        exchanges(page, step, words, most=100)
        if step.entry:
            _entry(page, step.entry, words)
        if step.name == "tls" and report.tls:
            _tls(page, report.tls, words, whole=raw)
    if raw:
        page.blank()
        for line in report.raw:
            page.paragraph("", line, "dim", indent=4)


def _entry(page: Page, entry: Entry, words: dict[str, str]) -> None:
    source = f" ({', '.join(entry.references)})" if entry.references else ""
    _facts(page, [(words["means"], f"{entry.meaning}{source}"), (words["fix"], entry.fix)])


def _tls(page: Page, tls: DocTls, words: dict[str, str], *, whole: bool) -> None:
    """What the handshake came to; the version is in the title above it."""
    rows = [(words["cipher"], tls.cipher)]
    if certificate := tls.certificate:
        valid = words["valid-span"].format(
            start=certificate.not_before, end=certificate.not_after, days=certificate.days_left
        )
        rows += [(words["names"], ", ".join(certificate.names)), (words["issuer"], certificate.issuer)]
        if whole:
            rows += [(words["subject"], certificate.subject), (words["key"], _key(certificate, words))]
        rows += [(words["valid"], valid), (words["pin"], f"--pin {tls.fingerprint}")]
    _facts(page, rows)


def _key(certificate: DocCertificate, words: dict[str, str]) -> str:
    if not certificate.signature:
        return certificate.key
    return words["key-signed"].format(key=certificate.key, signature=certificate.signature)


def _facts(page: Page, rows: list[tuple[str, str]]) -> None:
    """Labels in a column, and what they stand for."""
    widest = max(columns(name) for name, _ in rows)
    for name, value in rows:
        page.paragraph(f"     {pad(name, widest)} ", value)
