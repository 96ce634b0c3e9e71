"""The desk: the form that says who may have one or several files, which keeps itself as those of records do."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request, url_for

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Disclosure
from opendata.errors import Changed, Invalid
from opendata.services import disclosing, file_desk
from opendata.services.disclosing import Outlook
from opendata.services.file_desk import DeskFiles
from opendata.web import file_forms
from opendata.web.desk_file_forms import at_list
from opendata.web.file_contexts import DisclosureContext
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice
from opendata.web.forms.sheet import Sheet, SheetView
from opendata.web.forms.typed import Typed, mark
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import shown

FILES = "file"
"""The field that names the files that it is about."""


def disclosure_sheet(slug: str) -> Sheet:
    """The form for who may have the files that the address names."""
    found = file_desk.listed(the_catalogue(), actor(), slug)
    record = found.record

    def saved(answers: Answers, version: str) -> str:
        wish, chosen = _wish(answers), _chosen(found, answers.typed)
        disclosing.disclose(the_catalogue(), actor(), slug, chosen, wish, check=_same(version), propose=True)
        return at_list(slug, "disclosed", chosen[0])

    return Sheet(
        form=file_forms.DISCLOSURE,
        kind="disclosure",
        here=url_for("desk_files.ask_disclosure", slug=record.slug),
        save=saved,
        page=lambda view: _page(found, view),
        stored=_stored(found),
        object_id=record.id,
        version=mark(_open_to(record)),
        title=shown(record.title).value,
        organization_id=record.organization.id if record.organization else None,
        offered={FILES: [Choice(str(one.file.id), one.file.filename or one.file.key) for one in found.files]},
        preview=_wish,
    )


def _stored(found: DeskFiles) -> Typed:
    """What stands of the files that the address names, or of the only one."""
    known = [str(one.file.id) for one in found.files]
    chosen = [one for one in request.args.getlist(FILES) if one in known] or (known if len(known) == 1 else [])
    first = next((one.file.disclosure for one in found.files if str(one.file.id) in chosen[:1]), Disclosure())
    said = file_forms.typed_disclosure(first)
    return Typed((*((FILES, one) for one in chosen), *said.pairs))


def _wish(answers: Answers) -> Disclosure:
    """What was typed, with all that belongs to it. Invalid."""
    wish = file_forms.disclosure_of(answers, Disclosure())
    if not answers.choices(FILES):
        answers.say("no_files", FILES, "Choose the files that it is about.")
    answers.refuse()
    return disclosing.checked(wish, the_catalogue().today())


def _chosen(found: DeskFiles, typed: Typed) -> list[UUID]:
    """The files that are ticked, as far as they are there."""
    ticked = typed.all(FILES)
    return [one.file.id for one in found.files if one.file.id and str(one.file.id) in ticked]


def _same(version: str) -> disclosing.Check:
    def check(before: DatasetRecord) -> None:
        if mark(_open_to(before)) != version:
            raise Changed("The record was changed meanwhile. Look at what stands now, then save again.")

    return check


def _open_to(record: DatasetRecord) -> list[object]:
    """Who may have which bytes. Not the version of the record: files are read meanwhile."""
    return [(one.id, one.filename, one.checksum, one.access_url, one.disclosure) for one in record.resources]


def _page(found: DeskFiles, view: SheetView) -> str:
    chosen = _chosen(found, view.typed)
    wish = _previewed(view) if view.previewed else None
    page = DisclosureContext(
        found=found,
        chosen=frozenset(chosen),
        sheet=view,
        outlook=_outlook(found, chosen, wish),
        preview=wish is not None,
        today=the_catalogue().today(),
        zone=the_catalogue().config.site.timezone,
    )
    return render_template("desk/files/disclosure.html", page=page)


def _previewed(view: SheetView) -> Disclosure | None:
    """What the draft comes to; None where it is wrong by now: its day has passed."""
    try:
        return _wish(Answers(file_forms.DISCLOSURE, view.typed))
    except Invalid:
        return None


def _outlook(found: DeskFiles, chosen: list[UUID], wish: Disclosure | None) -> Outlook | None:
    return disclosing.outlook(the_catalogue(), actor(), found.record.slug, chosen, wish) if chosen else None
