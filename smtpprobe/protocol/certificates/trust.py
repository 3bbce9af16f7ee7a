"""The certificates that are trusted: this computer's, or those in a file.

Whatever is in the store is trusted, also an intermediate or a leaf: so do curl, Postfix and Python.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from OpenSSL import crypto

# Where systems keep their roots, for a Python whose OpenSSL was built to look elsewhere.
_WELL_KNOWN_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL and Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # the same, where the link above is gone
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, FreeBSD, OpenBSD, macOS
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD's ca_root_nss
    "/opt/homebrew/etc/ca-certificates/cert.pem",  # Homebrew on Apple silicon
    "/usr/local/etc/ca-certificates/cert.pem",  # Homebrew on Intel
)


class TrustStoreError(ValueError):
    """A file of trusted certificates cannot be used. The message says which file, and why."""


class TrustStore:
    """The certificates that are trusted. Made once for a run, by `system()` or by `from_file(path)`.

    `source` says in words where they come from.
    """

    __slots__ = ("_directories", "_files", "_roots", "source")

    def __init__(
        self,
        source: str,
        *,
        roots: Sequence[crypto.X509] | None = None,
        files: Sequence[str] = (),
        directories: Sequence[str] = (),
    ) -> None:
        self.source = source
        self._roots = roots
        self._files = files
        self._directories = directories

    @classmethod
    def system(cls) -> TrustStore:
        """This computer's store, where OpenSSL finds it: SSL_CERT_FILE and SSL_CERT_DIR, or its defaults.

        If neither variable is set and the defaults hold nothing, it is the first place that a system is
        known to use. This never fails: without any roots, `source` says so, and no chain will be trusted.
        The roots are read when they are first needed, and kept.
        """
        import ssl

        paths = ssl.get_default_verify_paths()
        file = os.environ.get(paths.openssl_cafile_env, paths.openssl_cafile)
        listed = os.environ.get(paths.openssl_capath_env, paths.openssl_capath).split(os.pathsep)
        files = [*filter(_is_readable_file, [file])]
        directories = [*filter(_is_filled_directory, listed)]
        told = os.environ.keys() & {paths.openssl_cafile_env, paths.openssl_capath_env}
        if not (files or directories or told):
            files = [*filter(_is_readable_file, _WELL_KNOWN_PLACES)][:1]
        source = " and ".join([*files, *directories]) or "no trusted certificates found on this system"
        return cls(source, files=files, directories=directories)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> TrustStore:
        """The certificates in a PEM file, instead of the system's: roots, intermediates, or a leaf itself.

        It is read at once, so that a wrong file is told before any connection is made. Raises
        TrustStoreError if it is missing, unreadable, holds no certificate, or one that cannot be read.
        """
        from smtpprobe.protocol.certificates.reading import load_pem

        name = os.fspath(path)
        try:
            roots = load_pem(Path(path).read_bytes())
        except OSError as error:
            raise TrustStoreError(f"{name}: {error.strerror or error}") from error
        if not roots:
            raise TrustStoreError(f"{name}: it holds no certificate (no -----BEGIN CERTIFICATE-----)")
        if None in roots:
            raise TrustStoreError(f"{name}: certificate {roots.index(None) + 1} in it cannot be read")
        return cls(name, roots=[root for root in roots if root])

    def for_openssl(self) -> crypto.X509Store:
        """A new store each time: on the same one, OpenSSL silently ignores the second set_time()."""
        from OpenSSL.crypto import X509Store

        if self._roots is None:
            self._roots = [root for file in self._files for root in _roots_in(file)]
        store = X509Store()
        for root in self._roots:
            store.add_cert(root)
        if self._directories:
            store.load_locations(None, os.pathsep.join(self._directories))
        return store


def _is_readable_file(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.R_OK)


def _is_filled_directory(path: str) -> bool:
    try:
        return path != "" and any(Path(path).iterdir())  # "" would be this directory
    except OSError:
        return False


def _roots_in(file: str) -> list[crypto.X509]:
    """The certificates in one of the system's files, as far as it and they can be read."""
    from smtpprobe.protocol.certificates.reading import load_pem

    try:
        return [root for root in load_pem(Path(file).read_bytes()) if root]
    except OSError:
        return []
