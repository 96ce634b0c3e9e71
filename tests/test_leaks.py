"""Nothing leaks: words of what is not public are nowhere, in every way of searching and on every public page.

Hidden texts hold two words each that nobody else uses. Asked for the one, no page may show the other; and what is
answered must be the very same, letter by letter, as for a word that nobody ever wrote. The public addresses are taken
from the site itself: a new one fails here until somebody says how it is tried.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.wrappers import Response

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import (
    DatasetRecord,
    DeliverableKind,
    Performer,
    RecordState,
    ResourceRecord,
    StudyRecord,
    Utilisation,
)
from opendata.catalog.values import Contributor, Disclosure, Identifier, Keyword, OrganizationRef
from opendata.cli.main import opendata
from opendata.config import load_config
from opendata.export.registry import EXPORTS
from opendata.services import (
    attaching,
    content,
    demand,
    file_versions,
    index_wait,
    indexing,
    queue,
    reviewing,
    wordlists,
    writing,
)
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.listing import STATES
from opendata.services.tally import search_key
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_study
from opendata.store.organizations import Organization
from opendata.store.register import Contract, Deliverable
from opendata.web.app import create_app
from opendata.web.ckan_api import registry
from tests.conftest import Clock, settings
from tests.factories import EMBARGOED, WITHHELD, Feed, feed, filed, found, organization, record, ru, work

FILES = {"withheld": WITHHELD, "embargoed": EMBARGOED, "held": Disclosure()}
MARK = "Для служебного пользования\n"
"""What holds the files of "held", which their source calls open."""
RECORDS: Mapping[str, dict[str, object]] = {
    "draft": {"state": RecordState.DRAFT},
    "in_review": {"state": RecordState.IN_REVIEW},
    "private": {"private": True},
    "withdrawn": {},
}
STUDIES: Mapping[str, dict[str, object]] = {
    "draft_study": {"state": RecordState.DRAFT},
    "review_study": {"state": RecordState.IN_REVIEW},
    "secret_study": {"private": True},
    "gone_study": {"state": RecordState.WITHDRAWN},  # and never published, so that it has no tombstone either
}

WORDS = {
    "withheld": ("гнорбалитов", "швидраконка"),
    "embargoed": ("клюзморитов", "фрунтевалка"),
    "earlier": ("ъячмудроков", "кыщелварник"),
    "held": ("щапровинтов", "ыглемодранка"),
    "draft": ("дзыбротинов", "мухленоскка"),
    "in_review": ("эйфрогелтов", "опчихмарка"),
    "private": ("пщемыстиков", "вруклотанка"),
    "withdrawn": ("зюмбракитов", "хлопшедурка"),
    "proposed": ("чвыргоматов", "шпындоклейка"),
    "draft_study": ("жварбутинов", "цтоклефамка"),
    "review_study": ("ёлгматрибов", "щузкленофка"),
    "secret_study": ("юрцыплекнов", "бэсдымпорка"),
    "gone_study": ("яхвондуриков", "жысклопетка"),
}
"""Two words of each hidden text: the one that is asked for, and the one that must not be told."""
NOBODY = ("мгвурналиков", "тщосдупленка")
"""Words that stand nowhere."""

SHAPES = (
    "{0}",
    '"{0} {1}"',
    "{0}*",
    "{0} OR {1}",
    "отчёт {0}",
    "отчёт стоке {0}",
    "отчёт -{0}",
    "keyword:{0}",
    "performer:{0}",
    "исполнитель:{0}",
    "{0}{1}",
)

SEARCHING = {
    "/search": (
        "/ru/search?q={q}",
        "/ru/search?keyword={q}",
        "/ru/search?performer={q}",
        "/ru/search?also={q}&q=отчёт",
    ),
    "/dataset/": ("/ru/dataset/?q={q}&sort=title", "/ru/dataset/?organization={q}"),
    "/study/": ("/ru/study/?q={q}",),
    "/search.<any(csv,xlsx,jsonl):suffix>": ("/ru/search.csv?q={q}", "/ru/search.jsonl?q={q}"),
    "/feeds/search.atom": ("/ru/feeds/search.atom?q={q}",),
    "/catalog.<any(ttl,rdf,jsonld,xml):suffix>": ("/catalog.ttl?q={q}", "/catalog.rdf?fq=text:{q}"),
    "/search/complete": ("/ru/search/complete?q={q}",),
    "/search/suggest": ("/ru/search/suggest?q={q}",),
    "/search/facet/<name>": (
        "/ru/search/facet/keyword?q={q}",
        "/ru/search/facet/keyword?find={q}",
        "/ru/search/facet/performer?find={q}",
    ),
    "/similar": ("/ru/similar?record={q}",),
    "/search/advanced": ("/ru/search/advanced?q={q}",),
    "/search/advanced/find": ("/ru/search/advanced/find?all={q}",),
    "/dataset/<slug>/inside": (
        "/ru/dataset/{withheld}/inside?q={q}",
        "/ru/dataset/{embargoed}/inside?q={q}",
        "/ru/dataset/{held}/inside?q={q}",
    ),
    "/dataset/<slug>/resource/<uuid:resource_id>": (
        "/ru/dataset/{withheld}/resource/{withheld_file}?q={q}",
        "/ru/dataset/{embargoed}/resource/{embargoed_file}?q={q}",
        "/ru/dataset/{held}/resource/{held_file}?q={q}",
    ),
    "/api/v1/search": (
        "/api/v1/search?q={q}",
        "/api/v1/search?keyword={q}",
        "/api/v1/search?also={q}&q=отчёт",
        "/api/v1/search?sort=id&q={q}",
    ),
    "/api/v1/search/facets/<name>": (
        "/api/v1/search/facets/keyword?q={q}",
        "/api/v1/search/facets/keyword?find={q}",
    ),
    "/api/v1/organizations/<name>": ("/api/v1/organizations/{q}",),
    "/api/3/action/<name>": (
        "/api/3/action/package_search?q={q}",
        "/api/3/action/package_search?fq={q}",
        "/api/3/action/package_search?fq=tags:{q}&include_private=1&include_drafts=1&include_deleted=1",
        "/api/3/action/package_search?fq=title:{q}&rows=0&facet.field=[%22tags%22,%22performer%22]",
        "/api/3/action/package_autocomplete?q={q}",
        *(f"/api/3/action/resource_search?query={name}:{{q}}" for name in ("name", "description", "url", "hash")),
        *(f"/api/3/action/{name}?query={{q}}" for name in ("tag_search", "tag_autocomplete", "tag_list")),
        *(f"/api/3/action/{name}_show?id={{q}}" for name in ("tag", "organization", "group", "package")),
        *(f"/api/3/action/{name}_list?all_fields=1&q={{q}}&limit=1" for name in ("organization", "group")),
        "/api/3/action/organization_autocomplete?q={q}&limit=5",
    ),
    "/api/action/<name>": ("/api/action/package_search?fq=name:{q}", "/api/action/package_search?fq=notes:{q}*"),
    "/api/util/<path:what>": ("/api/util/tag/autocomplete?incomplete={q}",),
    "/api/<any('1', '2', '3'):version>/util/<path:what>": (
        "/api/2/util/dataset/autocomplete?incomplete={q}",
        "/api/2/util/resource/format_autocomplete?incomplete={q}",
    ),
}
"""How each address is searched at: the answer must be that for NOBODY."""

VERSION = "/dataset/<slug>/resource/<uuid:resource_id>/version/<int(max=2147483647):number>"
SHOWING = {
    "/": ("/ru/", "/kk/", "/en/"),
    "/search": ("/ru/search", "/ru/search?sort=-modified", "/ru/search?disclosure=withheld", "/ru/search?q=отчёт"),
    "/dataset/": ("/ru/dataset/", "/ru/dataset/?q=отчёт+стоке"),
    "/study/": ("/ru/study/",),
    "/search.<any(csv,xlsx,jsonl):suffix>": ("/ru/search.csv", "/ru/search.jsonl"),
    "/catalog.<any(csv,xlsx,jsonl):suffix>": ("/catalog.csv", "/catalog.jsonl"),
    "/search/complete": ("/ru/search/complete?q=отч", "/ru/search/complete?q=инс"),
    "/search/advanced": ("/ru/search/advanced",),
    "/search/help": ("/ru/search/help",),
    "/search/facet/<name>": tuple(
        f"/ru/search/facet/{name}" for name in ("organization", "performer", "keyword", "type", "text", "disclosure")
    ),
    "/similar": (
        "/ru/similar",
        "/ru/similar?record={open}",
        "/ru/similar?record={withheld}",
        "/ru/similar?record={held}",
    ),
    "/feeds/all.atom": ("/ru/feeds/all.atom",),
    "/feeds/dataset.atom": ("/ru/feeds/dataset.atom",),
    "/feeds/custom.atom": ("/ru/feeds/custom.atom?groups=environment",),
    "/feeds/<any(group,tag):by>/<path:code>.atom": ("/ru/feeds/group/environment.atom", "/ru/feeds/tag/x.atom"),
    "/feeds/<any(theme,subject):by>/<code>.atom": ("/ru/feeds/theme/environment.atom",),
    "/sitemap.xml": ("/sitemap.xml",),
    "/sitemap/<any(dataset,study):kind>-<int(min=1,max=100000):number>.xml": (
        "/sitemap/dataset-1.xml",
        "/sitemap/study-1.xml",
    ),
    "/search/suggest": ("/ru/search/suggest?q=отч", "/ru/search/suggest?q=инс"),
    "/feeds/organization/<slug>.atom": ("/ru/feeds/organization/su.atom",),
    "/organization/": ("/ru/organization/",),
    "/organization/<slug>": ("/ru/organization/su",),
    "/organization/<slug>/links": ("/ru/organization/su/links", "/ru/organization/su/links?status=ok"),
    "/organization/<slug>/links.csv": ("/ru/organization/su/links.csv",),
    "/organization/<slug>/links.json": ("/ru/organization/su/links.json",),
    "/dataset/<slug>": (
        "/ru/dataset/{open}",
        "/ru/dataset/{withheld}",
        "/ru/dataset/{embargoed}",
        "/ru/dataset/{held}",
        "/ru/dataset/{earlier}",
    ),
    "/catalog": ("/catalog",),
    "/catalog.<any(ttl,rdf,jsonld,xml):suffix>": (
        *(f"/catalog.{suffix}" for suffix in ("ttl", "rdf", "jsonld")),
        "/catalog.ttl?profile=dcat-ap-2",
        "/catalog.ttl?modified_since=2000-01-01",
    ),
    "/data.json": ("/data.json",),
    "/oai": (
        "/oai?verb=Identify",
        "/oai?verb=ListSets",
        "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&set=organization:su",
        "/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/oai?verb=ListRecords&metadataPrefix=oai_dc&set=open_access",
        "/oai?verb=ListRecords&metadataPrefix=oai_datacite&from=2000-01-01",
        "/oai?verb=GetRecord&metadataPrefix=oai_datacite&identifier=oai:localhost:1",
    ),
    "/dataset/<undotted:slug>.<suffix:suffix>": tuple(
        f"/dataset/{{{name}}}.{one.suffix}" for one in EXPORTS for name in ("open", "withheld", "embargoed", "held")
    ),
    "/study/<slug>": ("/ru/study/{open_study}",),
    "/dataset/<slug>/report": ("/ru/dataset/{withheld}/report",),
    "/study/<slug>/report": ("/ru/study/{open_study}/report",),
    "/dataset/<slug>/resource/<uuid:resource_id>": (
        "/ru/dataset/{withheld}/resource/{withheld_file}",
        "/ru/dataset/{withheld}/resource/{withheld_file}?page=1",
        "/ru/dataset/{embargoed}/resource/{embargoed_file}",
        "/ru/dataset/{held}/resource/{held_file}",
        "/ru/dataset/{earlier}/resource/{earlier_file}",
    ),
    "/dataset/<slug>/resource/<uuid:resource_id>/download": (
        "/ru/dataset/{withheld}/resource/{withheld_file}/download",
        "/ru/dataset/{embargoed}/resource/{embargoed_file}/download",
        "/ru/dataset/{held}/resource/{held_file}/download",
    ),
    "/dataset/<slug>/resource/<uuid:resource_id>/download/<filename>": (
        "/ru/dataset/{withheld}/resource/{withheld_file}/download/report.txt?inline=1",
    ),
    f"{VERSION}/download": (
        "/dataset/{earlier}/resource/{earlier_file}/version/1/download",
        "/dataset/{earlier}/resource/{earlier_file}/version/2/download",
        "/dataset/{withheld}/resource/{withheld_file}/version/1/download",
    ),
    f"{VERSION}/download/<filename>": ("/dataset/{earlier}/resource/{earlier_file}/version/2/download/a.txt?inline=1",),
    "/s/<code>": ("/ru/s/aaaaaaaa",),
    "/datastore/dump/<uuid:resource_id>": tuple(f"/datastore/dump/{{{name}_file}}" for name in FILES),
    "/api/v1/search": ("/api/v1/search", "/api/v1/search?q=отчёт", "/api/v1/search?disclosure=withheld"),
    "/api/v1/search/facets/<name>": tuple(
        f"/api/v1/search/facets/{name}" for name in ("organization", "performer", "keyword", "text", "disclosure")
    ),
    "/api/v1/datasets": ("/api/v1/datasets", *(f"/api/v1/datasets?state={state}" for state in STATES)),
    "/api/v1/datasets/<named:name>": tuple(f"/api/v1/datasets/{{{name}}}" for name in ("open", *FILES)),
    "/api/v1/datasets/<named:name>/resources": tuple(
        f"/api/v1/datasets/{{{name}}}/resources" for name in ("open", *FILES)
    ),
    "/api/v1/datasets/<named:name>/resources/<resource_id>": tuple(
        f"/api/v1/datasets/{{{name}}}/resources/{{{name}_file}}" for name in FILES
    ),
    "/api/v1/datasets/<named:name>/resources/<resource_id>/versions": tuple(
        f"/api/v1/datasets/{{{name}}}/resources/{{{name}_file}}/versions" for name in ("withheld", "earlier")
    ),
    "/api/v1/datasets/<named:name>/resources/<resource_id>/versions/<number>": tuple(
        f"/api/v1/datasets/{{earlier}}/resources/{{earlier_file}}/versions/{number}" for number in (1, 2)
    ),
    "/api/v1/studies": ("/api/v1/studies", *(f"/api/v1/studies?state={state}" for state in STATES)),
    "/api/v1/studies/<name>": ("/api/v1/studies/{open_study}",),
    "/api/v1/organizations": ("/api/v1/organizations",),
    "/api/v1/organizations/<name>": ("/api/v1/organizations/su",),
    "/api/v1/organizations/<name>/links": ("/api/v1/organizations/su/links",),
    "/api/v1/events": ("/api/v1/events", "/api/v1/events?cursor=latest", "/api/v1/events?kind=study"),
    "/api/3/action/<name>": (
        *(f"/api/3/action/{name}" for name in ("package_list", "current_package_list_with_resources", "tag_list")),
        *(f"/api/3/action/package_show?id={{{name}}}" for name in ("open", *FILES)),
        *(f"/api/3/action/resource_show?id={{{name}_file}}" for name in FILES),
        "/api/3/action/package_search?rows=100&facet.limit=-1&facet.field=[%22tags%22,%22res_format%22,%22performer%22]",
        "/api/3/action/package_search?rows=100&include_private=true&include_drafts=true&include_deleted=true",
        "/api/3/action/resource_search?query=name:",
        "/api/3/action/package_autocomplete?q=отч",
        "/api/3/action/organization_show?id=su&include_datasets=true",
        "/api/3/action/organization_list?all_fields=true&include_extras=true&include_users=true",
        "/api/3/action/group_list?all_fields=true",
        "/api/3/action/group_package_show?id=su",
        "/api/3/action/member_list?id=su",
        "/api/3/action/recently_changed_packages_activity_list",
        "/api/3/action/organization_activity_list?id=su",
        *(f"/api/3/action/package_activity_list?id={{{name}}}" for name in (*FILES, "earlier")),
        *(f"/api/3/action/resource_view_list?id={{{name}_file}}" for name in FILES),
        *(
            f"/api/3/action/datastore_{verb}?resource_id={{{name}_file}}"
            for verb in ("info", "search")
            for name in FILES
        ),
        *(f"/api/3/action/package_relationships_list?id={{{name}}}" for name in ("open", *FILES)),
        *(f"/api/3/action/{name}" for name in ("vocabulary_list", "job_list", "config_option_list", "license_list")),
        *(f"/api/3/action/{kind}_autocomplete?q={q}" for kind in ("format", "group") for q in ("t", "швид")),
        "/api/3/action/group_activity_list?id=environment",
        "/api/3/action/status_show",
    ),
    "/api/action/<name>": ("/api/action/package_list",),
}
"""Pages that are looked at: no hidden word may stand there."""

HIDDEN = {
    "/dataset/<slug>": "/ru/dataset/{0}",
    "/dataset/<undotted:slug>.<suffix:suffix>": "/ru/dataset/{0}.bib",
    "/study/<slug>": "/ru/study/{0}",
    "/dataset/<slug>/report": "/ru/dataset/{0}/report",
    "/study/<slug>/report": "/ru/study/{0}/report",
    "/dataset/<slug>/inside": "/ru/dataset/{0}/inside?q=a",
    "/dataset/<slug>/resource/<uuid:resource_id>": "/ru/dataset/{0}/resource/{1}",
    "/dataset/<slug>/resource/<uuid:resource_id>/download": "/ru/dataset/{0}/resource/{1}/download",
    f"{VERSION}/download": "/ru/dataset/{0}/resource/{1}/version/1/download",
    "/id/<uuid:record_id>": "/id/{2}",
    "/similar": "/ru/similar?record={0}",
    "/api/v1/datasets/<named:name>": "/api/v1/datasets/{0}",
    "/api/v1/datasets/<named:name>/resources": "/api/v1/datasets/{0}/resources",
    "/api/v1/datasets/<named:name>/resources/<resource_id>": "/api/v1/datasets/{0}/resources/{1}",
    "/api/v1/datasets/<named:name>/resources/<resource_id>/versions": "/api/v1/datasets/{0}/resources/{1}/versions",
    "/api/v1/studies/<name>": "/api/v1/studies/{0}",
}
"""Addresses of hidden records, by slug, file and id: as if they were not there."""

ELSEWHERE = {
    "/-/patterns": "samples of the design",
    "/about": "text about the site",
    "/accessibility": "text about the site",
    "/privacy": "text about the site",
    "/terms": "text about the site",
    "/favicon.ico": "a file of the package",
    "/image/<name>": "pictures of agencies, groups and people; no file of a record (tests/services/test_users.py)",
    "/static/<path:filename>": "files of the package",
    "/healthz": "one word",
    "/metrics": "numbers, for this machine and sysadmins alone (tests/web/test_metrics.py)",
    "/readyz": "names of parts",
    "/robots.txt": "a constant",
    "/sitemap/pages.xml": "pages of the site and agencies",
    "/opensearch.xml": "addresses of the search",
    "/s/": "leads to the search; its form keeps what was typed and looks nothing up",
    "/dataset/<slug>/report": "the form answers 404 for what is hidden, as below HIDDEN",
    "/study/<slug>/report": "the form answers 404 for what is hidden, as below HIDDEN",
    "/report/<token>": "by the secret of who wrote it; hidden titles: tests/services/test_reporting.py",
    "/api": "a number",
    "/api/i18n/<language>": "nothing but the language",
    "/api/<any('1', '2', '3'):version>": "a number",
    "/api/docs": "what the API is",
    "/api/v1/": "what the API is",
    "/api/v1/openapi.json": "what the API is",
    "/api/v1/me": "who asks",
    "/api/v1/work": "for who has signed in; what of whom: tests/services/test_desk_work.py",
    "/api/v1/work/<kind>": "for who has signed in; what of whom: tests/services/test_desk_work.py",
    "/api/v1/licenses": "lists of the package",
    "/api/v1/vocabularies": "lists of the package",
    "/api/v1/vocabularies/<name>": "lists of the package",
    "/api/v1/datasets/<named:name>/life": "for its agency: tests/web/api/test_life.py",
    "/api/v1/datasets/<named:name>/revisions": "for its agency: tests/web/api/test_life.py",
    "/api/v1/datasets/<named:name>/revisions/<number>": "for its agency: tests/web/api/test_life.py",
    "/api/v1/datasets/<named:name>/revisions/<number>/difference": "for its agency: tests/web/api/test_life.py",
    "/api/v1/datasets/<named:name>/revisions/<number>/restore": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/submit": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/propose": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/propose/files": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/propose/files/<checksum>": "for who edits it: tests/web/api/test_life.py",
    "/api/v1/datasets/<named:name>/comment": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/return": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/take-back": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/publish": "only writes, and that needs a token",
    "/api/v1/studies/<name>/life": "for its agency: tests/web/api/test_life.py",
    "/api/v1/studies/<name>/revisions": "for its agency: tests/web/api/test_life.py",
    "/api/v1/studies/<name>/revisions/<number>": "for its agency: tests/web/api/test_life.py",
    "/api/v1/studies/<name>/revisions/<number>/difference": "for its agency: tests/web/api/test_life.py",
    "/api/v1/studies/<name>/revisions/<number>/restore": "only writes, and that needs a token",
    "/api/v1/studies/<name>/submit": "only writes, and that needs a token",
    "/api/v1/studies/<name>/propose": "only writes, and that needs a token",
    "/api/v1/studies/<name>/comment": "only writes, and that needs a token",
    "/api/v1/studies/<name>/return": "only writes, and that needs a token",
    "/api/v1/studies/<name>/take-back": "only writes, and that needs a token",
    "/api/v1/studies/<name>/publish": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/restore": "only writes, and that needs a token",
    "/api/v1/studies/<name>/restore": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/resources/<resource_id>/content": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/resources/<resource_id>/disclosure": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/resources/<resource_id>/versions/<number>/withholding": "only writes, with a token",
    "/api/v1/datasets/<named:name>/disclosure": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/divide": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/release": "only writes, and that needs a token",
    "/api/v1/datasets/<named:name>/raw/<source>": "for its agency: tests/web/api/test_care.py",
    "/api/v1/datasets/<named:name>/reports": "only writes; hidden records: tests/web/api/test_care.py",
    "/api/v1/studies/<name>/reports": "only writes; hidden records: tests/web/api/test_care.py",
    "/api/v1/reports": "for its agency: tests/web/api/test_care.py",
    "/api/v1/reports/followed/<token>/reopen": "only writes, and that needs a token",
    "/api/v1/reports/followed/<token>": "by the secret of who wrote it; titles: tests/services/test_reporting.py",
}
"""Addresses that show no record, and why."""

ACTIONS_ELSEWHERE = {
    "a number of none, or nobody": (
        *(f"{kind}{name}" for name in ("follower_count", "follower_list", "followee_count", "followee_list")
          for kind in ("user_", "dataset_", "group_", "organization_")),
        "followee_count", "followee_list", "package_collaborator_list", "package_collaborator_list_for_user",
        *(f"am_following_{kind}" for kind in ("user", "dataset", "group", "organization")),
    ),
    "who asks, or accounts, for those who are signed in (tests/web/ckan_api)": (
        "api_token_list", "dashboard_activity_list", "dashboard_new_activities_count", "group_list_authz",
        "organization_list_for_user", "user_activity_list", "user_autocomplete", "user_list", "user_show",
        "get_site_user",
    ),
    "one by its own id, which is in a list that is tried": (
        "activity_show", "activity_data_show", "resource_view_show", "vocabulary_show",
    ),
    "states of a record, for the people of its agency (tests/web/ckan_api)": ("activity_diff",),
    "the same for everybody": (
        "help_show", "member_roles_list", "site_read", "term_translation_show", "config_option_show", "job_show",
        "task_status_show", "resource_status_show",
    ),
}  # fmt: skip
"""Reading actions that are not asked here, by why."""


BEHIND_SIGN_IN = (
    *("/desk", "/account", "/api/v1/audit", "/api/v1/uploads", "/api/v1/sources", "/api/v1/jobs", "/api/v1/webhooks"),
    *("/api/v1/me/tokens", "/api/v1/organizations/<name>/members", "/api/v1/alerts", "/api/v1/links"),
    *("/api/v1/matches", "/api/v1/held", "/api/v1/reports/<report_id>"),
    "/api/v1/datasets/batch",
)
"""Where addresses begin that answer nobody who is not signed in."""


@dataclass
class Site:
    """The catalogue with its hidden records by the names of WORDS."""

    catalogue: Catalogue
    clock: Clock
    app: Flask
    slugs: dict[str, str] = field(default_factory=dict)
    files: dict[str, UUID] = field(default_factory=dict)
    checksums: set[str] = field(default_factory=set)
    ids: dict[str, UUID] = field(default_factory=dict)
    known: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    @property
    def client(self) -> FlaskClient:
        """A new visitor, who asks for nothing that was asked before."""
        return self.app.test_client()

    def address(self, template: str, q: str = "") -> str:
        names = {**self.slugs, **{f"{name}_file": key for name, key in self.files.items()}}
        return template.format(q=quote_plus(q), **names)

    @property
    def rules(self) -> set[str]:
        """The public addresses of the site, as it routes them."""
        rules = self.app.url_map.iter_rules()
        return {rule.rule for rule in rules if not rule.rule.startswith(BEHIND_SIGN_IN)}

    def addresses(self, table: Mapping[str, tuple[str, ...]]) -> list[str]:
        """The templates of `table`, one after the other."""
        return [template for templates in table.values() for template in templates]

    def answer_for_nobody(self, template: str, shape: str) -> tuple[int, str]:
        """What is answered when nobody wrote the words; asked for once."""
        if (template, shape) not in self.known:
            status, page = self.get(self.address(template, shape.format(*NOBODY)))
            self.known[template, shape] = (status, plain(page, NOBODY))
        return self.known[template, shape]

    def get(self, path: str) -> tuple[int, str]:
        answer = self.client.get(path)
        assert not untold(answer), path
        where = answer.headers.get("Location", "")
        return answer.status_code, f"{where}\n{answer.text}"


def untold(answer: Response) -> list[str]:
    """What an answer does not say of itself: its type, the charset of a text, whether it may be kept."""
    kind = answer.headers.get("Content-Type", "")
    missing = [
        name for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options") if name not in answer.headers
    ]
    return missing + (["charset"] if kind.startswith("text/") and "charset=" not in kind else [])


def sentence(name: str) -> str:
    probe, tell = WORDS[name]
    return f"Отчёт {probe} {tell} о стоке."


def hidden_record(name: str, agency: OrganizationRef) -> DatasetRecord:
    """A record with the words in every field that a search or a page could show."""
    probe, tell = WORDS[name]
    return record(
        sentence(name),
        description=ru(sentence(name)),
        table_of_contents=ru(sentence(name)),
        keywords=(Keyword(probe, "ru"), Keyword(tell, "ru")),
        performer=ru(f"{probe} {tell}"),
        contributors=(Contributor(f"{probe} {tell}"),),
        identifiers=(Identifier("other", probe), Identifier("other", tell)),
        spatial=probe,
        organization=agency,
        resources=(ResourceRecord(key="a", filename=f"{probe}.txt", name=ru(tell), description=ru(sentence(name))),),
        **RECORDS[name],
    )


NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Site]:
    """An open record and study, closed files, records that are not public: all read, indexed, listed. Nobody writes."""
    home = tmp_path_factory.mktemp("leaks") / "home"
    shutil.copytree(prepared, home)
    made = _opened(home, Clock(NOW))
    organization(made.catalogue, "su")
    _fill(made, feed(made.catalogue), OrganizationRef(slug="su", title=ru("su")))
    yield made
    made.catalogue.close()


@pytest.fixture(autouse=True)
def unwaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on the queue here, so that no search shall wait for it."""
    monkeypatch.setattr(index_wait, "SECONDS", 0.0)


