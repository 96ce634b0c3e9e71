"""The form of a dataset: everything that people say of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from opendata.catalog import licenses, vocabularies
from opendata.catalog.validation import MAX_CONTRIBUTORS, MAX_TITLE
from opendata.catalog.values import LANGUAGES
from opendata.web.forms.fields import Choice, Field, Form, Kind, Rows, Section
from opendata.web.labels import LABELS, label
from opendata.web.rendering import license_name, shown

__all__ = ["FORM", "language_choices"]


def _of(vocabulary: str) -> Callable[[], Sequence[Choice]]:
    """The choices of a controlled list."""
    return lambda: [Choice(code, label(vocabulary, code)) for code in vocabularies.codes(vocabulary)]


def _labelled(vocabulary: str) -> Callable[[], Sequence[Choice]]:
    """The choices of a list of the site's own words."""
    return lambda: [Choice(code, str(words)) for code, words in LABELS[vocabulary].items()]


def _licences() -> Sequence[Choice]:
    """The licences below their verdicts, the recommended ones first."""
    headings = {True: _("Open: everybody may use and share it"), False: _("Not open"), None: _("Not decided")}
    offered = [Choice(one.id, _licence(one), str(headings[one.open])) for one in licenses.offered()]
    return sorted(offered, key=lambda one: one.group != headings[True])


def _licence(one: licenses.License) -> str:
    name, title = str(license_name(one)), shown(one.title).value
    return title if name == title or not one.id[:1].isupper() else f"{one.id} – {title}"


def language_choices(codes: Sequence[str] = ()) -> Sequence[Choice]:
    """Our three languages, and these."""
    return [Choice(code, label("language", code)) for code in dict.fromkeys((*LANGUAGES, *codes))]


