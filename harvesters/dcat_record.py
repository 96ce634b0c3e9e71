"""Maps a dcat:Dataset of DCAT 1 to 3, DCAT-AP 2 and 3, DCAT-US 3 or GeoDCAT-AP to a record."""

from __future__ import annotations

from dataclasses import replace

from harvesters.dcat_numbers import MAX_IDENTIFIER, identifiers, own_number
from harvesters.dcat_people import contacts, contributors, hierarchy, organization, performer
from harvesters.dcat_relations import extras, relations
from harvesters.dcat_resource import access_of, resources
from harvesters.dcat_values import date_of, license_of, period, places, side_by_side
from harvesters.links import is_address
from harvesters.rdf_graph import Graph
from harvesters.rdf_terms import Term
from harvesters.terms import first_sentence, localized, plain, subjects_in
from opendata.catalog import normalise, vocabularies
from opendata.catalog.cleaner import CODE, VALUE
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.subjects import subject
from opendata.catalog.values import Disclosure, Extra, Keyword, Subject, Text
from opendata.errors import Invalid, Problem

_TYPES = {
    "schema:SoftwareSourceCode": DatasetType.SOFTWARE,
    "schema:Map": DatasetType.MAP,
    "schema:Report": DatasetType.REPORT,
    "schema:ScholarlyArticle": DatasetType.ARTICLE,
}


def dataset_record(identifier: str, raw: bytes, root: str) -> tuple[DatasetRecord, tuple[Problem, ...]]:
    """The record of the description `raw` (N-Triples) of the node `root`. Invalid where nothing tells what it is."""
    graph = Graph(raw, root)
    node = graph.root
    warnings: list[Problem] = []
    languages = _languages(graph, node)
    likely = languages[0] if len(languages) == 1 else ""
    disclosure = access_of(graph, node)
    files = resources(graph, node, disclosure, warnings)
    license_id, license_text = _license(graph, node, files)
    spatial, bbox = places(graph, node)
    keywords, subjects, themes, endless = _topics(graph, node, likely)
    record = DatasetRecord(
        title=_title(identifier, graph, node, likely, warnings),
        type=_type(graph, node),
        identifier=_stated(graph, node) or identifier,
        description=_description(graph, node, likely),
        table_of_contents=side_by_side(graph.values(node, "dct:tableOfContents"), likely, join=True),
        keywords=keywords,
        themes=themes,
        subjects=subjects,
        organization=organization(graph, node),
        performer=performer(graph, node),
        contributors=contributors(graph, node),
        contacts=contacts(graph, node),
        license_id=license_id,
        license_text=license_text,
        identifiers=identifiers(graph, node),
        issued=date_of(graph, node, "dct:issued", "issued", warnings)
        or date_of(graph, node, "dct:created", "issued", warnings)
        or date_of(graph, node, "dct:date", "issued", warnings),
        modified=date_of(graph, node, "dct:modified", "modified", warnings),
        languages=languages,
        frequency=next(filter(None, map(vocabularies.frequency_of, graph.words(node, "dct:accrualPeriodicity"))), ""),
        temporal=period(graph, node),
        spatial=spatial,
        bbox=bbox,
        landing_page=_landing_page(graph, node),
        version=graph.first(node, "dcat:version"),
        relations=relations(graph, node),
        resources=_inheriting(files, license_id, license_text) or _closed(disclosure, graph, node),
        extras=(*hierarchy(graph, node), *endless, *extras(graph, node)),
        register_number=own_number(graph, node, "registerNumber"),
        report_number=own_number(graph, node, "reportNumber"),
    )
    return record, tuple(warnings)


def _title(identifier: str, graph: Graph, node: Term, likely: str, warnings: list[Problem]) -> Text:
    """The title; without one the label, the description's first sentence or the identifier, with a warning."""
    if titles := graph.values(node, "dct:title"):
        return side_by_side(titles, likely)
    described = next((plain(value.text) for value in graph.values(node, "dct:description")), "")
    label = next((value.text for value in graph.labels(node)), "")
    if not described and not label and not graph.nodes(node, "dcat:distribution"):
        raise Invalid("", [Problem("title-missing", "the dataset has neither title, description nor files", "title")])
    warnings.append(Problem("title-missing", "the dataset has no title", "title", severity="warning"))
    return localized(label or first_sentence(described) or f"(untitled) {identifier}")


def _description(graph: Graph, node: Term, likely: str) -> Text:
    return side_by_side(graph.values(node, "dct:description") or graph.values(node, "dct:abstract"), likely, join=True)


def _type(graph: Graph, node: Term) -> DatasetType:
    for text in graph.words(node, "dct:type"):
        if known := vocabularies.type_of(text):
            return known
    return next((known for name, known in _TYPES.items() if name in graph.types(node)), DatasetType.DATASET)


def _stated(graph: Graph, node: Term) -> str:
    """The first dct:identifier; a description has no order, so the shortest, and of equals the first by letters."""
    texts = [text for value in graph.objects(node, "dct:identifier") if (text := graph.text(value))]
    return min(texts, key=lambda text: (len(text), text), default="")[:MAX_IDENTIFIER]


