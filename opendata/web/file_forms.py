"""The forms of files: what is said of one, a link, and who may have one or several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from opendata.catalog import grounds, licenses
from opendata.catalog.records import DatasetRecord, ResourceRecord, ResourceRole
from opendata.catalog.values import LANGUAGES, Disclosure, DisclosureStatus
from opendata.services.edits import FILE as OF_FILES
from opendata.services.edits import file_field, unedited
from opendata.web.dataset_values import YES, text_pairs
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice, Field, Form, Kind, Section
from opendata.web.forms.typed import Typed
from opendata.web.forms.views import Said
from opendata.web.i18n import page_language
from opendata.web.labels import label
from opendata.web.rendering import instant, license_name, shown


def _roles() -> Sequence[Choice]:
    return [Choice(one.value, label("resource_role", one.value)) for one in ResourceRole]


def _licences() -> Sequence[Choice]:
    return [Choice(one.id, str(license_name(one))) for one in licenses.offered()]


def languages(code: str = "") -> Sequence[Choice]:
    """Our three languages, and this one."""
    return [Choice(one, label("language", one)) for one in dict.fromkeys((*LANGUAGES, code)) if one]


def _statuses() -> Sequence[Choice]:
    words = {
        DisclosureStatus.OPEN: _("Open: everybody may have it"),
        DisclosureStatus.EMBARGOED: _("Opens later, on a day"),
        DisclosureStatus.PARTLY: _("Partly open: what is here is open, parts of the original were left out"),
        DisclosureStatus.WITHHELD: _("Withheld: nobody outside the agency may have it"),
    }
    return [Choice(one.value, words[one]) for one in DisclosureStatus]


def _grounds() -> Sequence[Choice]:
    return [Choice(one.id, shown(one.title).value) for one in grounds.grounds()]


_SAID = (
    Field("name", _l("Title of the file"), Kind.TEXT, _l("Empty: readers see the name of the file."), limit=1000),
    Field("description", _l("What is in it"), Kind.TEXTS, limit=20_000),
    Field("role", _l("What it is in this work"), Kind.CHOICE, choices=_roles),
    Field("language", _l("Language of its text"), Kind.CHOICE, choices=languages, empty=_l("Not stated")),
    Field("license_id", _l("Licence"), Kind.CHOICE, choices=_licences, empty=_l("That of the record")),
    Field(
        "license_text",
        _l("Licence in the source’s words"),
        Kind.PROSE,
        _l("Choosing another licence above empties it, unless you change it as well."),
        limit=20_000,
    ),
    Field("issued", _l("Published"), Kind.DATE, _l("A day, a month or a year.")),
    Field("modified", _l("Changed by its authors"), Kind.DATE),
)
_ADDRESS = (
    Field("url", _l("Address"), Kind.URL, required=True),
    Field("direct", _l("This address gives the file itself: fetch it, keep a copy and read it"), Kind.FLAG),
)
_NAME = Field("filename", _l("Name when it is downloaded"), limit=200)
FILE = Form((Section("file", _l("About the file"), (*_SAID, _NAME)),))
"""What is said of a file whose bytes we hold."""
LINK = Form((Section("link", _l("Where it is"), _ADDRESS), Section("file", _l("About the file"), _SAID)))
"""The same of a link."""

DISCLOSURE = Form(
    (
        Section("files", _l("Files that it is about"), (Field("file", _l("Files that it is about"), Kind.CHECKS),)),
        Section(
            "disclosure",
            _l("Who may have it"),
            (
                Field("status", _l("From now on"), Kind.CHOICE, choices=_statuses),
                Field(
                    "until",
                    _l("First day on which it is open"),
                    Kind.DAY,
                    _l("It opens by itself when that day begins here. For a withheld file it may be left empty."),
                ),
                Field(
                    "ground",
                    _l("Legal ground"),
                    Kind.CHOICE,
                    choices=_grounds,
                    empty=_l("Another one, in the field below"),
                ),
                Field(
                    "legal_ground",
                    _l("Another legal ground, in your words"),
                    hint=_l("The act, its number and article. Readers see it."),
                ),
                Field("reason", _l("Reason, as readers see it"), Kind.TEXTS, limit=2000),
            ),
        ),
    )
)

NEW_LINK = Typed((("direct", YES), ("role", ResourceRole.DATA.value)))
"""What the form of a new link holds."""


def typed_of(file: ResourceRecord) -> Typed:
    """What the form holds for the file."""
    pairs: list[tuple[str, str]] = [*text_pairs("name", file.name), *text_pairs("description", file.description)]
    pairs += [(name, getattr(file, name)) for name in ("language", "license_id", "license_text", "filename")]
    pairs += [("role", file.role.value)]
    pairs += [(name, str(getattr(file, name) or "")) for name in ("issued", "modified")]
    pairs += [("url", file.download_url or file.access_url), ("direct", YES if file.download_url else "")]
    return Typed(tuple(pairs))


def said_of(record: DatasetRecord, file: ResourceRecord) -> dict[str, list[Said]]:
    """What the sources say of the fields of the file that were written by hand, by the field of the form."""
    found: dict[str, list[Said]] = {}
    if not any(one.field.startswith(OF_FILES) for one in record.edited):
        return found
    sources = next((one for one in unedited(record).resources if one.key == file.key), file)
    typed = typed_of(sources)
    for one in record.edited:
        key, field = file_field(one.field) if one.field.startswith(OF_FILES) else ("", "")
        if key == file.key and field in _names(LINK) | _names(FILE):
            words = " / ".join(value for _name, value in typed.of(field) if value)
            found.setdefault(field, []).append(Said(one.field, words, instant(one.at)))
    return found


def file_of(answers: Answers, before: ResourceRecord, stored: Typed) -> ResourceRecord:
    """`before` with what was typed; a field that nobody touched stays as it is. Problems are noted in `answers`."""
    changes: dict[str, Any] = {}
    touched = {name for name in _names(answers.form) if answers.typed.of(name) != stored.of(name)}
    for name in touched & {"name", "description"}:
        changes[name] = answers.text(name, getattr(before, name))
    for name in touched & {"language", "license_id", "license_text", "filename"}:
        changes[name] = answers.line(name)
    if "license_id" in touched and "license_text" not in touched:
        changes["license_text"] = ""  # the words of its source were about the former one
    for name in touched & {"issued", "modified"}:
        changes[name] = answers.date(name)
    if "role" in touched and answers.line("role") in list(ResourceRole):
        changes["role"] = ResourceRole(answers.line("role"))
    if touched & {"url", "direct"}:
        url, direct = answers.line("url"), answers.flag("direct")
        changes |= {"download_url": url if direct else "", "access_url": "" if direct else url}
    if answers.form is LINK and not answers.line("url"):
        answers.say("form_required", "url", "A link has an address.")
    return replace(before, **changes)


def _names(form: Form) -> set[str]:
    return {part.name for part in form.parts}


def typed_disclosure(one: Disclosure) -> Typed:
    """What the form holds for it; a ground of the list is chosen there, whatever language it was written in."""
    listed = grounds.known(one.legal_ground)
    pairs = [
        ("status", one.status.value),
        ("until", str(one.until or "")),
        ("ground", listed.id if listed else ""),
        ("legal_ground", "" if listed else one.legal_ground),
        *text_pairs("reason", one.reason),
    ]
    return Typed(tuple(pairs))


def disclosure_of(answers: Answers, before: Disclosure) -> Disclosure:
    """What was chosen. Problems are noted in `answers`."""
    status = answers.line("status")
    listed = grounds.ground(answers.line("ground"))
    return Disclosure(
        status=DisclosureStatus(status) if status in list(DisclosureStatus) else before.status,
        until=answers.day("until"),
        legal_ground=listed.title.show(page_language()).value if listed else answers.line("legal_ground"),
        reason=answers.text("reason", before.reason),
    )
