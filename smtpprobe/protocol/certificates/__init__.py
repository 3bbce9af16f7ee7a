"""Whether real mail clients would trust the certificates that a server served, and every reason why not.

A server that speaks TLS serves a chain: its own certificate (the leaf) and those that lead up towards a
root which the client trusts already. `judge` takes that chain as bytes, a `TrustStore`, a host name and a
time, and says what clients built on OpenSSL would say. OpenSSL itself is asked (through pyOpenSSL): a
stricter or a laxer judge would send people after faults that their clients do not see. But OpenSSL stops at
the first error, and an expired certificate often has the wrong name too. So it is asked again and again:
each error is noted and then forgiven (the time is not looked at, the unknown issuer is granted), until it
finds a path from the leaf upwards. Names, usage and strength, of which pyOpenSSL cannot ask OpenSSL, are
looked at along that path.

    facts     what is told of a certificate and of a chain: plain values
    nearness  which of its names is nearest to one that it lacks
    trust     which certificates are trusted, and where they come from
    verdict   `judge`: the questions below put together, and the pin
    path      what OpenSSL says, error after error
    names     whether the leaf is made out to the host
    limits    dates, usage, strength
    reading   looking into certificates, however broken

Nothing here opens a connection. The libraries take longer to load than the verdict: the first four files do
without them, and load the others, which are built on them, when they are used.
"""

from smtpprobe.protocol.certificates.facts import (
    Certificate,
    CertificateProblem,
    CertificateVerdict,
    Detail,
)
from smtpprobe.protocol.certificates.nearness import nearest_first, stands_for
from smtpprobe.protocol.certificates.trust import TrustStore, TrustStoreError
from smtpprobe.protocol.certificates.verdict import judge

__all__ = [
    "Certificate",
    "CertificateProblem",
    "CertificateVerdict",
    "Detail",
    "TrustStore",
    "TrustStoreError",
    "judge",
    "nearest_first",
    "stands_for",
]
