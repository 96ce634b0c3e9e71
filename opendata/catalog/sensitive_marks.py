"""Marks of restricted use and secrecy on the first pages of a document: told from prose that talks about secrecy.

A mark is a stamp: it stands alone on its line, or beside the number of the copy; it is no list item and no sentence.
Letters are compared as they look, so that Latin ones, spaced-out capitals, Kazakh without its letters and what optical
recognition makes of an О do not hide a stamp.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from opendata.catalog.tables import table

MOST_LINES = 400
"""Lines of a page that are looked at: a format without pages is one page of any length."""
TOP = 14
"""Lines from the top of a page where a word is a stamp; what stands in the corner may come out as several lines."""
VERY_TOP = 6
LAST = 3
"""Lines at the end of a page: a stamp in a text frame often comes out after everything else."""
MOST_MARK = 110
"""Characters of a line that may be a mark."""
_JOINED = 3
"""Lines over which one mark may be broken."""

_LOOKS = str.maketrans("ABCEHIKMOPTXYİ", "АВСЕНИКМОРТХУИ")
_FOLDED = str.maketrans("құүөәңғһіїёйҡӊҳүѓќ", "кууоангхииеикнхугк")
_DIGITS = str.maketrans("0361", "озби")
_COPY = r"(?:эк?з|экземпляр|екз|дана|данасы|нусха|copy)"
# What may stand beside a mark: the number of the copy, "by filling in", a number of the document.
_BESIDE = re.compile(
    rf"\d*{_COPY}(?:n|но|no)?[\dозби]{{0,5}}|единственныи|пои?з?аполнени[июея]|послезаполнения|толтыр\w{{3,14}}|"
    r"снято|сприложени\w{2,4}|на\d+л"
)
_BEFORE = re.compile(r"^(?:гриф(?:секретности|ограничениядоступа)?|степеньсекретности|купиялы[лк]\w{0,12}|пометка)")
_LIST_ITEM = re.compile(r"^\s*(?:[-–—•·*▪]|\d{1,3}[.)]|[а-яa-z]\))\s*|[;:,]\s*$", re.IGNORECASE)
_SPACED = re.compile(r"^\W*(?:\w\s+){4,}\w\W*$")
_TALKS = re.compile(
    r"пометк|надпис|гриф|документ|белгі|белги|штамп|сведени|мәлімет|категори|marked|\bвид", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:№|\bN)\s?[\w/.\- ]{1,28}[-/ ]\s?(?:дсп|қбп|кбп)\.?\W*$", re.IGNORECASE)
_COPY_LINE = re.compile(r"^\W*(?:экз\w*|дана\w*|copy)\W{0,4}(?:№|N|No)?\W{0,3}[\d_]{0,4}\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark: the page (from 1) and the line as it stands there."""

    page: int
    line: str


def marks(pages: Sequence[str]) -> list[Mark]:
    """The marks on `pages`, which are the first ones of a document; one a page at most."""
    found = []
    for number, page in enumerate(pages, 1):
        line = _on_page(page, first=number == 1, early=number <= 2)
        if line:
            found.append(Mark(number, line))
    return found


def in_rows(rows: Sequence[Sequence[str]]) -> tuple[int, int, str] | None:
    """The mark in the first rows of a sheet: row and column (from 0) and the cell. It has its row nearly to itself."""
    for at, row in enumerate(rows):
        filled = [(column, cell) for column, cell in enumerate(row) if cell.strip()]
        copy = any(_COPY_LINE.match(cell) for _, cell in filled)
        for column, cell in filled:
            for line in _lines(cell):
                kind = _kind(line)
                alone = len(filled) == 1 or copy
                near = alone and at < {"word": VERY_TOP, "short": 3}.get(kind, 0)
                if kind == "phrase" or near:
                    return at, column, line
    return None


def _on_page(page: str, *, first: bool, early: bool) -> str:
    """The line that is a mark, "" where there is none."""
    lines = list(_lines(page))[:MOST_LINES]
    copies = {at for at, line in enumerate(lines) if _COPY_LINE.match(line)}
    for at, (line, last) in enumerate(zip(lines, _endings(lines), strict=True)):
        for words in last:
            kind = _kind(words)
            beside = bool(copies & set(range(at - 2, at + len(last) + 2))) or "экз" in _compact(words)
            edge = at < TOP or at >= len(lines) - LAST
            if (
                kind == "phrase"
                or (kind == "word" and early and (edge or beside))
                or (kind == "short" and early and (at < VERY_TOP or beside or words.strip().startswith("(")))
            ):
                return words
        if _at_end(line) or (first and at < TOP and len(line) <= 60 and _NUMBERED.search(line)):
            return line
    return ""


