"""What the pages of a dataset, a file and a study show, put together from the records and their addresses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from flask import url_for

from opendata.catalog import vocabularies
from opendata.catalog.formats import TABLES
from opendata.catalog.records import Deliverable, DeliverableState, ResourceRecord, StudyRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Keyword, Text
from opendata.search.query import SearchQuery
from opendata.services.beginnings import Beginning
from opendata.services.results import DatasetPage, FileLine, FilePage, InsidePage, RelatedRecord, StudyPage, Within
from opendata.services.within import LEAF
from opendata.web import rendering
from opendata.web.contexts import (
    ContractBlock,
    DatasetContext,
    DeliverableRow,
    FileContext,
    FileRow,
    Link,
    RelatedLink,
    StudyContext,
    ThemeLink,
)
from opendata.web.describing import citation_tags, citations_of, structured_data, structured_study
from opendata.web.exports import export_links
from opendata.web.i18n import page_language, unprefixed_root
from opendata.web.labels import label
from opendata.web.listing import organization_url, pagination
from opendata.web.passages import HitList, InsideContext, asked, passage_view
from opendata.web.places import Places, places_in
from opendata.web.provenance import edited_fields, origins

HITS = 20
"""Pages with hits to which the page of a file leads at once."""

Subjects = tuple[tuple[str, str, Text], ...]


def permanent_url(path: str) -> str:
    """The permanent URI, which has no language."""
    return rendering.absolute(f"{unprefixed_root()}{path}")


def other_titles(title: Text) -> tuple[tuple[str, str], ...]:
    """(language, title) of those that the heading does not show."""
    best = title.show(page_language())
    return tuple((t.language, t.value) for t in title.values() if t.value != best.value)


def keyword_links(keywords: Iterable[Keyword]) -> tuple[Link, ...]:
    """Each keyword with the search for it."""
    return tuple(Link(k.text, url_for("discovery.everything", keyword=k.text), language=k.language) for k in keywords)


def subject_links(subjects: Subjects) -> tuple[tuple[str, str, Text, str], ...]:
    """Each code with its scheme in words and, for GRNTI, the search for it."""
    return tuple(
        (
            label("scheme", scheme),
            code,
            name,
            url_for("discovery.everything", subject=code) if scheme == "grnti" else "",
        )
        for scheme, code, name in subjects
    )


def theme_links(codes: Iterable[str]) -> tuple[ThemeLink, ...]:
    """Each theme with the search for it."""
    return tuple(
        ThemeLink(vocabularies.text_of("theme", code), url_for("discovery.everything", theme=code)) for code in codes
    )


def file_row(slug: str, line: FileLine) -> FileRow:
    """A file of the dataset `slug` with its addresses."""
    resource = line.resource
    closed = resource.disclosure.status in (DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD)
    return FileRow(
        line=line,
        read_url=url_for("datasets.file", slug=slug, resource_id=resource.id),
        download_url=_download_url(slug, line) if line.available else "",
        can_read=line.available and (resource.text.pages_read > 0 or resource.format.upper() in TABLES),
        blocked=resource.disclosure if closed and not line.available else None,
    )


def _download_url(slug: str, line: FileLine, *, inline: bool = False) -> str:
    resource = line.resource
    return url_for(
        "downloads.download",
        slug=slug,
        resource_id=resource.id,
        filename=resource.filename or None,
        inline="1" if inline else None,
    )


def _related(related: Iterable[RelatedRecord]) -> tuple[RelatedLink, ...]:
    return tuple(
        RelatedLink(label("relation", r.kind), r.title, url_for("datasets.page", slug=r.slug) if r.slug else r.url)
        for r in related
    )


def _restriction(disclosure: Disclosure) -> Disclosure | None:
    return None if disclosure.status is DisclosureStatus.OPEN else disclosure


def dataset_context(page: DatasetPage, beginning: Beginning | None = None) -> DatasetContext:
    """The page of a dataset; with the `beginning` of a file where the record itself says nothing."""
    record = page.record
    permanent = permanent_url(page.permanent_path)
    return DatasetContext(
        page=page,
        record=record,
        url=url_for("datasets.page", slug=record.slug),
        organization_url=organization_url(record.organization.slug) if record.organization else "",
        study_url=url_for("studies.page", slug=record.study.slug) if record.study else "",
        files=tuple(file_row(record.slug, line) for line in page.files),
        related=_related(page.related),
        citations=citations_of(page.record),
        permanent_url=permanent,
        read_from_file=tuple(label("field", name) for name in record.read_from_file),
        inside_url=url_for("datasets.inside", slug=record.slug) if any(map(_has_text, page.files)) else "",
        report_url=url_for("reports.report", slug=record.slug),
        keyword_links=keyword_links(record.keywords),
        subject_links=subject_links(page.subjects),
        themes=theme_links(record.themes),
        frequency=label("frequency", record.frequency) if record.frequency else "",
        other_titles=other_titles(record.title),
        disclosure=_restriction(page.disclosure),
        origins=origins(record.sources),
        edits=edited_fields(record, full=page.may_edit),
        edit_url=url_for("desk_datasets.edit", slug=record.slug) if page.may_edit else "",
        exports=export_links(permanent_url(f"/dataset/{record.slug}")),
        structured=structured_data(record),
        citation_tags=citation_tags(record),
        beginning=beginning,
        beginning_url=_page_url(record.slug, beginning) if beginning else "",
    )


def _page_url(slug: str, beginning: Beginning) -> str:
    page = beginning.page if beginning.page > 1 else None
    return url_for("datasets.file", slug=slug, resource_id=beginning.resource_id, page=page)


def _has_text(line: FileLine) -> bool:
    return line.available and line.resource.stored and line.resource.text.pages_read > 0


def file_context(page: FilePage, *, listed: bool) -> FileContext:
    """A page of a file; `listed` where all pages with hits were asked for."""
    slug, resource = page.dataset.slug, page.line.resource

    def at(number: int) -> str:
        return url_for("datasets.file", slug=slug, resource_id=resource.id, page=number, **asked(page.words))

    def leaf(number: int) -> str:
        hits = number if number > 1 else None
        return url_for("datasets.file", slug=slug, resource_id=resource.id, hits=hits, **asked(page.words))

    inline = page.line.inline and page.line.available
    anchor = f"#page={page.page}" if resource.format.lower() == "pdf" else ""
    return FileContext(
        page=page,
        row=file_row(slug, page.line),
        dataset_url=url_for("datasets.page", slug=slug),
        inline_url=_download_url(slug, page.line, inline=True) + anchor if inline else "",
        form_url=url_for("datasets.file", slug=slug, resource_id=resource.id),
        pagination=pagination(page.page, page.pages, at) if page.pages > 1 else None,
        hits=tuple(Link(str(number), at(number), number == page.page) for number in around(page.hits, page.page)),
        hits_total=len(page.hits),
        all_hits_url=url_for("datasets.inside", slug=slug, **asked(page.words)) if len(page.hits) > HITS else "",
        list=_hit_list(page.found, slug, (resource,), page.words, leaf) if page.found else None,
        list_open=listed,
        previous_hit=next((at(n) for n in reversed(page.hits) if n < page.page), ""),
        next_hit=next((at(n) for n in page.hits if n > page.page), ""),
        text_language=resource.text.language or resource.language,
        text_folded=page.table is not None and bool(page.table.sheets) and not page.q,
        places=places_in(page.text) if page.pages == 1 else Places(),
        text_aligned=resource.format.upper() == "TXT" and any("    " in piece.text for piece in page.text),
    )


def around(numbers: Sequence[int], number: int) -> Sequence[int]:
    """HITS of the numbers, those before and after `number`."""
    start = bisect_left(numbers, number) - HITS // 2
    start = max(0, min(start, len(numbers) - HITS))
    return numbers[start : start + HITS]


def _hit_list(
    found: Within, slug: str, resources: Iterable[ResourceRecord], words: SearchQuery, url: Callable[[int], str]
) -> HitList:
    files = tuple(resources)
    return HitList(
        passages=tuple(passage_view(slug, one, files, words) for one in found.passages),
        total=found.pages,
        first=(found.leaf - 1) * LEAF + 1,
        files=len(found.numbers),
        everything=found.everything,
        at_least=found.at_least,
        pagination=pagination(found.leaf, found.leaves, url) if found.leaves > 1 else None,
    )


def inside_context(page: InsidePage) -> InsideContext:
    """A search within the files of a dataset."""
    slug = page.dataset.slug

    def leaf(number: int) -> str:
        return url_for("datasets.inside", slug=slug, hits=number if number > 1 else None, **asked(page.words))

    return InsideContext(
        dataset=page.dataset,
        q=page.q,
        dataset_url=url_for("datasets.page", slug=slug),
        form_url=url_for("datasets.inside", slug=slug),
        list=_hit_list(page.found, slug, page.dataset.resources, page.words, leaf) if page.q else None,
    )


def deliverable_row(deliverable: Deliverable, state: DeliverableState) -> DeliverableRow:
    """One thing owed with the address of the record that meets it."""
    met_by = deliverable.dataset
    return DeliverableRow(deliverable, state, url_for("datasets.page", slug=met_by.slug) if met_by else "")


def _contracts(page: StudyPage) -> tuple[ContractBlock, ...]:
    blocks = []
    for contract in page.record.contracts:
        rows = tuple(deliverable_row(d, d.state(page.today)) for d in contract.deliverables)
        blocks.append(
            ContractBlock(
                number=contract.contract_number,
                signed=rendering.date(contract.signed) if contract.signed else "",
                amount=rendering.money(contract.amount, contract.currency) if contract.amount is not None else "",
                contract_type=contract.contract_type,
                rows=rows,
                met=sum(1 for row in rows if row.state is DeliverableState.DEPOSITED),
                owed=len(rows),
            )
        )
    return tuple(blocks)


def study_context(page: StudyPage) -> StudyContext:
    """The page of a study."""
    record: StudyRecord = page.record
    return StudyContext(
        page=page,
        record=record,
        organization_url=organization_url(record.organization.slug) if record.organization else "",
        contracts=_contracts(page),
        state=record.due_state(page.today),
        datasets=tuple(
            (
                d.title,
                label("dataset_type", d.type),
                str(d.issued.year) if d.issued else "",
                url_for("datasets.page", slug=d.slug),
            )
            for d in record.datasets
        ),
        permanent_url=permanent_url(page.permanent_path),
        keyword_links=keyword_links(record.keywords),
        subject_links=subject_links(page.subjects),
        themes=theme_links(record.themes),
        other_titles=other_titles(record.title),
        disclosure=_restriction(record.disclosure.on(page.today)),
        edit_url=url_for("desk_studies.edit", slug=record.slug) if page.may_edit else "",
        structured=structured_study(record),
        citation_tags=citation_tags(record),
    )
