"""The words for what is the site's own: facets, orders, fields, relations. The controlled lists have their own names.

Lazy, so that each page has its language.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from opendata.catalog import vocabularies
from opendata.web.audit_labels import AUDIT_LABELS
from opendata.web.desk_labels import DESK_LABELS
from opendata.web.i18n import page_language
from opendata.web.life_labels import LIFE_LABELS

LABELS: Mapping[str, Mapping[str, LazyString]] = {
    **DESK_LABELS,
    **LIFE_LABELS,
    **AUDIT_LABELS,
    "scheme": {"grnti": _l("GRNTI"), "ford": _l("OECD FORD"), "udc": _l("UDC"), "other": _l("Subject")},
    "identifier": {
        "doi": _l("DOI"),
        "handle": _l("Handle"),
        "isbn": _l("ISBN"),
        "issn": _l("ISSN"),
        "uri": _l("Web address"),
        "register_number": _l("Register number"),
        "contract_number": _l("Contract number"),
        "urn": _l("URN"),
        "other": _l("Other identifier"),
    },
    "relation": {
        "IsSupplementTo": _l("Supplement to"),
        "IsSupplementedBy": _l("Supplemented by"),
        "IsPartOf": _l("Part of"),
        "HasPart": _l("Has part"),
        "IsVersionOf": _l("Version of"),
        "HasVersion": _l("Has version"),
        "IsNewVersionOf": _l("Newer version of"),
        "IsPreviousVersionOf": _l("Older version of"),
        "Continues": _l("Continues"),
        "IsContinuedBy": _l("Continued by"),
        "Obsoletes": _l("Supersedes"),
        "IsObsoletedBy": _l("Superseded by"),
        "References": _l("Refers to"),
        "IsReferencedBy": _l("Referred to by"),
        "Cites": _l("Cites"),
        "IsCitedBy": _l("Cited by"),
        "IsDerivedFrom": _l("Derived from"),
        "IsSourceOf": _l("Source of"),
        "IsDocumentedBy": _l("Documented by"),
        "Documents": _l("Documents"),
        "IsIdenticalTo": _l("Same as"),
        "IsRelatedTo": _l("Related to"),
    },
    "facet": {
        "organization": _l("Agency"),
        "performer": _l("Performer"),
        "type": _l("Type"),
        "kind": _l("Kind of record"),
        "license_id": _l("Licence"),
        "open": _l("Open or not"),
        "format": _l("Format"),
        "language": _l("Language"),
        "year": _l("Year"),
        "subject": _l("Research field (GRNTI)"),
        "theme": _l("Theme"),
        "keyword": _l("Keyword"),
        "disclosure": _l("Access"),
        "text": _l("Text of the files"),
    },
    "tab": {
        "everything": _l("Everything"),
        "datasets": _l("Reports and data"),
        "studies": _l("Studies"),
    },
    "sort": {
        "relevance": _l("Best match"),
        "-issued": _l("Newest"),
        "issued": _l("Oldest"),
        "title": _l("Title A–Z"),
        "-title": _l("Title Z–A"),
        "-modified": _l("Updated here last"),
        "-downloads": _l("Most downloaded"),
    },
    "value_order": {"count": _l("Most records first"), "name": _l("By name")},
    "field": {
        "title": _l("Title"),
        "description": _l("Abstract"),
        "table_of_contents": _l("Table of contents"),
        "keywords": _l("Keywords"),
        "contributors": _l("Authors"),
        "organization": _l("Agency"),
        "performer": _l("Performer"),
        "issued": _l("Published"),
        "languages": _l("Language"),
        "subjects": _l("Subject"),
        "register_number": _l("Register number"),
        "report_number": _l("Report number"),
        "identifiers": _l("Identifiers"),
        "type": _l("Type"),
        "license_id": _l("Licence"),
        "license_text": _l("Licence in the source’s words"),
        "resources": _l("Files"),
        "themes": _l("Theme"),
        "temporal": _l("Time covered"),
        "spatial": _l("Place covered"),
        "frequency": _l("Updated how often"),
        "version": _l("Version"),
        "landing_page": _l("Publisher's page"),
        "contacts": _l("Contact"),
        "extras": _l("Further fields"),
        "relations": _l("Related records"),
        "unit": _l("Unit"),
        "official": _l("Responsible official"),
        "performers": _l("Performers"),
        "programme": _l("Programme"),
        "call": _l("Call"),
        "priority": _l("Priority"),
        "contracts": _l("Contracts and what they owe"),
        "period": _l("Period"),
        "status": _l("Status of the study"),
        "disclosure": _l("Access"),
        "evaluation": _l("Evaluation"),
    },
    "told": {
        "title": _l("Title"),
        "keywords": _l("Keywords"),
        "people": _l("People and performers"),
        "identifiers": _l("Identifiers"),
        "table_of_contents": _l("Table of contents"),
        "other": _l("Other details"),
    },
    "column": {
        "text": _l("text"),
        "integer": _l("whole number"),
        "number": _l("number"),
        "date": _l("date"),
        "boolean": _l("yes or no"),
        "empty": _l("empty"),
    },
}
"""Vocabulary, then code. What is missing shows as its code (an unknown relation type of a harvested record)."""


def label(vocabulary: str, code: str) -> str:
    """The words for `code` in the language of the page; the code itself where there are none.

    `vocabulary` is one of LABELS, or a list of opendata.catalog.vocabularies.
    """
    if vocabulary in LABELS:
        return str(LABELS[vocabulary].get(code, code))
    return vocabularies.label(vocabulary, code, page_language())
