"""What each page may use: one documented value per template, handed to it as `page`. Templates compute nothing."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.records import (
    DatasetRecord,
    Deliverable,
    DeliverableState,
    OrganizationRecord,
    StudyRecord,
)
from opendata.catalog.values import Disclosure, Text
from opendata.errors import Problem
from opendata.export.citations import Citation
from opendata.services.beginnings import Beginning
from opendata.services.home_results import HomePage
from opendata.services.report_figures import ReportFigures
from opendata.services.results import (
    Card,
    DatasetPage,
    FileLine,
    FilePage,
    OrganizationPage,
    SearchPage,
    StudyPage,
    Told,
)
from opendata.services.telling import AGENCY
from opendata.web.exports import ExportLink
from opendata.web.facet_contexts import FacetView
from opendata.web.help_contexts import AlikeLink, HelpContext
from opendata.web.i18n import LanguageLink
from opendata.web.passages import HitList, InsideView
from opendata.web.places import Places
from opendata.web.provenance import EditedField, Origin
from opendata.web.understood import Understood


@dataclass(frozen=True, slots=True)
class Link:
    """A link; `current` where it leads to what is shown. `language` is that of its words, "" for the page's."""

    label: str
    url: str
    current: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class SiteContext:
    """What every page shows around its content. `account` leads to the desk, to one's account, or to signing in."""

    title: str
    contact_email: str
    home_url: str
    search_url: str
    q: str
    nav: tuple[Link, ...]
    account: Link
    languages: tuple[LanguageLink, ...]
    default_url: str
    """This page without a language in its path, for hreflang="x-default"."""
    canonical_url: str
    """This page in this language, without its query."""


