"""Products that open TLS on the way, known by the issuer of the certificates that they make up.

A virus scanner, a firewall or a debugging proxy that wants to read what is under TLS answers in the
server's place, with a certificate that it has just made. Its subject is the server's, as far as it can copy
it; only the issuer is the product. So the issuer is what is looked at, and never the subject: the maker of
a firewall has mail servers too, and theirs have certificates of public authorities like anybody's.

Nor has a made-up certificate receipts of public logs (RFC 6962), so one that has them is not made up. And
a maker who is asked for by name may have an authority of its own.
"""

import re

from smtpprobe.knowledge import tables
from smtpprobe.protocol.certificates import Certificate
from smtpprobe.protocol.certificates.distinguished import attributes

_WORD = re.compile(r"[^\W_]+")


def inspector_of(certificate: Certificate, host: str) -> str | None:
    """The product that made this certificate up for a host, by name; None if its issuer is no such product.

    The product's own certificate, issued by itself, is that of a device, and says nothing of what is opened.
    """
    if certificate.logged or certificate.self_issued:
        return None
    row = _row(certificate.issuer)
    labels = _WORD.findall(host.lower())
    if row is None or any(known.replace(" ", "") in labels for known in row["words"]):
        return None
    name: str = row["name"]
    return name


def _row(issuer: str) -> tables.Row | None:
    """The entry of the product that an issuer (RFC 4514) is named after, by organisation or common name."""
    for text in attributes(issuer, "O", "CN"):
        # `avast! Web/Mail Shield Root` becomes ` avast web mail shield root `.
        words = f" {' '.join(_WORD.findall(text.lower()))} "
        for row in tables.table("inspectors").values():
            if any(f" {known} " in words for known in row["words"]):
                return row
    return None