@pytest.fixture
def changing(site: Site, tmp_path: Path) -> Iterator[Site]:
    """The test's own copy of it."""
    shutil.copytree(site.catalogue.config.home, tmp_path / "home")
    made = _opened(tmp_path / "home", Clock(NOW))
    made.slugs, made.files, made.ids = site.slugs, site.files, site.ids
    yield made
    made.catalogue.close()


def _opened(home: Path, clock: Clock) -> Site:
    catalogue = open_catalogue(load_config(environ=settings(home)), clock)
    return Site(catalogue, clock, create_app(catalogue))


def _fill(site: Site, source: Feed, agency: OrganizationRef) -> None:
    _study(site, "open_study", ru("Открытое исследование стока"), {}, agency)
    for name, changes in STUDIES.items():
        _study(site, name, ru(sentence(name)), changes, agency)
    item = filed("Открытый отчёт о стоке", "Отчёт: сток реки измерен. Институт.")
    _take(site, source, "open", found("open", _with(item.record, agency), {"report.txt": b"text of the report"}))
    for name, disclosure in FILES.items():
        _closed(site, source, name, disclosure, agency)
    _replaced(site, source, agency)
    for name in RECORDS:
        _take(site, source, name, found(name, hidden_record(name, agency), {"a": sentence(name).encode()}))
    _tie(site)
    _propose(site)
    work(site.catalogue)
    wordlists.refresh(site.catalogue)  # while what will be withdrawn is still public: lists may be older than the index
    writing.remove(site.catalogue, SYSTEM, site.slugs["withdrawn"], "Ошибка")
    indexing.index_records(site.catalogue, [site.ids["withdrawn"]], [])