_BASICS = Section(
    "basics",
    _l("What it is"),
    (
        Field("organization", _l("Agency"), Kind.CHOICE, required=True, empty=_l("Choose")),
        Field("type", _l("Type"), Kind.CHOICE, choices=_of("dataset_type")),
        Field(
            "title",
            _l("Title"),
            Kind.TEXT,
            _l("In every language in which it has one. One is enough to save."),
            limit=MAX_TITLE,
            required=True,
        ),
        Field("description", _l("Abstract"), Kind.TEXTS, _l("What was asked, how it was studied, what came out.")),
        Field("table_of_contents", _l("Table of contents"), Kind.TEXTS),
    ),
)
_SUBJECT = Section(
    "subject",
    _l("What it is about"),
    (
        Field("keywords", _l("Keywords"), Kind.WORDS, _l("One a line, or with semicolons."), lookup="keyword"),
        Rows(
            "subjects",
            _l("Subjects"),
            _l("Subject"),
            _l("Add a subject"),
            (
                Field("scheme", _l("Classification"), Kind.CHOICE, choices=_labelled("scheme")),
                Field("code", _l("Code or name"), hint=_l("06.81.12, or a word of its name."), lookup="subject"),
            ),
            _l("GRNTI, OECD FORD or UDC."),
            limit=50,
        ),
        Field("themes", _l("Themes"), Kind.CHECKS, choices=_of("theme")),
    ),
)
_PEOPLE = Section(
    "people",
    _l("Who made it"),
    (
        Field("performer", _l("Performer"), Kind.TEXT, _l("The institute or company that carried the research out.")),
        Rows(
            "contributors",
            _l("Authors and others"),
            _l("Person or body"),
            _l("Add a person or body"),
            (
                Field("name", _l("Name"), limit=500, lookup="person"),
                Field("role", _l("Role"), Kind.CHOICE, choices=_of("contributor_role")),
                Field("orcid", _l("ORCID"), check="orcid"),
                Field("affiliation", _l("Affiliation"), lookup="organization"),
                Field("is_organization", _l("This is a body, not a person"), Kind.FLAG),
                Field("bin", _l("BIN of a body"), check="bin"),
                Field("ror", _l("ROR of a body"), check="ror"),
            ),
            _l("In the order in which they are to be cited."),
            limit=MAX_CONTRIBUTORS,
        ),
        Rows(
            "contacts",
            _l("Contacts"),
            _l("Contact"),
            _l("Add a contact"),
            (
                Field("name", _l("Name"), limit=500),
                Field("email", _l("E-mail"), Kind.EMAIL),
                Field("phone", _l("Phone"), limit=100),
                Field("url", _l("Web address"), Kind.URL),
            ),
            _l("Whom readers may ask. This is public."),
            limit=20,
        ),
    ),
)
_RIGHTS = Section(
    "rights",
    _l("Who may use it"),
    (
        Field(
            "license_id",
            _l("Licence"),
            Kind.CHOICE,
            _l("Without one nobody knows what is allowed. CC BY 4.0 lets everybody use it who names you."),
            choices=_licences,
            empty=_l("Not stated"),
        ),
        Field("license_text", _l("Licence in the source’s words"), Kind.PROSE, limit=20_000),
        Field("private", _l("For the people of the agency alone, also when it is published"), Kind.FLAG),
    ),
)
_NUMBERS = Section(
    "numbers",
    _l("Numbers and addresses"),
    (
        Field(
            "register_number",
            _l("Register number of the study"),
            hint=_l("Joins the record with the study that it came from. Look it up by number or title."),
            limit=100,
            lookup="study",
        ),
        Field("report_number", _l("Report number"), limit=100),
        Rows(
            "identifiers",
            _l("Identifiers"),
            _l("Identifier"),
            _l("Add an identifier"),
            (
                Field("scheme", _l("Kind"), Kind.CHOICE, choices=_labelled("identifier")),
                Field("value", _l("Identifier"), check_by="scheme"),
            ),
        ),
        Field("version", _l("Version"), limit=100),
        Field("landing_page", _l("Publisher's page"), Kind.URL),
    ),
)
_TIME = Section(
    "time",
    _l("Time, place, language"),
    (
        Field("issued", _l("Published"), Kind.DATE, _l("2026, 2026-11 or 2026-11-01.")),
        Field("modified", _l("Changed by the publisher"), Kind.DATE),
        Field("temporal.start", _l("Time covered, from"), Kind.DATE),
        Field("temporal.end", _l("Time covered, until"), Kind.DATE),
        Field("frequency", _l("Updated how often"), Kind.CHOICE, choices=_of("frequency"), empty=_l("Not stated")),
        Field("languages", _l("Languages"), Kind.CHECKS, choices=language_choices),
        Field("languages.other", _l("Further languages"), hint=_l("Names or codes, with semicolons: de; uz.")),
        Field("spatial", _l("Place covered"), hint=_l("A region, a river, a country.")),
        Field("bbox.west", _l("Westernmost longitude"), Kind.DECIMAL, _l("In degrees: 46.5.")),
        Field("bbox.south", _l("Southernmost latitude"), Kind.DECIMAL),
        Field("bbox.east", _l("Easternmost longitude"), Kind.DECIMAL),
        Field("bbox.north", _l("Northernmost latitude"), Kind.DECIMAL),
    ),
)
_LINKS = Section(
    "links",
    _l("Related records and further details"),
    (
        Rows(
            "relations",
            _l("Related records"),
            _l("Relation"),
            _l("Add a related record"),
            (
                Field("kind", _l("This record is"), Kind.CHOICE, choices=_labelled("relation")),
                Field(
                    "target",
                    _l("Record or web address"),
                    hint=_l("Look it up by words of its title, or give an address."),
                    limit=2_000,
                    lookup="record",
                ),
            ),
            limit=200,
        ),
        Rows(
            "extras",
            _l("Further fields"),
            _l("Field"),
            _l("Add a field"),
            (Field("key", _l("Name"), limit=200), Field("value", _l("Value"), Kind.PROSE, limit=20_000)),
            limit=200,
        ),
    ),
)

FORM = Form((_BASICS, _SUBJECT, _PEOPLE, _RIGHTS, _NUMBERS, _TIME, _LINKS))
