"""Makes every file of the demonstration content again: `python -m opendata.demo.make_files [FOLDER]`.

The result is committed in `opendata/demo/files`. Needs the `test` extras (reportlab, Pillow) and the DejaVu fonts of
the operating system; nothing of it is needed to load the content.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from opendata.demo.making import markup, office, pages, scan, tables

_HERE = Path(__file__).parent
_TEXTS = _HERE / "content"


def make_files(folder: Path) -> None:
    """Write all files into `folder`, which must exist."""
    for name, rows in tables.TABLES.items():
        _csv(rows(), folder / name)
    _glossary(folder)
    _workbooks(folder)
    for name in ("frost", "air"):
        text = json.dumps(tables.posts(name), ensure_ascii=False, indent=1)
        (folder / f"{name}-posts.geojson").write_text(text + "\n", encoding="utf-8")
    for path in sorted((_TEXTS / "reports").glob("*.txt")):
        document = markup.read(path)
        if document.head.get("format") == "docx":
            office.write_docx(document, folder / f"{path.stem}.docx")
        else:
            pages.write(document, folder / f"{path.stem}.pdf")
    scan.write((_TEXTS / "field-log.txt").read_text(encoding="utf-8"), "Полевой журнал", folder / "field-log-1987.pdf")
    (folder / "README-balkhash.txt").write_bytes((_TEXTS / "README-balkhash.txt").read_bytes())


def _csv(rows: tables.Rows, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)


def _glossary(folder: Path) -> None:
    (folder / "glossary.csv").write_bytes((_TEXTS / "glossary.csv").read_bytes())


def _workbooks(folder: Path) -> None:
    made = tables.TABLES
    levels, accidents = made["balkhash-v2.csv"](), made["school-bus-accidents.csv"]()
    office.write_xlsx({"Деңгей": levels}, "Балқаш көлінің деңгейі мен тұздылығы", folder / "balkhash-v2.xlsx")
    causes = sorted({str(row[7]) for row in accidents[1:]})
    counts: tables.Rows = [["cause", "cases"]]
    counts += [[cause, sum(row[7] == cause for row in accidents)] for cause in causes]
    sheets = {"Оқиғалар": accidents, "Себептер": counts}
    office.write_xlsx(sheets, "Мектеп автобустарының апаттары", folder / "school-bus-accidents.xlsx")
    office.write_xlsx(
        {"Урожайность": made["wheat-yields.csv"]()}, "Урожайность яровой пшеницы", folder / "wheat-yields.xlsx"
    )


if __name__ == "__main__":
    make_files(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE / "files")
