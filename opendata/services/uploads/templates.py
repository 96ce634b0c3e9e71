"""The empty table to fill in, made from the model: instructions, drop-downs and examples in the reader's language."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from openpyxl.utils import get_column_letter
from sqlalchemy import select

from opendata.catalog.upload_columns import KEYS, SHEET_TITLES, SHEETS, Column, choices, columns
from opendata.catalog.values import Text
from opendata.export.workbooks import LISTS, Look, OutCell, OutSheet, write_workbook
from opendata.reading.sheets.tables import EXAMPLE_PREFIX
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, may
from opendata.store.organizations import Organization

_WORDS = {
    "title": Text(kk="Нұсқаулық", ru="Инструкция", en="Instructions", original="en"),
    "column": Text(kk="Баған", ru="Столбец", en="Column", original="en"),
    "sheet": Text(kk="Парақ", ru="Лист", en="Sheet", original="en"),
    "meaning": Text(kk="Не жазу керек", ru="Что писать", en="What to write", original="en"),
    "needed": Text(kk="Міндетті", ru="Обязательно", en="Required", original="en"),
    "yes": Text(kk="иә", ru="да", en="yes", original="en"),
    "example": Text(kk="Мысал", ru="Пример", en="Example", original="en"),
}
_STEPS = (
    Text(kk="1. Бір жол — бір жазба. Бірінші парақ жеткілікті; қалғандары қажет болса.",
         ru="1. Одна строка — одна запись. Достаточно первого листа; остальные по необходимости.",
         en="1. One row is one dataset. The first sheet is enough; the others are for more detail.", original="en"),
    Text(kk=f"2. «{EXAMPLE_PREFIX}» деп басталатын жолдар — мысал, олар жарияланбайды.",
         ru=f"2. Строки, которые начинаются с «{EXAMPLE_PREFIX}», — примеры, они не публикуются.",
         en=f"2. Rows that begin with “{EXAMPLE_PREFIX}” are examples and are not published.", original="en"),
    Text(kk="3. Зерттеулер, шарттар және міндеттемелер — өз парақтарында; оларды тіркеу нөмірі байланыстырады.",
         ru="3. Исследования, договоры и обязательства — на своих листах; их связывает регистрационный номер.",
         en="3. Studies, contracts and what is owed have their own sheets; the register number ties them together.",
         original="en"),
    Text(kk="4. Файлдар болса, оларды осы кестемен бірге бір zip архивіне салыңыз.",
         ru="4. Если есть файлы, положите их вместе с этой таблицей в один архив zip.",
         en="4. Put files together with this table into one zip archive.", original="en"),
    Text(kk="5. Алдымен тексеріңіз: ештеңе жарияланбайды, қателері бар жолдар осындай кесте болып қайтады.",
         ru="5. Сначала проверьте: ничего не публикуется, строки с ошибками вернутся такой же таблицей.",
         en="5. Check first: nothing is published, and rows with errors come back as such a table.", original="en"),
    Text(kk="6. Сол кестені қайта жүктесеңіз, өзгергені ғана жаңарады.",
         ru="6. Если загрузить ту же таблицу снова, обновится только изменённое.",
         en="6. Upload the same table again and only what changed is updated.", original="en"),
)  # fmt: skip


def write_template(catalogue: Catalogue, actor: Actor, path: Path, language: str, organization: str = "") -> None:
    """Write the table to `path`: CSV where its name ends so, else XLSX. `organization` (a slug) limits the agencies
    offered to that one; without it they are those for which the actor may publish.
    """
    if path.suffix.lower() == ".csv":
        _write_csv(path, language)
        return
    lists = _Lists()
    agencies = _agencies(catalogue, actor, language, organization)
    filled = [_sheet(kind, language, lists, agencies) for kind in SHEETS]
    offered = OutSheet(LISTS, lists.rows(), heading=0, hidden=True)
    write_workbook(path, [*filled, _instructions(language), offered])


class _Lists:
    """The values of every drop-down, a column each."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, ...], str] = {}

    def column(self, values: tuple[str, ...]) -> tuple[str, int]:
        """Where the values stand: the letter of their column, and how many there are."""
        letter = self._columns.setdefault(values, get_column_letter(len(self._columns) + 1))
        return letter, len(values)

    def rows(self) -> list[Sequence[OutCell]]:
        """The sheet of all values."""
        longest = max((len(values) for values in self._columns), default=0)
        return [
            [OutCell(values[n]) if n < len(values) else OutCell("") for values in self._columns] for n in range(longest)
        ]


def _in_template(kind: str, *, alone: bool = False) -> list[Column]:
    """The columns to fill in: of those with languages, one for each language; not those that nobody fills in. A sheet
    that stands `alone` has those of its study as well.
    """
    several = {column.base for column in columns(kind) if column.language}
    filled = [one for one in columns(kind) if one.kind != "ignored" and (alone or not one.of)]
    return [one for one in filled if one.language or one.base not in several]


def _sheet(kind: str, language: str, lists: _Lists, agencies: tuple[str, ...]) -> OutSheet:
    shown = _in_template(kind)
    sheet = OutSheet(str(SHEET_TITLES[kind].show(language)))
    sheet.rows.append([_heading(column, language) for column in shown])
    sheet.rows.append([OutCell(value, Look.EXAMPLE) for value in _example(kind, shown)])
    for number, column in enumerate(shown, 1):
        values = agencies if column.kind == "organization" else choices(column.vocabulary, language)
        if values:
            sheet.choices[number] = lists.column(values)
    return sheet


def _heading(column: Column, language: str) -> OutCell:
    look = Look.REQUIRED if column.required else Look.HEADING
    return OutCell(str(column.heading.show(language)), look, str(column.help.show(language)))


def _example(kind: str, shown: list[Column]) -> list[str]:
    return [f"{EXAMPLE_PREFIX}{one.example}" if one.name == KEYS[kind] else one.example for one in shown]


def _instructions(language: str) -> OutSheet:
    sheet = OutSheet(str(_WORDS["title"].show(language)), heading=0, width=44)
    sheet.rows += [[OutCell(str(step.show(language)))] for step in _STEPS]
    sheet.rows.append([])
    named = ("sheet", "column", "meaning", "needed", "example")
    sheet.rows.append([OutCell(str(_WORDS[name].show(language)), Look.HEADING) for name in named])
    for kind in SHEETS:
        for column in _in_template(kind):
            needed = str(_WORDS["yes"].show(language)) if column.required else ""
            said = (SHEET_TITLES[kind].show(language), column.heading.show(language), column.help.show(language))
            sheet.rows.append([*(OutCell(str(one)) for one in said), OutCell(needed), OutCell(column.example)])
    return sheet


def _agencies(catalogue: Catalogue, actor: Actor, language: str, slug: str) -> tuple[str, ...]:
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Organization).where(Organization.state == "active").order_by(Organization.slug))
        mine = [row for row in rows if may(actor, Right.EDIT_RECORDS, row.id) and slug in ("", row.slug)]
        return tuple(str(row.title.show(language)) for row in mine)


def _write_csv(path: Path, language: str) -> None:
    """One sheet, with the byte order mark and semicolons by which Excel here opens CSV as a table."""
    shown = _in_template("datasets", alone=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([column.heading.show(language).value for column in shown])
        writer.writerow(_example("datasets", shown))
