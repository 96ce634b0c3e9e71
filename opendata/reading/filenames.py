"""Names of files as people gave them: which alphabet the bytes are in, what to skip, what title they suggest."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

_SKIPPED = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information"})
_EXTENSION = re.compile(r"\.(?=[A-Za-z0-9]{1,8}\Z)(?=[0-9]*[A-Za-z])[A-Za-z0-9]+\Z")
_CYRILLIC = re.compile("[а-яёА-ЯЁәіңғүұқөһӘІҢҒҮҰҚӨҺ]")
_CASE_BREAK = re.compile("[а-яё][А-ЯЁ]")
_MIXED = re.compile("[A-Za-z][а-яёА-ЯЁ]|[а-яёА-ЯЁ][A-Za-z]")
_NO_MARKUP = str.maketrans("<>", "()")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def decoded_name(raw: bytes) -> str:
    """`raw` as text: UTF-8, else CP866 or CP1251 by which of them reads as Russian, else CP437. In NFC."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = max((raw.decode(name, errors="replace") for name in ("cp866", "cp1251")), key=_likeness)
        if _likeness(text) <= 0:
            text = raw.decode("cp437")
    return unicodedata.normalize("NFC", text)


def is_skipped(path: str) -> bool:
    """Whether a part of `path` is hidden, a lock file of an office program, or litter of an operating system."""
    parts = path.split("/")
    return any(part.startswith((".", "~$", "._")) or part.lower() in _SKIPPED for part in parts if part)


def stem(path: str) -> str:
    """`path` without the extension of its last part: what the files of one record have in common."""
    folder, slash, name = path.rpartition("/")
    shorter = _EXTENSION.sub("", name)
    return folder + slash + (shorter or name)


def extension(path: str) -> str:
    """The extension in lower case, without its dot; "" where there is none."""
    match = _EXTENSION.search(path.rpartition("/")[2])
    return match.group(0)[1:].lower() if match else ""


def shown(path: str) -> str:
    """`path` fit for a message and for the store: no control or direction-changing characters, no lone surrogates."""
    return _CONTROL.sub("�", path).encode("utf-8", errors="replace").decode("utf-8")


def title_from(path: str) -> str:
    """What the last part of `path` suggests as a title: words instead of underscores, no extension."""
    name = stem(path).rpartition("/")[2]
    name = unquote(name, errors="strict") if re.search("%[0-9A-Fa-f]{2}", name) and _unquotes(name) else name
    # A title may hold markup, which is taken out; in a file's name these signs mean nothing.
    name = re.sub(r"[_+<>]+", " ", shown(name))
    if " " not in name:
        name = re.sub(r"(?<=\w)-(?=\w)", " ", name)
    return " ".join(name.split()).strip(" .-") or shown(path).translate(_NO_MARKUP)


def _unquotes(name: str) -> bool:
    try:
        unquote(name, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _likeness(text: str) -> float:
    """How much `text` reads as Russian: letters count for it, other signs, mixed words and odd capitals against it."""
    strange = sum(1 for sign in text if ord(sign) > 127 and not _CYRILLIC.match(sign) and sign not in "№«»—–")
    odd = strange + len(_CASE_BREAK.findall(text)) + len(_MIXED.findall(text))
    return len(_CYRILLIC.findall(text)) - 2 * odd
