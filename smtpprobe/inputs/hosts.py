"""The host of a target: a name, an IPv4 address, or an IPv6 address with its zone.

    mail.example             a name; its final dot is dropped
    メール.example            the same as xn--..., by IDNA 2008 (RFC 5891), after the mapping of UTS 46
    192.0.2.1                four numbers, none with a leading zero
    2001:db8::1, fe80::1%eth0    as RFC 5952 writes them

This is stricter than resolvers are, so that no typing mistake reaches a stranger's server: `1.2.3` or
`010.0.0.1`, which a resolver would take for some address, are errors. The final dot of an absolute name is
dropped because certificates and SNI do not have it (RFC 6066 3), and the host is looked for in both.
"""

import ipaddress
import re

from smtpprobe.display import visible

_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # RFC 1035 2.3.4, without the root

# An underscore is no letter of a host name (RFC 952), but names that have one are out there and resolve.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]+(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")


class TargetError(ValueError):
    """A text that is no target. Its str is one line for a person; a password in the text is not in it."""


def read_host(text: str) -> tuple[str, str]:
    """The host as it is resolved, and its Unicode form if that differs. Raises TargetError."""
    if not text:
        raise TargetError("there is no host in it; write one, like mail.example")
    if ":" in text:
        return _read_ipv6(text), ""
    host, name = (text.lower(), "") if text.isascii() else _read_international(text)
    host, name = host.removesuffix("."), name.removesuffix(".")
    _check_name(host)
    return host, ("" if name == host else name)


def is_number(host: str) -> bool:
    """Whether it reads like a number: a host of one such label is rarely meant."""
    return _NUMBER.fullmatch(host) is not None


def is_ipv6(text: str) -> bool:
    """Whether it is an IPv6 address."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _read_ipv6(text: str) -> str:
    """An IPv6 address, shortened as RFC 5952 wants it, with its zone."""
    address, percent, zone = text.partition("%")
    # RFC 6874 writes the % as %25 within a URL. Before a digit it stays: the zone may be a number.
    zone = re.sub(r"^25(?=[^0-9])", "", zone)
    if percent and not _ZONE.fullmatch(zone):
        raise TargetError("the zone behind the % is no interface; write it like fe80::1%eth0")
    if not is_ipv6(address):
        raise TargetError("this is no valid IPv6 address; write host:587 or [2001:db8::1]:587")
    return f"{ipaddress.IPv6Address(address)}{percent}{zone}"


def _read_international(text: str) -> tuple[str, str]:
    """A name as people write it: in A-labels, and as IDNA wants it (case, width, other kinds of dot)."""
    import idna  # 20 ms, and most hosts are ASCII

    try:
        name = idna.uts46_remap(text, std3_rules=False)
        # A label in ASCII stays as it is: IDNA would refuse an underscore.
        labels = [part if part.isascii() else idna.alabel(part).decode() for part in name.split(".")]
    except UnicodeError as error:
        reason = visible(str(error), 100)
        raise TargetError(f"no host can have this name ({reason}); check the spelling") from None
    return ".".join(labels), name


def _check_name(host: str) -> None:
    """Raise TargetError unless `host` is a name or an IPv4 address."""
    labels = host.split(".")
    if not all(labels):
        raise TargetError("there is a dot too many in the host; write it like mail.example")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise TargetError(
                f'"{visible(label, 30)}" can be no part of a host name; '
                "letters, digits, _ and inner hyphens can, as in mail.example"
            )
        if len(label) > _LONGEST_LABEL:
            raise TargetError(
                f'"{visible(label, 10)}" is longer than the {_LONGEST_LABEL} characters '
                "that a part of a host name can have; check the spelling"
            )
    if len(host) > _LONGEST_NAME:
        raise TargetError(f"the host name is longer than {_LONGEST_NAME} characters; check the spelling")
    if len(labels) > 1 and all(map(is_number, labels)):
        _check_ipv4(host)


def _check_ipv4(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise TargetError(
            "this is not a valid address; write four numbers up to 255, without leading zeros, like 192.0.2.1"
        ) from None