def _with(dataset: DatasetRecord, agency: OrganizationRef) -> DatasetRecord:
    return replace(dataset, organization=agency, keywords=(Keyword("сток", "ru"),), performer=ru("Институт вод"))


def _closed(site: Site, source: Feed, name: str, disclosure: Disclosure, agency: OrganizationRef) -> None:
    probe, tell = WORDS[name]
    files = (
        ResourceRecord(key="report.txt", filename="report.txt", disclosure=disclosure),
        ResourceRecord(key="table.csv", filename="table.csv", disclosure=disclosure),
    )
    above = MARK if disclosure.status == "open" else ""
    table = f"{above}{probe};{tell}\n{tell};1\n"
    dataset = record(f"Отчёт о стоке, часть {name}", organization=agency, resources=files)
    _take(
        site,
        source,
        name,
        found(name, dataset, {"report.txt": (above + sentence(name)).encode(), "table.csv": table.encode()}),
    )


def _replaced(site: Site, source: Feed, agency: OrganizationRef) -> None:
    """A file that is open, whose first bytes bear a mark and whose second are withheld by themselves; and a closed one
    that had other bytes too.
    """
    probe, tell = WORDS["earlier"]
    for text in (MARK + sentence("earlier"), f"{sentence('earlier')} Ещё.", "Отчёт: сток реки измерен дважды."):
        item = filed("Отчёт об измерении", text, filename="b.txt" if text.startswith("Отчёт: ") else f"{probe}.txt")
        _take(site, source, "earlier", replace(item, record=_with(item.record, agency), identifier="earlier"))
        if text.startswith("Отчёт: "):
            site.checksums -= {hashlib.sha256(text.encode()).hexdigest()}
        else:
            with site.catalogue.sessions.write.begin() as session:
                marks = content.in_text((text,))
                content.keep(session, hashlib.sha256(text.encode()).hexdigest(), marks, site.catalogue.now())
    file_versions.withhold(site.catalogue, SYSTEM, site.slugs["earlier"], site.files["earlier"], 2, "Личные данные.")
    text = f"{sentence('withheld')} {tell}"
    site.checksums.add(hashlib.sha256(text.encode()).hexdigest())
    attaching.attach(
        site.catalogue, SYSTEM, site.slugs["withheld"], BytesIO(text.encode()), "report.txt",
        replaces=site.files["withheld"],
    )  # fmt: skip


