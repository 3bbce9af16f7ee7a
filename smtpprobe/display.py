"""Foreign text, made safe to show.

What a server sends is not ours. It may hold a sequence that repaints the terminal, a mark that turns
the rest of the line round, a character that takes no room and hides a difference, a hundred accents on
one letter, or bytes that are no text at all. This module is the one place that takes such text and
makes it *inert*: what a person can see is kept as it is, everything else is written out as an escape
(`\\x1b`, `\\u202e`), so that it is still known to have been there. The result is one line of printable
characters. It is meant for reading, not for reading back: a backslash of the server's stays one
backslash, because `DOMAIN\\user` should look like that. (The notation of dialogues is the reversible one.)

Escaping for XML, HTML, Markdown or a CI system's commands is no matter of foreign text but of the place
it goes to; the renderers do that, to what they get from here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

__all__ = ["decode", "visible", "visible_bytes"]

# The characters Chinese is mostly made of, and those a mail server says no with. See _as_chinese.
_FREQUENT_CHINESE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日"
    "军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美"
    "相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员邮"
    "件箱服务器密码错误登录陆连接请求失败拒绝送收超限授权账帐号户名址效系统验证域测反垃圾客端设置详参考查"
    "稍试频率太达存找禁止暂停配额满附安需协议命令未认"
)

# Category "printable", yet nothing to see: fillers, joiners, variation selectors and the empty Braille cell.
_UNSEEN = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

# GitHub's runner obeys `##[command]` wherever it stands in a line of a log.
_COMMAND = "##["

# No writing system stacks more marks on a letter than this; "zalgo" does, over the lines above and below.
_MOST_MARKS = 4


def decode(raw: bytes) -> str:
    """The bytes of a server as text: UTF-8, else Chinese (GB 18030) if it looks like it, else what is
    UTF-8 of it with every other byte as `\\xNN`. Always answers; controls are still in the text."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _as_chinese(raw) or raw.decode("utf-8", "backslashreplace")


def visible(text: str, limit: int | None = None) -> str:
    """One line of foreign text with everything written out that is not plainly visible.

    Of text that takes more than `limit` characters to show, the end is cut off, never within an
    escape, and the result says how many characters of the text are missing.
    """
    plain = text.isascii() and text.isprintable() and _COMMAND not in text
    if plain and (limit is None or len(text) <= limit):
        return text
    return _joined(text if plain else _inert(text), len(text), limit)


def visible_bytes(raw: bytes, limit: int | None = None) -> str:
    """The bytes of a server as one line that is safe to show: `visible(decode(raw))`."""
    return visible(decode(raw), limit)


def _as_chinese(raw: bytes) -> str | None:
    """The bytes read as GB 18030 (GBK is a part of it), if that makes sense.

    Almost any bytes above 0x80 decode to some ideographs: Russian in KOI8-R, Korean in EUC-KR, French
    in Latin-1. Only in real Chinese is a good part of them among its most frequent characters.
    """
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return None
    beyond_ascii = [character for character in text if character > "\x7f"]
    ideographs = [character for character in beyond_ascii if "\u4e00" <= character <= "\u9fff"]
    frequent = sum(character in _FREQUENT_CHINESE for character in ideographs)
    sensible = frequent >= 2 and 3 * frequent >= len(ideographs) and 2 * len(ideographs) > len(beyond_ascii)
    return text if sensible else None


def _inert(text: str) -> Iterator[str]:
    """Each character of the text, as it is or as an escape."""
    # Combining marks that what stands before has room for. At the beginning and behind an escape there
    # is nothing of this text for a mark to sit on: it would fall on what we wrote there.
    room = hashes = 0
    for character in text:
        mark = unicodedata.category(character)[0] == "M"
        command = character == "[" and hashes > 1
        hashes = hashes + 1 if character == "#" else 0
        if command or character in _UNSEEN or not character.isprintable() or (mark and not room):
            room = 0
            yield _escape(character)
        else:
            room = room - 1 if mark else _MOST_MARKS
            yield character


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _joined(pieces: Iterable[str], total: int, limit: int | None) -> str:
    """The pieces, one for each of `total` characters, as far as the limit allows."""
    shown: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if limit is not None and length > limit:
            cut = total - len(shown)
            return f"{''.join(shown)}… (+{cut} character{'' if cut == 1 else 's'})"
        shown.append(piece)
    return "".join(shown)
