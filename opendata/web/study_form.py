"""The form of a study: its sections and fields, with their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import lazy_gettext as _l

from opendata.catalog import vocabularies
from opendata.catalog.records import DeliverableKind, StudyStatus
from opendata.catalog.study_rules import MOST_ROWS
from opendata.catalog.validation import MAX_TITLE
from opendata.catalog.values import ContributorRole, DisclosureStatus
from opendata.web.forms.fields import Choice, Field, Form, Kind, Rows, Section
from opendata.web.labels import label

SCHEMES = ("grnti", "udc", "ford", "other")
"""Classifications of subjects, as people in the country meet them."""


def of_list(vocabulary: str, codes: Sequence[str] = ()) -> Callable[[], Sequence[Choice]]:
    """The choices of one of our lists, in the language of the page."""
    return lambda: [Choice(code, str(label(vocabulary, code))) for code in codes or vocabularies.codes(vocabulary)]


def _schemes() -> Sequence[Choice]:
    return [Choice(code, str(label("scheme", code))) for code in SCHEMES]


PEOPLE = Rows(
    "people",
    _l("People"),
    _l("Person"),
    _l("Add a person"),
    (
        Field("name", _l("Name"), limit=500, lookup="person"),
        Field("role", _l("Role"), Kind.CHOICE, choices=of_list("contributor_role", [*ContributorRole])),
        Field("orcid", "ORCID", limit=60, check="orcid"),
        Field("affiliation", _l("Where they work")),
    ),
    limit=MOST_ROWS["people"],
)

PERFORMERS = Rows(
    "performers",
    _l("Who carries it out"),
    _l("Performer"),
    _l("Add a performer"),
    (
        Field("name", _l("Name of the body"), Kind.TEXT, lookup="organization"),
        Field("bin", _l("BIN"), hint=_l("The 12 digits of the body’s business number."), limit=20, check="bin"),
        Field("ror", "ROR", hint=_l("Such as https://ror.org/03yrm5c26."), limit=100, check="ror"),
        PEOPLE,
    ),
    limit=MOST_ROWS["performers"],
)

DELIVERABLES = Rows(
    "deliverables",
    _l("What it owes"),
    _l("Deliverable"),
    _l("Add something that is owed"),
    (
        Field("id", "", Kind.HIDDEN, limit=36),
        Field(
            "kind", _l("Kind"), Kind.CHOICE, choices=of_list("deliverable_kind", [*DeliverableKind]),
            empty=_l("Choose…"),
        ),
        Field("period", _l("For which period"), hint=_l("Such as 2026, or “stage 1”."), limit=100),
        Field("due", _l("Due on"), Kind.DAY),
        Field("delivered", _l("Delivered on"), Kind.DAY),
        Field("accepted", _l("Accepted on"), Kind.DAY),
        Field("returned", _l("How often it was returned"), Kind.WHOLE),
        Field(
            "dataset", _l("The record that meets it"), lookup="record", limit=200,
            hint=_l("Look it up by its title. Leave it empty while nothing is deposited."),
        ),
        Field("withheld", _l("It is withheld from the public"), Kind.FLAG),
    ),
    limit=MOST_ROWS["deliverables"],
)  # fmt: skip

CONTRACTS = Rows(
    "contracts",
    _l("Contracts"),
    _l("Contract"),
    _l("Add a contract"),
    (
        Field("contract_number", _l("Number of the contract"), limit=200),
        Field("signed", _l("Signed on"), Kind.DAY),
        Field("amount", _l("Amount"), Kind.DECIMAL, limit=40),
        Field("currency", _l("Currency"), hint=_l("Three letters of ISO 4217; KZT where it is empty."), limit=3),
        Field(
            "contract_type", _l("Kind of contract"), Kind.CHOICE, choices=of_list("contract_type"),
            empty=_l("Not stated"),
        ),
        DELIVERABLES,
    ),
    limit=MOST_ROWS["contracts"],
)  # fmt: skip

UTILISATIONS = Rows(
    "utilisations",
    _l("What the results were used for"),
    _l("Use"),
    _l("Add a use"),
    (
        Field("kind", _l("Kind"), Kind.CHOICE, choices=of_list("utilisation_kind"), empty=_l("Choose…")),
        Field("description", _l("What came of it"), Kind.TEXTS),
        Field("date", _l("When"), Kind.DATE),
        Field("url", _l("Web address"), Kind.URL, limit=2_000),
    ),
    limit=MOST_ROWS["utilisations"],
)

SUBJECTS = Rows(
    "subjects",
    _l("Subject codes"),
    _l("Subject"),
    _l("Add a subject"),
    (
        Field("scheme", _l("Classification"), Kind.CHOICE, choices=_schemes),
        Field("code", _l("Code"), limit=100, lookup="subject"),
    ),
    hint=_l("Write a code, or look one up by its name."),
    limit=50,
)

FORM = Form(
    (
        Section(
            "about",
            _l("The study"),
            (
                Field("title", _l("Title"), Kind.TEXT, required=True, limit=MAX_TITLE),
                Field("description", _l("Abstract"), Kind.TEXTS),
                Field(
                    "register_number", _l("Register number"), limit=100,
                    hint=_l("Such as BR21881930. A draft may lack it; no two studies have the same."),
                ),
                Field("organization", _l("Agency that commissioned it"), Kind.CHOICE, required=True),
                Field("unit", _l("Unit"), Kind.TEXT),
                Field("official", _l("Responsible official"), limit=500),
            ),
        ),
        Section(
            "frame",
            _l("Programme and period"),
            (
                Field("programme", _l("Programme"), Kind.TEXT),
                Field("call", _l("Call"), Kind.TEXT),
                Field("priority", _l("Priority"), Kind.TEXT),
                Field("period.start", _l("Begins"), Kind.DATE, hint=_l("A day, a month or a year.")),
                Field("period.end", _l("Ends"), Kind.DATE),
                Field("status", _l("Where the research stands"), Kind.CHOICE,
                      choices=of_list("study_status", [*StudyStatus])),
            ),
        ),
        Section("performers", _l("Performers"), (PERFORMERS,)),
        Section(
            "contracts",
            _l("Contracts and what they owe"),
            (CONTRACTS,),
            hint=_l("Every report that is owed stands here with its day, so that a missing one is seen."),
        ),
        Section(
            "subjects",
            _l("What it is about"),
            (
                SUBJECTS,
                Field("keywords", _l("Keywords"), Kind.WORDS, hint=_l("One a line."), lookup="keyword"),
                Field("themes", _l("Themes"), Kind.CHECKS, choices=of_list("theme")),
            ),
        ),
        Section(
            "disclosure",
            _l("Disclosure"),
            (
                Field("disclosure.status", _l("May the public have the results?"), Kind.CHOICE,
                      choices=of_list("disclosure", [*DisclosureStatus])),
                Field("disclosure.until", _l("Open from"), Kind.DAY),
                Field("disclosure.legal_ground", _l("Legal ground")),
                Field("disclosure.reason", _l("Reason"), Kind.TEXT),
                Field("private", _l("Only the people of the agency see this study"), Kind.FLAG),
            ),
        ),
        Section(
            "results",
            _l("Evaluation and use"),
            (Field("evaluation", _l("Evaluation"), Kind.TEXTS), UTILISATIONS),
        ),
    )
)  # fmt: skip
