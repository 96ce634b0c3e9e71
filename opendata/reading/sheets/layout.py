"""Where the table stands in somebody's sheet: headings of one line or two, and rows that are no records.

Agencies write a title above their tables, merge headings over two lines, number the columns below them, break the table
with sections, sum it up, and sign it. None of that is a record, and none of it may become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from opendata.catalog.normalise import clean_text
from opendata.catalog.upload_columns import SHEET_TITLES, SHEETS, Column, plain
from opendata.catalog.upload_headings import Told, sure
from opendata.reading.spreadsheet import SheetCells, SheetRow

HEADING_WITHIN = 20
"""Filled rows among which the headings are looked for: agencies write a title above their tables."""
MOST_HEADINGS = 500
"""Columns whose headings are looked at."""
SHEET_KINDS = "sheets"
"""The key under which people's answers tell the kind of a sheet, by its folded name: "" leaves the sheet out."""
Answers = Mapping[str, Told]
"""What people said, by kind of sheet: see opendata.catalog.upload_headings.Told, and SHEET_KINDS."""

_NEEDED = {
    "datasets": ("title",),
    "files": ("dataset", "file"),
    "people": ("dataset", "person"),
    "contracts": ("register_number", "contract_number"),
    "deliverables": ("register_number", "kind"),
    "studies": ("register_number",),
}
"""In the order in which a tie is decided: a register number and a title alone make no study."""
_TOTAL = re.compile(
    r"(?:итого|всего|барлығы|жиыны|жиынтығы|total|grand total|sum)(?:\s+(?:по|за|на|of|for)\s.*)?\s*:?\Z"
)
_NOTE = re.compile(r"(?:\*|примечани[ея]|прим\.|ескерту|ескертпе|notes?\b\s*[:.]|источники?\s*:|дереккөз)")
_SIGNATURE = re.compile(
    r"(?:исп(?:олнитель)?\s*[.:]|орындаған|орынд\.|тел(?:ефон)?\s*[.:]|(?:и\.?\s?о\.?\s)?(?:руководитель|директор|начальник"
    r"|заместитель|председатель|министр|вице-министр|главный|басшы|бастық|басқарма|департамент)\b|подпись|м\.?\s?п\.?\Z"
    r"|согласовано|утвержда|келісілді|бекіт|составил|дата\s+составления|қолы|prepared by|signature)"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The headings of a sheet: `row` is the last line of them, a heading of two lines is "above: below"."""

    kind: str
    row: int
    headings: tuple[str, ...]


def head_of(sheet: SheetCells, answers: Answers) -> Head | None:
    """The headings: the lines that name most columns of one kind, all needed ones among them; None where there are none
    or somebody said to leave the sheet out.
    """
    told = answers.get(SHEET_KINDS, {}).get(plain(sheet.name))
    if told == "":
        return None
    told = told if told in SHEETS else None
    kinds = (told,) if told else tuple(_NEEDED)
    best: tuple[tuple[int, int], Head] | None = None
    for place, headings in _candidates(sheet):
        for kind in kinds:
            score = _score(kind, sheet.name, headings, answers.get(kind, {}), needed=not told)
            if score and (best is None or score > best[0]):
                best = score, Head(kind, place, headings)
    if best is None and told:
        return _first_words(sheet, told)
    return best[1] if best else None


def _candidates(sheet: SheetCells) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each of the first rows as headings, then with the row below it as their second line."""
    rows = sheet.rows[: HEADING_WITHIN + 1]
    for above, below in zip(rows, [*rows[1:], None], strict=True):
        yield above.number, _line(above)
        if below is not None and below.number == above.number + 1:
            lines = _two_lines(sheet, above, below)
            if lines:
                yield below.number, lines


def _line(row: SheetRow) -> tuple[str, ...]:
    return tuple(clean_text(cell)[0] for cell in row.cells[:MOST_HEADINGS])


def _two_lines(sheet: SheetCells, above: SheetRow, below: SheetRow) -> tuple[str, ...]:
    """Both lines put together; () where the upper one spans no columns of the lower one."""
    first, second = _line(above), _line(below)
    first += ("",) * (len(second) - len(first))
    second += ("",) * (len(first) - len(second))
    wide = [
        (left, right) for top, left, bottom, right in sheet.merged if top == bottom == above.number and right > left
    ]
    spans = {number: left for left, right in wide for number in range(left + 1, right + 1)}
    if not spans and not _has_gaps(first, second):
        return ()
    made, over = [], ""
    for number, (upper, lower) in enumerate(zip(first, second, strict=True), 1):
        merged = first[spans[number] - 1] if number in spans and spans[number] <= len(first) else ""
        over = upper or merged or (over if lower and not sheet.merged else "")
        made.append(f"{over}: {lower}" if over and lower and over != lower else over or lower)
    return tuple(made)


def _has_gaps(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the second line fills what the first leaves empty, and the first fills what the second does."""
    pairs = list(zip(first, second, strict=True))
    return any(lower and not upper for upper, lower in pairs) and any(upper and not lower for upper, lower in pairs)


def _score(kind: str, name: str, headings: Sequence[str], told: Told, *, needed: bool) -> tuple[int, int] | None:
    """Whether the sheet is called so, and how many columns are named; None where it cannot be of that kind."""
    found = [sure(kind, heading, told) for heading in headings if heading]
    names = {column.base for column in found if column and column.kind != "ignored"}
    own = {column.base for column in found if column and column.kind != "ignored" and not column.of}
    # One known word among other words is a sentence or a list of columns, not the head of a table; unless somebody said
    # of that very word that it is a heading without which there are no records.
    alone = sum(1 for heading in headings if heading) == 1
    said = [sure(kind, heading, told) for heading in headings if heading and plain(heading) in told]
    is_told = len(said) > 1 or any(column and column.base in _NEEDED[kind] for column in said)
    several = alone or len(names) > 1 or is_told
    if not names or (needed and not (several and names.issuperset(_NEEDED[kind]))):
        return None
    called = plain(name) in {plain(title.value) for title in SHEET_TITLES[kind].values()}
    return int(called), len(own)


def _first_words(sheet: SheetCells, kind: str) -> Head | None:
    """The first row with several words, of a sheet whose kind somebody told and whose headings nobody knows."""
    for row in sheet.rows[:HEADING_WITHIN]:
        words = [cell for cell in _line(row) if any(letter.isalpha() for letter in cell)]
        if len(words) > 1:
            return Head(kind, row.number, _line(row))
    return None


class Body:
    """The rows below the headings, and which of them are no records."""

    def __init__(self, sheet: SheetCells, head: Head, columns: Sequence[Column | None]) -> None:
        self._columns = columns
        lines = [part for heading in head.headings if heading for part in (heading, *heading.split(": "))]
        self._parts = {" ".join(part.split()).casefold() for part in lines}
        self._wide = {top for top, left, bottom, right in sheet.merged if right > left and top == bottom}
        counts = {row.number: len(_filled(row.cells)) for row in sheet.rows if row.number > head.row}
        most = max(counts.values(), default=0)
        self._typical = median([count for count in counts.values() if count >= most / 2] or [0])
        full = [number for number, count in counts.items() if count >= max(min(2, self._typical), self._typical / 2)]
        self._last_full = max(full, default=0)
        self._gap = next((n for n in range(self._last_full + 1, self._last_full + 3) if n not in counts), 0)

    def verdict(self, number: int, raw: Sequence[str]) -> str:
        """Why a row is no record: heading, numbering, total_row or note_row; "" for a record."""
        cells = _filled(raw)
        if not cells:
            return ""
        texts = [text.casefold() for _, text in cells]
        if len(texts) > 1 and self._parts.issuperset(texts):
            return "heading"
        if _is_numbering(texts):
            return "numbering"
        if any(_TOTAL.match(text) for text in texts[:2]) and sum(_is_words(text) for text in texts) < 2:
            return "total_row"
        return "note_row" if len(cells) <= 2 and self._is_note(number, cells) else ""

    def _is_note(self, row: int, cells: Sequence[tuple[int, str]]) -> bool:
        """Of a row with one cell or two: a section, a remark, a signature."""
        number, text = cells[0]
        below = row > self._last_full
        if _NOTE.match(text.casefold()) or (below and _SIGNATURE.match(text.casefold())):
            return True
        if below and self._gap and row > self._gap and self._typical >= len(cells) + 2:
            return True
        if len(cells) > 1:
            return False
        column = self._columns[number - 1] if number <= len(self._columns) else None
        if column is None or column.kind == "ignored":
            return len(text.split()) > 1
        return row in self._wide or (column.base not in ("title", "name") and len(text.split()) > 3)


def _filled(cells: Sequence[str]) -> list[tuple[int, str]]:
    return [(number, text) for number, cell in enumerate(cells, 1) if (text := " ".join(cell.split()))]


def _is_numbering(texts: Sequence[str]) -> bool:
    """Whether the cells number the columns: 1, 2, 3 … or А, Б, 1, 2 …"""
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 4]
    letters = [text for text in texts if len(text) == 1 and text.isalpha()]
    return len(numbers) >= 3 and len(numbers) + len(letters) == len(texts) and numbers == list(
        range(1, len(numbers) + 1)
    )  # fmt: skip


def _is_words(text: str) -> bool:
    """Whether it is no number with a unit."""
    return sum(letter.isalpha() for letter in text) > 3 and not text[0].isdigit()
