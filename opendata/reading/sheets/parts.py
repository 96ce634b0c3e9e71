"""Which rows belong together: those of other sheets to the dataset that they name; and which say one thing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opendata.catalog.normalise import folded
from opendata.catalog.upload_columns import KEYS, SHEET_TITLES
from opendata.catalog.upload_problems import CellProblem
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import EXAMPLE_PREFIX, Row, Table


def rows_of(tables: Sequence[Table], kind: str, general: list[CellProblem]) -> list[Row]:
    """The rows of all sheets of a kind; the examples of the template are left out, and said in `general`."""
    found: list[Row] = []
    for table in tables:
        for row in table.rows if table.kind == kind else ():
            if row.get(KEYS[kind]).upper().startswith(EXAMPLE_PREFIX):
                general.append(row.problem("example_row"))
            else:
                found.append(row)
    return found


class Parts:
    """The rows of the other sheets, by the dataset that they name: by its identifier, DOI or title."""

    def __init__(
        self, rows: Sequence[Row], tables: Sequence[Table], general: list[CellProblem], strays: list[Row]
    ) -> None:
        """`rows` are those of the datasets; what belongs to none of them is added to `strays`."""
        self._names: dict[str, list[Row]] = {}
        for row in rows:
            for name in {folded(row.get(column)) for column in ("identifier", "doi", *_TITLES)} - {""}:
                self._names.setdefault(name, []).append(row)
        self._parts: dict[tuple[int, str], list[Row]] = {}
        for kind in ("files", "people"):
            strays += [part for part in rows_of(tables, kind, general) if not self._belongs(part, kind)]

    def of(self, row: Row, kind: str) -> list[Row]:
        """The rows of that sheet which speak of the dataset."""
        return self._parts.get((id(row), kind), [])

    def _belongs(self, part: Row, kind: str) -> bool:
        for name in ("dataset", "file" if kind == "files" else "person"):
            if not part.get(name):
                part.problems.append(part.problem("required", name))
        named = self._names.get(folded(part.get("dataset")), [])
        if len(named) == 1:
            self._parts.setdefault((id(named[0]), kind), []).append(part)
            return True
        if part.get("dataset"):
            part.problems.append(part.problem("dataset_ambiguous" if named else "dataset_missing", "dataset"))
        return False


_TITLES = ("title", "title_kk", "title_ru", "title_en")


def mark_repeated(drafts: Sequence[Draft]) -> None:
    """Two rows with one key, or one DOI, are an error on both: nobody can tell which was meant."""
    groups: dict[str, list[tuple[Draft, str]]] = {}
    for one in drafts:
        keys = {one.key: _key_column(one)} if one.key else {}
        for given in one.record.identifiers:
            if given.scheme == "doi":
                keys[f"doi:{given.value}"] = "doi"
        for key, column in keys.items():
            groups.setdefault(key, []).append((one, column))
    for group in groups.values():
        for one, column in group if len(group) > 1 else ():
            others = [str(other.row.number) for other, _ in group if other is not one]
            shown = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
            value = one.row.get(column) or one.key
            one.row.problems.append(one.row.problem("repeated", column, value=value, other=shown))


def _key_column(one: Draft) -> str:
    """The column to point at when the key of the row is repeated."""
    named = one.key.partition(":")[0]
    columns: Mapping[str, Sequence[str]] = {"doi": ("doi",), "report": ("register_number",), "title": _TITLES}
    if one.record.identifier:
        return "identifier"
    return next((column for column in columns.get(named, ()) if one.row.get(column)), "")


def mark_broken_parts(drafts: Sequence[Draft]) -> None:
    """An error in a row of another sheet keeps its dataset back, which says so itself."""
    for one in drafts:
        broken = next((part for part in one.parts if any(problem.is_error for problem in part.problems)), None)
        if broken is not None:
            sheet = broken.sheet or str(SHEET_TITLES[broken.kind].show("en"))
            problem = CellProblem(
                "part_broken", one.row.sheet, one.row.number, filled={"sheet": sheet, "other": str(broken.number)}
            )
            one.row.problems.append(problem)


def mark_without_key(drafts: Sequence[Draft]) -> None:
    """A row that only its title tells from others is a new record when its title is mended."""
    for one in drafts:
        if one.key.startswith("title:"):
            one.row.problems.append(one.row.problem("no_key", "identifier"))
