"""Invented values for /-/patterns: what search pages show beside their results, in every state."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from opendata.catalog import licenses
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import PartialDate, Text
from opendata.search.marking import Piece
from opendata.services import suggestions
from opendata.services.results import Card, Passage
from opendata.web.contexts import CardView, FollowContext
from opendata.web.facet_contexts import FacetChoice, FacetView, YearForm
from opendata.web.help_contexts import AlikeLink, CorrectionView, CountedLink, HelpContext, OtherWordsChip
from opendata.web.listing import pagination
from opendata.web.passages import HitList, PassageView
from opendata.web.similar_contexts import MatchView, SideView, SimilarView
from opendata.web.understood import Understood

_ID = UUID(int=1)
_HERE = "#"
_TITLE = Text(
    kk="Балқаш көлінің су балансы",
    ru="Водный баланс озера Балхаш",
    en="Water balance of Lake Balkhash",
    original="ru",
)
_PIECES = (
    Piece("… питает город и орошаемые "),
    Piece("земли", marked=True),
    Piece(", а испарение уносит больше "),
    Piece("воды", marked=True),
    Piece(", чем отдаёт река …"),
)


@dataclass(frozen=True, slots=True)
class SearchPatterns:
    """One sample of every component that only search pages have."""

    facets: tuple[FacetView, ...]
    read: tuple[Understood, ...]
    help: HelpContext
    hits: HitList
    follow: FollowContext
    similar: SimilarView
    alike: tuple[AlikeLink, ...]


def _choice(name: str, count: int, **given: object) -> FacetChoice:
    return FacetChoice(Text(en=name, original="en"), count, _HERE, **{"chosen": False, **given})  # type: ignore[arg-type]


def _facets() -> tuple[FacetView, ...]:
    water = _choice("Hydrology of land", 9, code="37.27", chosen=True)
    earth = _choice("Geophysics", 12, code="37", children=(water, _choice("Climate", 3, code="37.23")), open=True)
    fields = (earth, _choice("Agriculture", 5, code="68", children=(_choice("Soil science", 5, code="68.05"),)))
    years = tuple(_choice(str(year), count, share=10 * count) for year, count in ((2025, 4), (2024, 10), (2023, 0)))
    form = YearForm(_HERE, (("q", "water"),), "2023", "2025")
    return (
        FacetView("subject", "Research field", fields, expanded=True, branches=True, note="A note below a filter."),
        FacetView("year", "Year", years, expanded=True, bars=True, years=form),
    )


def _read() -> tuple[Understood, ...]:
    line = "“colour:red”: there is no filter “colour”, so these were searched as words."
    return (
        Understood(total=27, complete=0, advanced_url=_HERE, help_url=_HERE),
        Understood(total=27, complete=2, lines=(line,)),
        Understood(typed="djlf", reading="вода", total=5, complete=5, switch_url=_HERE),
        Understood(typed="djlf", reading="вода", exact=True, switch_url=_HERE),
    )


def _help() -> HelpContext:
    pieces = (suggestions.Piece("подземные", changed=True), suggestions.Piece(" воды", changed=False))
    return HelpContext(
        correction=CorrectionView(pieces, _HERE, 4),
        also_on=(OtherWordsChip("groundwater", _HERE),),
        also_offered=(OtherWordsChip("жерасты сулары", _HERE, "Kazakh", "kk"),),
        words=(CountedLink("подземные", _HERE, 4), CountedLink("qqzz", "", 0)),
        without=(CountedLink("Format: PDF", _HERE, 7),),
        other_layout=CountedLink("вода", _HERE, 11),
    )


def _hits() -> HitList:
    passage = Passage(_ID, Text(), "report.pdf", "PDF", 17, _PIECES, viewable=True)
    views = tuple(PassageView(passage, _HERE, _HERE, page=page, language="ru") for page in (17, 42))
    leaves = pagination(2, 3, lambda number: f"#{number}")
    return HitList(views, total=41, first=21, files=2, everything=True, at_least=False, pagination=leaves)


def _follow() -> FollowContext:
    return FollowContext(_HERE, "Water", _HERE, 10_000, 53_210, _HERE, (), "https://data.example.org/s/k7mq2xw")


def _similar() -> SimilarView:
    record = DatasetRecord(title=_TITLE, type=DatasetType.REPORT, issued=PartialDate(2024))
    match = MatchView(
        SideView(_PIECES, "", language="ru"), SideView(_PIECES, "report.pdf, page 17", _HERE, language="ru")
    )
    card = CardView(Card(record, licenses.verdict("CC-BY-4.0")), _HERE)
    return SimilarView(card, True, "58%", "6%", "49%", ("вода", "озеро"), (match,))


def search_patterns() -> SearchPatterns:
    """One sample of every component that only search pages have."""
    return SearchPatterns(
        facets=_facets(),
        read=_read(),
        help=_help(),
        hits=_hits(),
        follow=_follow(),
        similar=_similar(),
        alike=(AlikeLink(_TITLE, _HERE, "Report", 2024), AlikeLink(_TITLE, _HERE, "Study", 0)),
    )