@dataclass(frozen=True, slots=True)
class Pagination:
    """Where to leaf to; "" at either end. `links` holds None for a gap."""

    page: int
    pages: int
    previous: str
    next: str
    links: tuple[Link | None, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A record in a list. `title_language` is that of `card.title`."""

    card: Card
    url: str
    title_language: str = ""
    organization_url: str = ""
    inside: InsideView | None = None
    formats: tuple[str, ...] = ()

    @property
    def agency(self) -> Told | None:
        """The name of its agency with the words marked, where that is what holds them."""
        return next((one for one in self.card.told if one.field == AGENCY), None)

    @property
    def told(self) -> tuple[Told, ...]:
        """The other fields that hold the words; the agency is named above them."""
        return tuple(one for one in self.card.told if one.field != AGENCY)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; `url` is the search without it."""

    facet: str
    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class FollowContext:
    """components/follow.html: how a search can be kept. `table_rows` of `total` records are in the first table.

    `link_fields` are what the form of the short link sends, `short_link` the link once it is made, "" before.
    """

    feed_url: str
    feed_title: str
    table_url: str
    table_rows: int
    total: int
    link_action: str
    link_fields: tuple[tuple[str, str], ...]
    short_link: str = ""
    further_tables: tuple[tuple[str, str], ...] = ()
    """(name, address) of the same table in other formats."""


@dataclass(frozen=True, slots=True)
class SearchContext:
    """datasets/search.html. `first` and `last` number the hits shown, 0 where there are none."""

    heading: str
    page: SearchPage
    cards: tuple[CardView, ...]
    facets: tuple[FacetView, ...]
    chips: tuple[Chip, ...]
    clear_url: str
    sorts: tuple[Link, ...]
    tabs: tuple[Link, ...]
    pagination: Pagination
    first: int
    last: int
    hidden: tuple[tuple[str, str], ...]
    """Name and value of what the form keeps while the words change."""
    action: str
    follow: FollowContext | None = None
    understood: Understood = Understood()
    help: HelpContext = HelpContext()


@dataclass(frozen=True, slots=True)
class ThemeLink:
    """A theme with the search for it; `count` of its records, 0 where nobody counted."""

    label: Text
    url: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class OrganizationNode:
    """An agency in the tree with those below it, whose records are in `datasets` and `studies` too."""

    record: OrganizationRecord
    url: str
    datasets: int
    studies: int
    children: tuple[OrganizationNode, ...] = ()


@dataclass(frozen=True, slots=True)
class HomeContext:
    """home.html. `overdue_url` and `open_url` lead to the rows that the figures count."""

    home: HomePage
    newest: tuple[CardView, ...]
    organizations: tuple[OrganizationNode, ...]
    themes: tuple[ThemeLink, ...]
    search_url: str
    datasets_url: str
    studies_url: str
    open_url: str
    structured: str = ""
    """The site and its search in schema.org JSON-LD, as it may stand in the page."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file with its own page and where to have it ("" where nobody may). `blocked` says why it is not available."""

    line: FileLine
    read_url: str
    download_url: str
    can_read: bool
    """Whether its page shows more than is known here: text, or the first rows of a table."""
    blocked: Disclosure | None = None


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """A related record: the words for the relation, its title, and where it is."""

    kind: str
    title: Text
    url: str


@dataclass(frozen=True, slots=True)
class DatasetContext:
    """datasets/page.html. `people` and `bodies` split the contributors; `read_from_file` names fields in words."""

    page: DatasetPage
    record: DatasetRecord
    url: str
    organization_url: str
    study_url: str
    files: tuple[FileRow, ...]
    related: tuple[RelatedLink, ...]
    citations: tuple[tuple[str, tuple[Citation, ...]], ...]
    """(words for the language, citations in it), that of the page first."""
    permanent_url: str
    read_from_file: tuple[str, ...]
    inside_url: str
    """Where to search in the files; "" where there is no text."""
    report_url: str
    keyword_links: tuple[Link, ...]
    subject_links: tuple[tuple[str, str, Text, str], ...]
    """(words for the scheme, code, name of the code, search for it or "")"""
    themes: tuple[ThemeLink, ...]
    frequency: str
    other_titles: tuple[tuple[str, str], ...]
    """(language, title) of the titles that the heading does not show."""
    disclosure: Disclosure | None
    """What the files come to together, where any of them is not open."""
    origins: tuple[Origin, ...] = ()
    edits: tuple[EditedField, ...] = ()
    edit_url: str = ""
    alike: tuple[AlikeLink, ...] = ()
    exports: tuple[ExportLink, ...] = ()
    """The record in every format there is."""
    structured: str = ""
    """The record in schema.org JSON-LD as it may stand in the page; "" where not everybody may see it."""
    citation_tags: tuple[tuple[str, str], ...] = ()
    beginning: Beginning | None = None
    """What the first readable file says first, where there is no abstract; `beginning_url` is where to read on."""
    beginning_url: str = ""


@dataclass(frozen=True, slots=True)
class FileContext:
    """datasets/file.html: one page of a file's text, the table of its first rows, or why there is neither."""

    page: FilePage
    row: FileRow
    dataset_url: str
    inline_url: str
    form_url: str
    pagination: Pagination | None
    hits: tuple[Link, ...]
    """Pages with hits around this one; of `hits_total`, which `all_hits_url` lists where they are more."""
    hits_total: int
    all_hits_url: str
    list: HitList | None
    list_open: bool
    """Whether the list is what was asked for, rather than one of its pages."""
    previous_hit: str
    next_hit: str
    text_language: str
    text_folded: bool
    """Whether the table comes first and the text is folded away: nobody reads a table as text unless they searched."""
    places: Places = Places()
    """Where the words stand in a text of one page."""
    text_aligned: bool = False
    """Whether it is plain text laid out with spaces, which hold their columns in letters of one width alone."""


@dataclass(frozen=True, slots=True)
class DeliverableRow:
    """One thing owed, where it stands today, and the record that meets it."""

    deliverable: Deliverable
    state: DeliverableState
    url: str


@dataclass(frozen=True, slots=True)
class ContractBlock:
    """A contract with what it owes. `met` of `owed` deliverables are deposited."""

    number: str
    signed: str
    amount: str
    contract_type: str
    rows: tuple[DeliverableRow, ...]
    met: int
    owed: int


@dataclass(frozen=True, slots=True)
class StudyContext:
    """studies/page.html."""

    page: StudyPage
    record: StudyRecord
    organization_url: str
    contracts: tuple[ContractBlock, ...]
    state: DeliverableState
    datasets: tuple[tuple[Text, str, str, str], ...]
    """(title, words for the type, year or "", address)"""
    permanent_url: str
    keyword_links: tuple[Link, ...]
    subject_links: tuple[tuple[str, str, Text, str], ...]
    themes: tuple[ThemeLink, ...]
    other_titles: tuple[tuple[str, str], ...]
    disclosure: Disclosure | None
    alike: tuple[AlikeLink, ...] = ()
    edit_url: str = ""
    """Of the form, for who may change the study."""
    structured: str = ""
    """The study as JSON-LD."""
    citation_tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OrganizationsContext:
    """organizations/list.html: the agencies as a tree, and how many there are in all."""

    roots: tuple[OrganizationNode, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OrganizationContext:
    """organizations/page.html."""

    page: OrganizationPage
    record: OrganizationRecord
    parent: Link | None
    children: tuple[tuple[Text, str], ...]
    newest: tuple[CardView, ...]
    datasets: int
    studies: int
    datasets_url: str
    studies_url: str
    reports: ReportFigures | None = None
    """How readers' reports are answered; None without any."""


@dataclass(frozen=True, slots=True)
class PatternsContext:
    """patterns.html: one sample of every component."""

    cards: tuple[CardView, ...]
    facet: FacetView
    chips: tuple[Chip, ...]
    pagination: Pagination
    problems: tuple[Problem, ...]
    files: tuple[FileRow, ...]
    deliverables: tuple[DeliverableRow, ...]
