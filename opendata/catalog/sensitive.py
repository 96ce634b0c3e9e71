"""What must not be public in a file, told from its text: marks of restricted use, personal numbers, lists of contacts.

Pure: text in, findings out. What a finding quotes is masked, so that it may be shown and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opendata.catalog import sensitive_marks, sensitive_people
from opendata.catalog.cell_names import cell_name
from opendata.catalog.values import Disclosure, DisclosureStatus, Text

VERSION = 1
"""Raised whenever the same text gives other findings; every file is then looked at again."""

FIRST_PAGES = 3
"""Pages on which a mark is looked for."""
FIRST_ROWS = 20
"""Filled rows of a sheet in which a mark, and the headings, are looked for."""
MOST_FINDINGS = 50
"""Findings of one file; a list of a thousand persons is told as such by the first of them."""

RESTRICTED, PERSONAL_NUMBERS, CONTACT_LIST = "restricted", "personal_numbers", "contact_list"
BLOCKING = frozenset((RESTRICTED,))
"""Findings that keep a file from the public until somebody answers for it; the others are warnings."""

HELD = Disclosure(
    DisclosureStatus.WITHHELD,
    reason=Text(
        kk="Файл жарияланбас бұрын тексеріліп жатыр.",
        ru="Файл проверяется, прежде чем его откроют.",
        en="The file is being looked at before it is opened.",
        original="en",
    ),
)
"""What the public is told of a file that is held: not what was found."""


def standing(disclosure: Disclosure, *, held: bool, unread: bool = False) -> Disclosure:
    """The disclosure of a file as it stands for readers: one that is held is withheld, whatever its source says.

    So is one that its source calls open and that nobody has looked at yet (`unread`).
    """
    closed = disclosure.status in (DisclosureStatus.WITHHELD, DisclosureStatus.EMBARGOED)
    for_good = disclosure.status is DisclosureStatus.WITHHELD and disclosure.until is None
    return HELD if (held and not for_good) or (unread and not closed) else disclosure


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `place` is "page 3", "Sheet1!C7" or "" for the whole; `excerpt` a masked quotation."""

    code: str
    place: str
    excerpt: str

    @property
    def blocks(self) -> bool:
        """Whether it keeps the file from the public."""
        return self.code in BLOCKING


def in_pages(pages: Sequence[str]) -> list[Finding]:
    """What the pages of a document hold: marks on the first ones, persons on all."""
    found = [
        Finding(RESTRICTED, f"page {mark.page}", quoted(mark.line))
        for mark in sensitive_marks.marks(pages[:FIRST_PAGES])
    ]
    for number, page in enumerate(pages, 1):
        found += [Finding(code, f"page {number}", excerpt) for code, excerpt in sensitive_people.in_text(page)]
        if len(found) >= MOST_FINDINGS:
            break
    return found[:MOST_FINDINGS]


def in_sheet(
    name: str, rows: Iterable[tuple[int, Sequence[str]]], *, known: frozenset[int] = frozenset()
) -> list[Finding]:
    """What a sheet holds. `rows` are the filled ones with their numbers; `known` columns (from 0) are contacts that are
    meant for the public, such as those of our own template: there only an ИИН is looked for.
    """
    table = [(number, tuple(cells)) for number, cells in rows]
    found = []
    marked = sensitive_marks.in_rows([cells for _, cells in table[:FIRST_ROWS]])
    if marked:
        at, column, line = marked
        found.append(Finding(RESTRICTED, _place(name, column, table[at][0]), quoted(line)))
    columns = _columns(table, known)
    for column, (code, row, excerpt) in columns.items():
        found.append(Finding(code, _place(name, column, row), excerpt))
    found += _scattered(name, table, frozenset(columns))
    return found[:MOST_FINDINGS]


def _columns(table: Sequence[tuple[int, Sequence[str]]], known: frozenset[int]) -> Mapping[int, tuple[str, int, str]]:
    """Columns of persons: code, number of the row of the heading, excerpt."""
    found: dict[int, tuple[str, int, str]] = {}
    for at, (number, cells) in enumerate(table[:FIRST_ROWS]):
        for column, code in sensitive_people.headings(cells).items():
            if column in found or (column in known and code == CONTACT_LIST):
                continue
            below = (row[column] for _, row in table[at + 1 :] if column < len(row))
            excerpt = sensitive_people.column(code, below)
            if excerpt:
                found[column] = (code, number, excerpt)
    return found


def _scattered(name: str, table: Sequence[tuple[int, Sequence[str]]], told: frozenset[int]) -> Iterator[Finding]:
    """Every ИИН in a cell of a column that was not told of as a whole; the first one of a column alone."""
    seen = set(told)
    for number, cells in table:
        for column, cell in enumerate(cells):
            if column not in seen and len(cell) >= 12:
                numbers = list(sensitive_people.personal_numbers(cell))
                if numbers:
                    seen.add(column)
                    yield Finding(PERSONAL_NUMBERS, _place(name, column, number), sensitive_people.masked(numbers[0]))


def _place(sheet: str, column: int, row: int) -> str:
    """The cell as spreadsheets call it; `column` from 0."""
    cell = cell_name(column + 1, row)
    return f"{sheet}!{cell}" if sheet else cell


def quoted(line: str) -> str:
    """The line of a mark, short."""
    words = " ".join(line.split())
    return words if len(words) <= 120 else words[:119] + "…"
