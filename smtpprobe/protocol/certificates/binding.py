"""Channel binding to the server's certificate: tls-server-end-point (RFC 5929 4)."""

import hashlib


def tls_server_end_point(der: bytes) -> bytes | None:
    """The hash of a certificate (DER) that a login is bound to; None where RFC 5929 4.1 defines none.

    The hash function is that of the certificate's signature; SHA-256 stands in for MD5 and SHA-1.
    A signature without one hash function of its own (Ed25519) leaves the binding undefined.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        hash = x509.load_der_x509_certificate(der).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None
    if hash is None:
        return None
    name = "sha256" if hash.name in ("md5", "sha1") else hash.name
    return hashlib.new(name, der).digest() if name in hashlib.algorithms_available else None