def _propose(site: Site) -> None:
    """A change of the open record that waits for a reviewer, with a file."""
    probe, tell = WORDS["proposed"]
    with site.catalogue.sessions.read() as session:
        su = session.scalars(select(Organization.id).where(Organization.slug == "su")).one()
    editor = Actor(user_id=UUID(int=1), name=probe, roles={su: Role.EDITOR}, reviewed=frozenset([su]))
    content_ = sentence("proposed").encode()
    file = ResourceRecord(name=ru(tell), description=ru(sentence("proposed")))
    attaching.attach(
        site.catalogue, editor, site.slugs["open"], BytesIO(content_), f"{probe}.txt", resource=file, propose=True
    )
    begun = reviewing.proposed(site.catalogue, editor, "dataset", site.slugs["open"])
    assert isinstance(begun, DatasetRecord)
    words: dict[str, Any] = {
        name: ru(sentence("proposed")) for name in ("title", "description", "table_of_contents", "performer")
    }
    wanted = replace(begun, keywords=(Keyword(probe, "ru"),), contributors=(Contributor(tell),), **words)
    reviewing.propose(site.catalogue, editor, "dataset", site.slugs["open"], wanted, sentence("proposed"))
    site.checksums.add(hashlib.sha256(content_).hexdigest())


def _take(site: Site, source: Feed, name: str, item: Any) -> None:
    stored = source.one(item)
    assert stored.id is not None
    assert stored.resources[0].id is not None
    if name != "open":
        site.checksums |= {one.checksum for one in stored.resources if one.stored}
    site.slugs[name], site.ids[name], site.files[name] = stored.slug, stored.id, stored.resources[0].id


