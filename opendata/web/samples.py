"""Invented values for /-/patterns, so that every component can be looked at in every state without any content."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from opendata.catalog import licenses
from opendata.catalog.records import (
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    DeliverableState,
    ResourceRecord,
    ResourceRole,
    StudyRecord,
    TextInfo,
    TextStatus,
)
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef, PartialDate, Text
from opendata.errors import Problem
from opendata.search.marking import Piece
from opendata.services.results import Card, FileLine, Inside, Passage
from opendata.web.contexts import CardView, Chip, DeliverableRow, FileRow, PatternsContext
from opendata.web.facet_contexts import FacetChoice, FacetView
from opendata.web.listing import pagination
from opendata.web.passages import InsideView, PassageView

_ID = UUID(int=1)
_HERE = "#"
_AGENCY = OrganizationRef(
    slug="sample",
    title=Text(
        kk="Су ресурстары және ирригация министрлігі",
        ru="Министерство водных ресурсов и ирригации",
        en="Ministry of Water Resources and Irrigation",
    ),
)
_TITLE = Text(
    kk="Жайық өзені алабындағы су балансын бағалау",
    ru="Оценка водного баланса бассейна реки Жайык",
    en="Assessment of the water balance of the Zhaiyq river basin",
    original="kk",
)
_ABSTRACT = Text(
    ru="Сводка наблюдений гидропостов за двадцать лет, расчёт потерь на испарение и предложения по попускам.",
    original="ru",
)
_PIECES = (
    Piece("…потери на испарение составили 14 % годового стока, что "),
    Piece("выше прогноза", marked=True),
    Piece(" на три процентных пункта…"),
)


def _file(name: str, kind: str, info: TextInfo, **given: object) -> ResourceRecord:
    return ResourceRecord(
        id=_ID,
        filename=name,
        format=kind,
        byte_size=2_431_000,
        stored=True,
        role=ResourceRole.FINAL_REPORT,
        text=info,
        **given,  # type: ignore[arg-type]
    )


def _row(resource: ResourceRecord, license_id: str) -> FileRow:
    available = resource.disclosure.status is DisclosureStatus.OPEN
    line = FileLine(resource, licenses.verdict(license_id), available=available, inline=available)
    return FileRow(
        line=line,
        read_url=_HERE,
        download_url=_HERE if available else "",
        can_read=available and resource.text.pages_read > 0,
        blocked=None if available else resource.disclosure,
    )


def _files() -> tuple[FileRow, ...]:
    embargo = Disclosure(
        status=DisclosureStatus.EMBARGOED,
        until=dt.date(2031, 3, 1),
        legal_ground="Law No. 401-V, article 6",
        reason=Text(ru="До завершения конкурса", original="ru"),
    )
    read = TextInfo(TextStatus.TEXT, pages_read=48, pages_total=48, language="ru")
    return (
        _row(_file("Жайық_су_балансы_қорытынды_есеп_2024.pdf", "PDF", read, language="kk"), "CC-BY-4.0"),
        _row(_file("scan.pdf", "PDF", TextInfo(TextStatus.SCANNED, pages_total=12)), "CC-BY-NC-4.0"),
        _row(_file("gauges.xlsx", "XLSX", TextInfo(TextStatus.NO_TEXT), disclosure=embargo), ""),
    )


def _cards() -> tuple[CardView, ...]:
    dataset = DatasetRecord(
        title=_TITLE,
        description=_ABSTRACT,
        type=DatasetType.REPORT,
        organization=_AGENCY,
        issued=PartialDate(2024),
        demo=True,
    )
    study = StudyRecord(title=_TITLE, register_number="BR00000000", organization=_AGENCY, description=_ABSTRACT)
    passage = Passage(_ID, Text(), "report.pdf", "PDF", 17, _PIECES, viewable=True)
    inside = Inside((passage,), files=2, pages=12)
    found = Card(dataset, licenses.verdict("CC-BY-4.0"), inside=inside)
    views = (PassageView(passage, _HERE, _HERE, page=17, language="ru"),)
    return (
        CardView(found, _HERE, inside=InsideView(inside, views, _HERE), formats=("PDF", "XLSX")),
        CardView(Card(dataset, licenses.verdict("CC-BY-NC-4.0")), _HERE, formats=("CSV",)),
        CardView(Card(dataset, licenses.verdict("")), _HERE),
        CardView(Card(study, None), _HERE),
    )


def patterns_context() -> PatternsContext:
    """One sample of every component."""
    names = ("Hydrology", "Climate", "Soil", "Health", "Energy", "Transport", "Schools", "Housing", "Trade", "Mining")
    choices = (FacetChoice(Text(en=n, original="en"), 40 - 3 * i, _HERE, i == 1) for i, n in enumerate(names))
    message = "Write what is wrong."
    return PatternsContext(
        cards=_cards(),
        facet=FacetView("theme", "Theme", tuple(choices), expanded=True, more_url=_HERE),
        chips=tuple(Chip("Theme", Text(en=name, original="en"), _HERE) for name in names[:2]),
        pagination=pagination(7, 30, lambda number: f"#{number}"),
        problems=(Problem("empty", message, field="message", hint="A sentence is enough."),),
        files=_files(),
        deliverables=tuple(
            DeliverableRow(Deliverable(DeliverableKind.FINAL_REPORT, "2025", dt.date(2025, 11, 1)), state, "")
            for state in DeliverableState
        ),
    )
