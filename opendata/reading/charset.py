"""Text of unknown charset to Unicode, for the charsets that Kazakh and Russian files really come in.

UTF-8 and UTF-16 are told by their own structure. Among the single-byte Cyrillic charsets the letters decide: read in
the wrong one, common letters become rare ones and the case of letters changes inside words. charset-normalizer is asked
only for what is left (Western and Central European charsets).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

SAMPLE = 64 * 1024
"""Bytes that a guess is made from."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HANDICAPS = {"cp1251": 0.0, "ptcp154": 0.01, "koi8-r": 0.01, "cp866": 0.02, "iso8859-5": 0.05, "mac-cyrillic": 0.08}
"""Cyrillic charsets, each with how much better than the commonest one it must read: rarer ones need a better proof."""
_EUROPEAN_CHARSETS = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2", "iso8859_9"]
_SIGN_IN_WORD = re.compile(r"[^\W\d_][¢£¤¥¦ª¬¯°±²³¹º¼½¾¿][^\W\d_]")
_DECLARED = re.compile(rb"""(?:charset\s*=\s*|encoding\s*=\s*)["']?([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_FREQUENT = frozenset("оеаинтсрвлкыдм")
_COMMON = _FREQUENT | frozenset("пуяьгзбчйхжшюцңғүұқөһәі")
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH = 0.75
"""The score of a Cyrillic text read in its own charset is above this (0.85 and more on real documents)."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and the Python name of the charset that it was in."""

    text: str
    encoding: str


def declared_in(data: bytes) -> str:
    """The charset that an HTML or XML file names in its first two kilobytes, "" for none or an unknown one."""
    found = _DECLARED.search(data[:2048])
    name = found.group(1).decode("ascii") if found else ""
    try:
        "".encode(name or "ascii")
    except (LookupError, UnicodeError):
        return ""
    return name


def decode(data: bytes, declared: str = "") -> Decoded | None:
    """`data` as text with "\\n" line ends, bytes without meaning as U+FFFD; None where it is not text at all.

    `declared` is believed only where the bytes themselves leave it open: declarations are wrong too often.
    """
    encoding = guess(data, declared)
    if encoding is None:
        return None
    text = data.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return Decoded(text.removeprefix("\ufeff"), encoding)


def guess(data: bytes, declared: str = "") -> str | None:
    """The charset of `data`, from 64 KB of it; None where those are not text."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding if _is_clean(data[:SAMPLE].decode(encoding, "replace")) else None
    if zeros := data[:SAMPLE].count(0):
        wide = _utf16_without_mark(data[:SAMPLE])
        if wide or zeros > len(data[:SAMPLE]) // 100:
            return wide
    # A page may begin with kilobytes of plain ASCII: the guess is made from where other bytes begin.
    high = _HIGH.search(data)
    start = max(0, high.start() - SAMPLE // 2) if high and high.start() > SAMPLE // 2 else 0
    sample = data[start : start + SAMPLE].replace(b"\0", b"")
    if _is_utf8(sample, whole=start + SAMPLE >= len(data)):
        return "utf-8" if _is_clean(sample.decode("utf-8", "ignore")) else None
    if not _is_clean(sample.decode("latin-1")):
        return None
    return _cyrillic(sample) or _believed(sample, declared) or _other(sample)


def _is_utf8(sample: bytes, *, whole: bool) -> bool:
    """Whether it is UTF-8 but for a character cut off at the end of the sample and one slip in a thousand bytes."""
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(sample) - 3:
            return True
    else:
        return True
    text = sample.decode("utf-8", "replace")
    return text.count("\ufffd") * 1000 < len(sample) and sum(map(str.isalpha, text)) > len(text) // 4


def _utf16_without_mark(sample: bytes) -> str | None:
    sample = sample[: len(sample) // 2 * 2]
    best = max(("utf-16-le", "utf-16-be"), key=lambda name: _plain_share(sample.decode(name, "replace")))
    return best if _plain_share(sample.decode(best, "replace")) > 0.9 else None


def _plain_share(text: str) -> float:
    """The share of characters that are Latin, Cyrillic, digits, punctuation or white space."""
    plain = sum(1 for c in text if "\u0020" <= c < "\u024f" or "\u0400" <= c < "\u0530" or c in "\t\r\n\ufeff№–—“”«»…")
    return plain / len(text) if text else 0.0


def _is_clean(text: str) -> bool:
    """Whether there are next to no control characters: at most one in two hundred."""
    control = sum(1 for c in text if c < " " and c not in "\t\n\r\f\x1a\x1b")
    return control * 200 <= len(text)


def _cyrillic(sample: bytes) -> str | None:
    """The single-byte charset in which the letters above ASCII read as Kazakh or Russian best; None if in none."""
    runs = _HIGH_RUN.findall(sample)
    # Bytes above ASCII that stand alone are accents or typographic signs, whatever letters they could be.
    if sum(map(len, runs)) < 2 * len(runs) or not runs:
        return None
    scores = {name: cyrillic_score(sample.decode(name, "replace")) - cost for name, cost in _HANDICAPS.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _ENOUGH else None


def cyrillic_score(text: str) -> float:
    """0 to 1: how far the letters beyond ASCII are common Cyrillic ones in words of regular case."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(map(len, words))
    if not letters:
        return 0.0
    common = sum((c in _FREQUENT) + (c in _COMMON) for word in words for c in word.lower()) / 2
    regular = sum(len(word) for word in words if word.islower() or word.isupper() or word[1:].islower())
    # A word of two scripts, or a lone symbol among the letters, is what a wrong charset gives.
    foreign = sum(1 for word in words for c in word if not ("\u0400" <= c < "\u0530"))
    strange = sum(1 for c in text if c > "\x7f" and not c.isalpha() and c not in "№–—“”„«»…°±§©·\u00a0•’‘\u00ad")
    return max(0.0, (0.5 * common + 0.5 * regular - foreign - strange) / letters)


def _believed(sample: bytes, declared: str) -> str | None:
    if declared and sample.decode(declared, "replace").count("\ufffd") * 100 <= len(sample):
        return declared
    return None


def _other(sample: bytes) -> str | None:
    """cp1252 unless it puts signs inside words, which are letters of another European charset then."""
    western = sample.decode("cp1252", "replace")
    if _reads_well(western) and not _SIGN_IN_WORD.search(western):
        return "cp1252"
    best = from_bytes(sample[:8192], cp_isolation=_EUROPEAN_CHARSETS).best()
    if best is not None and _reads_well(sample.decode(best.encoding, "replace")):
        return best.encoding
    return "cp1252" if _reads_well(western) else None


def _reads_well(text: str) -> bool:
    """Whether it is mostly letters, digits and ordinary punctuation with few stray symbols above ASCII."""
    strange = sum(1 for c in text if c > "\x7f" and not c.isalpha())
    letters = sum(map(str.isalnum, text))
    return letters * 3 >= len(text) and strange * 10 <= len(text)