def _tie(site: Site) -> None:
    """The open dataset belongs to a hidden study, and what the open study owes is met by a draft."""
    with site.catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, site.ids["open"]).study_id = site.ids["secret_study"]
        owed = Deliverable(kind=DeliverableKind.FINAL_REPORT, dataset_id=site.ids["draft"])
        session.add(Contract(study_id=site.ids["open_study"], contract_number="1-2026", deliverables=[owed]))
        session.get_one(Dataset, site.ids["draft"]).study_id = site.ids["open_study"]
        queue.index_datasets(session, site.catalogue.now(), [site.ids["open"], site.ids["draft"]])
        queue.index_studies(session, site.catalogue.now(), [site.ids["open_study"]])


def _study(site: Site, name: str, title: Any, changes: dict[str, object], agency: OrganizationRef) -> None:
    words: dict[str, Any] = dict.fromkeys(
        ("title", "description", "unit", "programme", "call", "priority", "evaluation"), title
    )
    given = StudyRecord(
        slug=name.replace("_", "-"),
        register_number=f"{title.ru[6:20]} {name}",
        official=title.ru,
        keywords=(Keyword(title.ru, "ru"),),
        performers=(Performer(title, people=(Contributor(title.ru),)),),
        utilisations=(Utilisation("decision", title),),
        **words | changes,
    )
    with site.catalogue.sessions.write.begin() as session:
        row = new_study(session, given, site.catalogue.now())
        session.flush()
        site.slugs[name], site.ids[name], site.files[name] = row.slug, row.id, row.id
    indexing.index_records(site.catalogue, [], [site.ids[name]])