def _endings(lines: Sequence[str]) -> Iterator[list[str]]:
    """For each line: itself, and itself with the lines after it over which a mark may be broken."""
    for at, line in enumerate(lines):
        joined, length = [line], len(line)
        for more in lines[at + 1 : at + _JOINED]:
            length += len(more)
            if length > MOST_MARK:
                break
            joined.append(f"{joined[-1]} {more}")
        yield joined


def _lines(text: str) -> Iterator[str]:
    """The lines, and the parts of lines between which there is a gap or a border of a table; empty ones left out."""
    for line in text[:200_000].splitlines():
        parts = [line] if _SPACED.match(line) else re.split(r"\t|\s{3,}|\|", line)
        for part in parts:
            if part.strip(" \xa0*_#\\"):
                yield part.strip(" \xa0*_#\\")


def _kind(line: str) -> str:
    """What kind of mark the line is: phrase, word, short, or "" for none."""
    if len(line) > MOST_MARK or _LIST_ITEM.search(line) or not _begins_as_one(line):
        return ""
    bare = _BEFORE.sub("", _compact(line))
    found = _pattern().fullmatch(bare)
    if found:
        return next(kind for kind in ("phrase", "word", "short") if found[kind])
    bare = _BESIDE.sub("", bare)
    return "phrase" if any(_is_near(bare, phrase) for phrase in _compacted("phrase") if len(phrase) >= 15) else ""


def _begins_as_one(line: str) -> bool:
    """Whether it may be a stamp: a capital first, and no full stop after words in quotes, which is a sentence's end."""
    letters = [letter for letter in line if letter.isalpha()]
    quoted = line[0] in '«"“„' and line.rstrip()[-1] in ".,"
    return bool(letters) and letters[0].isupper() and not quoted


def _at_end(line: str) -> bool:
    """Whether a phrase ends a short line after something else ("УДК 631.6 Для служебного пользования")."""
    if len(line) > 90 or _LIST_ITEM.search(line):
        return False
    for begin in re.finditer(r"(?<=[\s.,\d])[«\"]?[А-ЯӘҒҚҢӨҰҮҺІA-Z]", line):
        before, rest = line[: begin.start()], line[begin.start() :]
        if len(before) > 45 or _TALKS.search(before) or rest[0] in '«"':
            continue
        found = _pattern().fullmatch(_compact(rest))
        if found and found["phrase"]:
            return True
    return False


def _compact(text: str) -> str:
    """The letters and digits alone, as they look: Cyrillic for what looks so, Kazakh letters as their neighbours."""
    text = unicodedata.normalize("NFKC", text.replace("№", " ")).upper().translate(_LOOKS).lower().translate(_FOLDED)
    text = re.sub(r"(?<=[а-я])[0361]|[0361](?=[а-я])", lambda found: found[0].translate(_DIGITS), text)
    return "".join(letter for letter in text if letter.isalnum())


@cache
def _compacted(kind: str) -> tuple[str, ...]:
    return tuple(sorted({_compact(words) for words in table("restricted_marks")[kind]}, key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    """Marks, one after the other (Kazakh and Russian), with what may stand beside them."""
    kinds = (f"(?P<{kind}>{'|'.join(_compacted(kind))})" for kind in ("phrase", "word", "short"))
    return re.compile(rf"(?:{_BESIDE.pattern})*(?:(?:{'|'.join(kinds)})(?:{_BESIDE.pattern}|\d{{0,6}})*)+")


def _is_near(words: str, mark: str) -> bool:
    """Whether recognition may have made `words` of `mark`: one letter other, two in a long one."""
    most = 2 if len(mark) >= 20 else 1
    if abs(len(words) - len(mark)) > most or words[:1] != mark[:1]:
        return False
    row = list(range(len(mark) + 1))
    for at, letter in enumerate(words, 1):
        last, row[0] = row[0], at
        for place, other in enumerate(mark, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
    return row[-1] <= most
