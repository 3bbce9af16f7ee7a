"""The verdict on a chain: what OpenSSL, the names and the limits say, in order, or the pin alone."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from smtpprobe.protocol.certificates.facts import CertificateProblem, CertificateVerdict, Detail, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

    from smtpprobe.protocol.certificates.trust import TrustStore


def judge(
    chain: Sequence[bytes], *, host: str, store: TrustStore, now: datetime, pin: str | None = None
) -> CertificateVerdict:
    """Whether a client that connects to `host` would trust this chain, and every reason why not.

    `chain` is DER as served, the leaf first. `host` is a DNS name in ASCII (A-labels; one trailing dot is
    ignored) or an IP address. `now` is aware, the client's time. With a `pin`, a fingerprint written as in
    `Certificate`, that one leaf is trusted, whatever else is wrong with it, and no other is. However broken
    the chain is, this never raises: what cannot be read is not trusted.
    """
    from smtpprobe.protocol.certificates.reading import describe, fingerprint, parse

    with warnings.catch_warnings():
        # cryptography warns of a serial number that is not positive. Odd certificates are what we came for.
        warnings.simplefilter("ignore", UserWarning)
        leaf = parse(chain[0]) if chain else None
        certificate = describe(leaf) if leaf else None
        if chain and pin == fingerprint(chain[0]):
            return CertificateVerdict(True, (), certificate, len(chain), pinned=True)
        if leaf:
            problems = _problems(leaf, chain[1:], host, store, now)
        else:
            words = "the certificate cannot be read" if chain else "the server sent no certificate"
            problems = {CertificateProblem.UNKNOWN_ISSUER: Detail(words)}
    if pin is not None:
        problems[CertificateProblem.PIN_MISMATCH] = Detail("not the certificate that was pinned")
    reasons = tuple(problem for problem in CertificateProblem if problem in problems)
    details = {problem: problems[problem] for problem in reasons}
    return CertificateVerdict(not reasons, reasons, certificate, len(chain), pinned=False, details=details)


def _problems(
    leaf: x509.Certificate, rest: Sequence[bytes], host: str, store: TrustStore, now: datetime
) -> Problems:
    """All that is wrong but the pin."""
    from smtpprobe.protocol.certificates.limits import date_problem, usage_problem, weakness
    from smtpprobe.protocol.certificates.names import name_problem
    from smtpprobe.protocol.certificates.path import find_path

    path = find_path(leaf, rest, store, now)
    # The last has the last word: where a certificate above the leaf has the same problem, name the leaf.
    return (
        weakness(path)
        | usage_problem(path)
        | path.problems
        | name_problem(leaf, host)
        | date_problem(leaf, now)
    )