def plain(text: str, words: tuple[str, ...]) -> str:
    """`text` without the words that were asked for, in whatever way they are written into it."""
    for number, word in enumerate(words):
        for spelling in (word, quote(word), quote_plus(word), ascii(word)[1:-1]):
            text = text.replace(spelling, f"□{number}")
    return text


def tells(text: str) -> set[str]:
    """The hidden words in a page, however they are written."""
    folded = text.casefold()
    return {
        word
        for pair in WORDS.values()
        for word in pair
        if any(spelling.casefold() in folded for spelling in (word, word[:8], quote(word), ascii(word)[1:-1]))
    }


def test_every_public_address_is_tried(site: Site) -> None:
    named = {*SEARCHING, *SHOWING, *HIDDEN, *ELSEWHERE}
    assert site.rules - named == set(), "say above how these are tried, or why they show nothing"
    assert named - site.rules == set(), "these are gone"


@pytest.mark.parametrize("name", WORDS)
def test_a_hidden_word_is_answered_as_one_that_nobody_wrote(site: Site, name: str) -> None:
    for template in site.addresses(SEARCHING):
        for shape in SHAPES if "q={q}" in template else SHAPES[:1]:
            status, page = site.get(site.address(template, shape.format(*WORDS[name])))
            found = (status, plain(page, WORDS[name]))
            assert found == site.answer_for_nobody(template, shape), (template, shape)
            assert not tells(page) - set(WORDS[name]), (template, shape)