def _languages(graph: Graph, node: Term) -> tuple[str, ...]:
    found = map(vocabularies.language_code, graph.words(node, "dct:language"))
    return tuple(dict.fromkeys(filter(None, found)))


def _license(graph: Graph, node: Term, files: tuple[ResourceRecord, ...]) -> tuple[str, str]:
    """The dataset's own licence, else the one that all its files have."""
    own = license_of(graph, node)
    given = {(one.license_id, one.license_text) for one in files}
    if any(own) or len(given) != 1:
        return own
    return given.pop()


def _topics(
    graph: Graph, node: Term, likely: str
) -> tuple[tuple[Keyword, ...], tuple[Subject, ...], tuple[str, ...], tuple[Extra, ...]]:
    """Keywords as they are, subjects with codes, and our themes; a theme that is none of ours is a subject. Addresses
    that are too long for a subject stand whole as extras: cut, they would lead nowhere.
    """
    by_language: dict[str, list[str]] = {}
    subjects: list[Subject] = []
    themes: list[str] = []
    for value in graph.values(node, "dcat:keyword"):
        codes = subjects_in(value.text)
        subjects += codes
        if not codes:
            by_language.setdefault(value.language, []).append(value.text)
    named = graph.objects(node, "dcat:theme")
    wider = {above for one in named for above in graph.objects(one, "skos:broadMatch")}
    for one in named:
        words = [one.value] if one.kind == "iri" else []
        words += [value.text for value in graph.labels(one)]
        if one in wider:
            continue  # another theme says the same, and more exactly
        if coded := _coded(graph, one):
            subjects.append(coded)
        elif theme := next(filter(None, map(vocabularies.theme_of, words)), None):
            themes.append(theme)
        elif codes := tuple(code for word in words for code in subjects_in(word)):
            subjects += codes
        elif one.kind == "iri" and (labels := graph.labels(one)):
            subjects.append(Subject("other", one.value, side_by_side(labels)))
        elif one.kind == "iri" or is_address(one.value):
            subjects.append(subject("other", one.value))
        else:
            for value in graph.labels(one):
                by_language.setdefault(value.language, []).append(value.text)
    keywords = [
        keyword
        for language, texts in by_language.items()
        for keyword in normalise.keywords(texts if len(texts) > 1 else texts[0], language or _only(texts, likely))
    ]
    kept = [one for one in subjects if len(one.code) <= CODE]
    endless = [Extra("theme", one.code) for one in subjects if CODE < len(one.code) <= VALUE]
    unique = tuple(dict.fromkeys(kept)), tuple(dict.fromkeys(themes)), tuple(dict.fromkeys(endless))
    return tuple(dict.fromkeys(keywords)), *unique


def _coded(graph: Graph, one: Term) -> Subject | None:
    """A code of a classification: told by its address (info:eu-repo), or by a notation alone."""
    notation = graph.first(one, "skos:notation") if one.kind != "literal" else ""
    if one.kind == "iri" and one.value.startswith("info:eu-repo/classification/"):
        scheme = one.value.split("/")[2]
        return subject(scheme, notation or one.value.split("/", 3)[-1])
    is_told = one.kind == "blank" and notation and "skos:Concept" in graph.types(one)
    labels = [label for label in graph.labels(one) if label.text != notation]
    return Subject("other", notation, side_by_side(labels)) if is_told and len(notation) <= CODE else None


def _inheriting(files: tuple[ResourceRecord, ...], license_id: str, license_text: str) -> tuple[ResourceRecord, ...]:
    """The files; those with the very licence of the dataset state none of their own."""
    same = {(license_id, license_text), (license_id, "")} if license_id else {("", license_text)}
    return tuple(
        replace(one, license_id="", license_text="") if (one.license_id, one.license_text) in same else one
        for one in files
    )


def _only(texts: list[str], likely: str) -> str:
    """The dataset's one language, where letters do not tell another."""
    return "" if any(normalise.detect_language(text) for text in texts) else likely


def _landing_page(graph: Graph, node: Term) -> str:
    """The stated page, else the dataset's own address, which catalogues answer with a page."""
    stated = graph.addresses(node, "dcat:landingPage", "foaf:homepage")
    documents = [url for one in graph.nodes(node, "dcat:landingPage") for url in graph.addresses(one, "foaf:homepage")]
    own = [node.value] if is_address(node.value) and "/.well-known/genid/" not in node.value else []
    return next(iter([*stated, *documents, *own]), "")


def _closed(disclosure: Disclosure | None, graph: Graph, node: Term) -> tuple[ResourceRecord, ...]:
    """Nothing to open, but a reader should learn that there is something, and that it is closed."""
    if disclosure is None or not disclosure.strictness:
        return ()
    return (ResourceRecord(key="closed", access_url=_landing_page(graph, node), disclosure=disclosure),)