def test_beginnings_and_slips_of_hidden_words_are_not_completed(site: Site) -> None:
    for probe, tell in WORDS.values():
        for typed in (probe[:3], probe[:6], tell[:4], probe[:-2], probe[:2] + probe[3:], f"отчёт {probe[:7]}"):
            for template in (
                "/ru/search/complete?q={q}",
                "/ru/search?q={q}",
                "/ru/search?q={q}*",
                "/ru/feeds/search.atom?q={q}*",
            ):
                page = site.get(site.address(template, typed))[1].replace(typed, "").replace(quote_plus(typed), "")
                assert not tells(page), (template, typed)


def test_every_reading_action_is_tried() -> None:
    addresses = " ".join(template for table in (SEARCHING, SHOWING) for one in table.values() for template in one)
    tried = set(re.findall(r"/action/(\w+)", addresses))
    said = {name for names in ACTIONS_ELSEWHERE.values() for name in names}
    reading = {name for name in registry.names() if (found := registry.find(name)) and found.reads}
    assert reading - tried - said == set(), "say above how these are tried, or why they show nothing"
    assert said - reading == set(), "these are gone"


def test_no_page_holds_a_hidden_word_or_the_checksum_of_a_hidden_file(site: Site) -> None:
    assert len(site.checksums) >= len(RECORDS) + 2 * len(FILES)
    for template in site.addresses(SHOWING):
        status, page = site.get(site.address(template))
        assert status < 500, template
        assert not tells(page), template
        assert not any(one in page for one in site.checksums), template


def test_what_shows_no_record_says_its_type_its_charset_and_whether_it_may_be_kept(site: Site) -> None:
    for path in [*(one for one in ELSEWHERE if "<" not in one), "/static/icons/favicon.svg", "/nothing-here", "/api/x"]:
        with site.client.get(path) as answer:
            assert not untold(answer), path


@pytest.mark.parametrize("name", ["draft", "in_review", "private", *STUDIES])
def test_a_hidden_record_has_no_address(site: Site, name: str) -> None:
    for template in HIDDEN.values():
        status, page = site.get(template.format(site.slugs[name], site.files[name], site.ids[name]))
        assert status == 404, template
        assert not tells(page), template
    assert site.client.post(f"/dataset/{site.slugs[name]}/report", data={"message": "a"}).status_code == 404


@pytest.mark.parametrize("name", RECORDS)
def test_the_action_api_refuses_a_hidden_record_and_tells_nothing_of_it(site: Site, name: str) -> None:
    asked = {"package_show": (site.slugs[name], site.ids[name]), "resource_show": (site.files[name],)}
    for action, ids in asked.items():
        for one in ids:
            status, page = site.get(f"/api/3/action/{action}?id={one}")
            assert status == (404 if name == "withdrawn" else 403), (action, one)
            assert not tells(page.replace(str(one), "")), (action, one)
    listed = site.get("/api/3/action/package_list")[1]
    assert site.slugs[name] not in listed


STUDIES_AT = ("/study/<slug>", "/study/<slug>/report", "/api/v1/studies/<name>")


def test_of_a_withdrawn_record_its_tombstone_stays_alone(site: Site) -> None:
    slug, file, key = site.slugs["withdrawn"], site.files["withdrawn"], site.ids["withdrawn"]
    for rule, template in HIDDEN.items():
        status, page = site.get(template.format(slug, file, key))
        assert status == (404 if rule in STUDIES_AT else 303 if rule.startswith("/id/") else 410), template
        assert WORDS["withdrawn"][0] not in page or "Ошибка" in page


def test_no_count_and_no_facet_knows_of_what_is_hidden(site: Site) -> None:
    index = site.catalogue.index
    hidden = {key for name, key in site.ids.items() if name in RECORDS or name in STUDIES}
    assert not index.fingerprints().keys() & hidden
    for name in ("organization", "performer", "keyword", "type", "license_id", "text", "disclosure"):
        assert not tells(" ".join(value.value for value in index.values(name)))
    assert {value.value: value.count for value in index.values("organization")} == {"su": 5}
    assert not tells(" ".join(key for key, _ in index.vocabulary() if index.frequencies([key])[key]))


def test_the_command_line_finds_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings(site.catalogue.config.home).items():
        monkeypatch.setenv(name, value)
    hidden = [words for name, words in WORDS.items() if name != "embargoed"]  # it has ended by the clock of the command
    for probe, tell in hidden:
        for q in (probe, f"{tell}*", f"отчёт OR {probe}"):
            done = CliRunner().invoke(opendata, ["search", q, "--json"])
            assert done.exit_code == 0, done.output
            assert not tells(done.stdout) - set(WORDS["embargoed"])


def test_a_lagging_index_names_nothing_that_is_withdrawn_or_hidden(changing: Site) -> None:
    """The store is asked at the moment of the answer: between a change and its index job nothing shows."""
    one = feed(changing.catalogue)
    agency = OrganizationRef(slug="su", title=ru("su"))
    probe, tell = WORDS["withdrawn"]
    items = [one.one(found(f"late-{n}", hidden_record("withdrawn", agency), {"a": tell.encode()})) for n in range(2)]
    work(changing.catalogue)
    wordlists.refresh(changing.catalogue)
    assert tell in changing.get(changing.address("/ru/search?q={q}", probe))[1]
    writing.remove(changing.catalogue, SYSTEM, items[0].slug, "Ошибка")
    with changing.catalogue.sessions.write.begin() as session:
        row = session.get_one(Dataset, items[1].id)
        row.private, row.metadata_modified = True, changing.catalogue.now()
        queue.index_datasets(session, changing.catalogue.now(), [row.id])
    for template in changing.addresses(SEARCHING):
        page = changing.get(changing.address(template, probe))[1]
        assert tell not in page, template
        assert all(item.slug not in page for item in items), template
        assert all(str(item.id) not in page for item in items), template


@pytest.mark.parametrize("disclosure", [WITHHELD, EMBARGOED], ids=["withheld", "embargoed"])
def test_a_lagging_index_finds_nothing_by_the_words_of_a_file_that_was_closed(
    changing: Site, disclosure: Disclosure
) -> None:
    one = feed(changing.catalogue)
    probe, tell = WORDS["withheld"]
    text = {"report.txt": f"Отчёт {probe} {tell} о стоке.".encode()}

    def item(state: Disclosure) -> Any:
        file = ResourceRecord(key="report.txt", filename="report.txt", disclosure=state)
        return found("closing", record("Отчёт о паводке", resources=(file,)), text)

    slug = one.one(item(Disclosure())).slug
    work(changing.catalogue)
    templates = [each for each in SEARCHING["/search"] if "also" not in each and "q={q}" in each]
    assert slug in changing.get(changing.address(templates[0], probe))[1]
    changing.clock.advance(seconds=1)
    one.take(item(disclosure))
    for shape in SHAPES:
        for template in changing.addresses(SEARCHING):
            page = changing.get(changing.address(template, shape.format(probe, tell)))[1]
            assert slug not in page, (template, shape)
            assert tell not in plain(page, WORDS["withheld"]), (template, shape)
    assert changing.catalogue.index.frequencies([f"X:{probe}"]) == {f"X:{probe}": 0}
    work(changing.catalogue)
    assert slug not in changing.get(changing.address(templates[0], probe))[1]
    assert slug in changing.get(changing.address(templates[0], "паводке"))[1]


def test_what_an_embargo_held_back_is_found_when_it_ends(changing: Site) -> None:
    probe, tell = WORDS["embargoed"]
    changing.clock.advance(days=31)
    work(changing.catalogue)
    wordlists.refresh(changing.catalogue)
    page = changing.get(changing.address("/ru/search?q={q}", probe))[1]
    assert changing.slugs["embargoed"] in page
    assert tell in page
    assert changing.slugs["embargoed"] in changing.get(changing.address("/ru/feeds/search.atom?q={q}", probe))[1]
    assert changing.slugs["embargoed"] in changing.get(changing.address("/ru/search.csv?q={q}", probe))[1]
    file = changing.get(changing.address("/ru/dataset/{embargoed}/resource/{embargoed_file}?q={q}", probe))[1]
    assert tell in file


@pytest.mark.parametrize("name", WORDS)
def test_a_text_that_resembles_a_hidden_one_resembles_nothing(site: Site, name: str) -> None:
    answers = []
    for words in (WORDS[name], NOBODY):
        text = f"{words[0]} {words[1]} " * 3 + "Отчёт {} {} о стоке.".format(*words)
        answer = site.client.post("/ru/similar", data={"text": text})
        answers.append((answer.status_code, plain(answer.text, words)))
        assert not tells(answer.text) - set(words)
    assert answers[0] == answers[1]


def test_what_people_look_for_is_not_public(changing: Site) -> None:
    probe = WORDS["withheld"][0]
    for _ in range(6):
        changing.catalogue.tally.add({search_key(changing.catalogue.today(), "ru", probe, 0): 1})
        demand.add(changing.catalogue, changing.catalogue.tally.drain())
        changing.clock.advance(days=1)
    assert [one.words for one in demand.words(changing.catalogue, SYSTEM)] == [probe]
    for template in changing.addresses(SHOWING):
        assert probe not in changing.get(changing.address(template))[1], template
    assert changing.client.get("/desk/searches").status_code == 303
    assert changing.client.get("/desk/searches.csv").status_code == 303


def test_a_short_link_says_nothing_of_what_it_finds(changing: Site) -> None:
    made = [changing.client.post("/s/", data={"q": words[0]}) for words in (WORDS["withheld"], NOBODY)]
    assert [answer.status_code for answer in made] == [303, 303]
    assert not tells(changing.get(f"/ru{made[0].headers['Location'].split('#')[0]}")[1]) - {WORDS["withheld"][0]}


def test_the_clock_of_these_tests_stands_before_the_opening() -> None:
    assert EMBARGOED.until is not None
    assert EMBARGOED.until > dt.date(2026, 6, 1)
