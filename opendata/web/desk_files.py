"""The desk: the files of a record. Added, put in order, given other bytes, described, opened and closed.

Everything is a plain form; a large file is sent in pieces where JavaScript runs (static/js/upload.js), and the form
then carries the id of what has arrived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO, cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.catalog.normalise import clean_text
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure
from opendata.errors import Changed, Invalid, NotFound, Problem, TooLarge
from opendata.services import attaching, disclosing, editing, file_desk, file_versions, form_drafts
from opendata.services.disclosing import Outlook
from opendata.services.edits import file_field
from opendata.services.form_drafts import Draft
from opendata.services.uploads import partial
from opendata.web import file_forms, inside
from opendata.web.file_contexts import (
    DisclosureContext,
    FileFormContext,
    FilesBlock,
    FilesContext,
    OneFileContext,
    files_block,
    sending,
)
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice, Form
from opendata.web.forms.placing import placed
from opendata.web.forms.typed import Typed
from opendata.web.forms.views import FormView, Said, Viewing
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk_files", __name__, "/desk/datasets/<slug>/files")

MOST_WHY = 2000


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


def block(slug: str) -> FilesBlock:
    """The files for the record's own page at the desk: templates/desk/files/_block.html shows them."""
    return files_block(file_desk.listed(the_catalogue(), actor(), slug))


@blueprint.get("")
def index(slug: str) -> str:
    """All files, with what may be done to each."""
    return _list(slug)


def _list(slug: str, problems: tuple[Problem, ...] = (), at: str = "") -> str:
    found = block(slug)
    page = FilesContext(found, sending(the_catalogue().config), request.args.get("done", ""), problems, at)
    return render_template("desk/files/list.html", page=page)


@blueprint.get("/status")
def status(slug: str) -> str:
    """How far the reading of each file is, to be asked for again while it goes on."""
    return render_template("desk/files/_states.html", files=block(slug))


@blueprint.post("")
def add(slug: str) -> ResponseReturnValue:
    """Add the file that was sent."""
    try:
        with _sent() as (stream, filename):
            made = attaching.attach(the_catalogue(), actor(), slug, stream, filename)
    except (Invalid, TooLarge) as error:
        return _list(slug, _refused(error), "add"), 413 if isinstance(error, TooLarge) else 400
    return _at_list(slug, "added", made.id)


@contextmanager
def _sent() -> Iterator[tuple[BinaryIO, str]]:
    """The file of the form: what came in pieces before, else what came with it. Invalid without one."""
    given = request.files.get("file")
    if upload := request.form.get("upload", ""):
        with partial.whole(the_catalogue(), actor(), _id(upload)) as whole:
            yield whole
    elif given is None or not given.filename:
        raise Invalid("Choose a file.", [Problem("no_file", "Choose a file.", "file")])
    else:
        yield cast("BinaryIO", given.stream), given.filename


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("There is nothing of that id.") from None


def _refused(error: Invalid | TooLarge) -> tuple[Problem, ...]:
    if isinstance(error, Invalid) and error.problems:
        return in_words(error.problems)
    code = "file_too_large" if isinstance(error, TooLarge) else "file_refused"
    return in_words([Problem(code, error.message, "file")])


def _at_list(slug: str, done: str, resource_id: UUID | None = None) -> ResponseReturnValue:
    anchor = f"file-{resource_id}" if resource_id else None
    return redirect(url_for("desk_files.index", slug=slug, done=done, _anchor=anchor), 303)


@blueprint.get("/link")
def new_link(slug: str) -> str:
    """The form for a link."""
    record = file_desk.listed(the_catalogue(), actor(), slug).record
    opened = _draft(record.id, request.args.get("draft", ""))
    typed = Typed.known(file_forms.LINK, opened.form) if opened else file_forms.NEW_LINK
    return _form_page(slug, None, file_forms.LINK, typed, opened=opened)


def _draft(object_id: UUID | None, given: str) -> Draft | None:
    """The draft of that id, where it is one of the asker's for this file (of a new link: for this record)."""
    try:
        found = form_drafts.open(the_catalogue(), actor(), UUID(given)) if given else None
    except (ValueError, NotFound):
        return None
    return found if found and (found.line.kind, found.line.object_id) == ("file", object_id) else None


def _end_draft(object_id: UUID | None) -> None:
    """Forget what was kept of the form, which is saved."""
    if opened := _draft(object_id, request.form.get("form-draft", "")):
        form_drafts.discard(the_catalogue(), actor(), opened.line.id)


@blueprint.post("/link")
def add_link(slug: str) -> ResponseReturnValue:
    """Add it."""
    typed = Typed.posted(file_forms.LINK, request.form)
    answers = Answers(file_forms.LINK, typed)
    answers.check()
    try:
        link = file_forms.file_of(answers, ResourceRecord(), Typed())
        answers.refuse()
        made = file_desk.add_link(the_catalogue(), actor(), slug, link)
    except Invalid as error:
        return _form_page(slug, None, file_forms.LINK, typed, error), 400
    _end_draft(file_desk.listed(the_catalogue(), actor(), slug).record.id)
    return _at_list(slug, "added", made.id)


@blueprint.get("/<uuid:resource_id>")
def edit(slug: str, resource_id: UUID) -> str:
    """The form for what is said of a file."""
    file = file_desk.listed(the_catalogue(), actor(), slug).file(resource_id).file
    form, opened = _form_of(file), _draft(resource_id, request.args.get("draft", ""))
    typed = Typed.known(form, opened.form) if opened else file_forms.typed_of(file)
    return _form_page(slug, resource_id, form, typed, opened=opened)


@blueprint.post("/<uuid:resource_id>")
def save(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """Write what was changed; or take the source's word for one field again, with all else as it was typed."""
    act, _, name = request.form.get("act", "").partition(":")
    if act == "release":
        return _release(slug, resource_id, name)
    found = file_desk.listed(the_catalogue(), actor(), slug)
    file = found.file(resource_id).file
    form, stored = _form_of(file), file_forms.typed_of(file)
    typed = Typed.posted(form, request.form)
    answers = Answers(form, typed)
    answers.check({"language": file_forms.languages(file.language)}, stored)
    try:
        file_forms.file_of(answers, file, stored)
        answers.refuse()
        if request.form.get("form-version") not in (None, _named(stored)):
            raise Changed("The file was changed meanwhile.")
        file_desk.change(
            the_catalogue(), actor(), slug, resource_id,
            lambda one: file_forms.file_of(Answers(form, typed), one, stored), if_version=found.version,
        )  # fmt: skip
    except Invalid as error:
        return _form_page(slug, resource_id, form, typed, error), 400
    except Changed:
        return _form_page(slug, resource_id, form, typed, theirs=stored), 409
    _end_draft(resource_id)
    return _at_list(slug, "saved", resource_id)


def _release(slug: str, resource_id: UUID, name: str) -> str:
    editing.release(the_catalogue(), actor(), slug, [name])
    file = file_desk.listed(the_catalogue(), actor(), slug).file(resource_id).file
    form = _form_of(file)
    typed = Typed.posted(form, request.form).with_field(file_field(name)[1], file_forms.typed_of(file))
    return _form_page(slug, resource_id, form, typed, opened=_draft(resource_id, request.form.get("form-draft", "")))


def _form_of(file: ResourceRecord) -> Form:
    return file_forms.FILE if file.stored else file_forms.LINK


def _form_page(
    slug: str,
    resource_id: UUID | None,
    form: Form,
    typed: Typed,
    error: Invalid | None = None,
    theirs: Typed | None = None,
    opened: Draft | None = None,
) -> str:
    """The form. `theirs` is what stands now, where somebody changed it after this was begun; `opened` the draft."""
    found = file_desk.listed(the_catalogue(), actor(), slug)
    desk_file = found.file(resource_id) if resource_id else None
    offered = {"language": file_forms.languages(desk_file.file.language if desk_file else "")}
    now = _named(file_forms.typed_of(desk_file.file)) if desk_file else ""
    version = request.form.get("form-version", now) if error else opened.line.base_version if opened else now
    said = file_forms.said_of(found.record, desk_file.file) if desk_file else {}
    view = _viewed(form, typed, error, version, offered, said)
    page = FileFormContext.of(found, desk_file, view, typed, theirs, opened.line if opened else None)
    return render_template("desk/files/edit.html", page=page)


def _viewed(
    form: Form,
    typed: Typed,
    error: Invalid | None,
    version: str,
    offered: Mapping[str, Sequence[Choice]],
    said: Mapping[str, Sequence[Said]] | None = None,
) -> FormView:
    problems = (error.problems or (Problem("invalid", error.message),)) if error else ()
    told = placed(form, typed, problems, page_language())
    return Viewing(form, typed, told, offered, said or {}).view(version)


@blueprint.get("/<uuid:resource_id>/replace")
def ask_to_replace(slug: str, resource_id: UUID) -> str:
    """The form for other bytes."""
    return _one("replace", slug, resource_id)


def _one(name: str, slug: str, resource_id: UUID, problems: tuple[Problem, ...] = ()) -> str:
    found = file_desk.listed(the_catalogue(), actor(), slug)
    why = request.form.get("why", "")
    page = OneFileContext(found, found.file(resource_id), sending(the_catalogue().config), why, problems)
    return render_template(f"desk/files/{name}.html", page=page)


@blueprint.post("/<uuid:resource_id>/replace")
def replace(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """Give the file the bytes that were sent; those that it had stay as an earlier version."""
    why = clean_text(request.form.get("why", ""))[0][:MOST_WHY]
    try:
        with _sent() as (stream, filename):
            attaching.attach(the_catalogue(), actor(), slug, stream, filename, replaces=resource_id, why=why)
    except (Invalid, TooLarge) as error:
        again = _one("replace", slug, resource_id, _refused(error))
        return again, 413 if isinstance(error, TooLarge) else 400
    return _at_list(slug, "replaced", resource_id)


@blueprint.get("/<uuid:resource_id>/remove")
def ask_to_remove(slug: str, resource_id: UUID) -> str:
    """Say what removing would do, and ask."""
    return _one("remove", slug, resource_id)


@blueprint.post("/<uuid:resource_id>/remove")
def remove(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """Take it out of the record."""
    file_desk.remove(the_catalogue(), actor(), slug, resource_id)
    return _at_list(slug, "removed")


@blueprint.post("/<uuid:resource_id>/move")
def move(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """One place up or down."""
    steps = {"up": -1, "down": 1}.get(request.form.get("to", ""))
    if steps is None:
        raise Invalid("A file is moved up or down.")
    file_desk.move(the_catalogue(), actor(), slug, resource_id, steps)
    return _at_list(slug, "moved", resource_id)


@blueprint.post("/<uuid:resource_id>/versions/<int(max=2147483647):number>")
def version(slug: str, resource_id: UUID, number: int) -> ResponseReturnValue:
    """Withhold an earlier version with a reason, or show it again."""
    if request.form.get("decision") == "release":
        file_versions.release(the_catalogue(), actor(), slug, resource_id, number)
        return _at_list(slug, "version_released", resource_id)
    try:
        reason = request.form.get("reason", "")
        file_versions.withhold(the_catalogue(), actor(), slug, resource_id, number, reason)
    except Invalid as error:
        return _list(slug, in_words(error.problems), f"{resource_id}-{number}"), 400
    return _at_list(slug, "version_withheld", resource_id)


@blueprint.get("/disclosure")
def ask_disclosure(slug: str) -> str:
    """The form for who may have the files that the address names."""
    found = file_desk.listed(the_catalogue(), actor(), slug)
    known = {one.file.id: one.file for one in found.files}
    chosen = [_id(one) for one in request.args.getlist("file")]
    chosen = [one for one in chosen if one in known] or ([key for key in known if key] if len(known) == 1 else [])
    first = known[chosen[0]].disclosure if chosen else None
    typed = file_forms.typed_disclosure(first) if first else Typed((("status", "open"),))
    return _disclosure_page(slug, chosen, typed)


@blueprint.post("/disclosure")
def disclose(slug: str) -> ResponseReturnValue:
    """Show what it would come to, or say it."""
    typed = Typed.posted(file_forms.DISCLOSURE, request.form)
    chosen = [_id(one) for one in request.form.getlist("file")]
    version = request.form.get("version", "")
    try:
        wish = disclosing.checked(_wish(typed, chosen), the_catalogue().today())
        if request.form.get("act") == "preview":
            outlook = disclosing.outlook(the_catalogue(), actor(), slug, chosen, wish)
            return _disclosure_page(slug, chosen, typed, outlook=outlook)
        disclosing.disclose(the_catalogue(), actor(), slug, chosen, wish, check=_same(version))
    except Invalid as error:
        return _disclosure_page(slug, chosen, typed, error), 400
    except Changed as error:
        told = Invalid(error.message, [Problem("changed_meanwhile", error.message)])
        return _disclosure_page(slug, chosen, typed, told, latest=True), 409
    return _at_list(slug, "disclosed", chosen[0])


def _wish(typed: Typed, chosen: list[UUID]) -> Disclosure:
    answers = Answers(file_forms.DISCLOSURE, typed)
    answers.check()
    wish = file_forms.disclosure_of(answers, Disclosure())
    if not chosen:
        answers.problems.append(Problem("no_files", "Choose the files that it is about.", "file"))
    answers.refuse()
    return wish


def _same(version: str) -> disclosing.Check:
    def check(before: DatasetRecord) -> None:
        if version and _named(_open_to(before)) != version:
            raise Changed("The record was changed meanwhile. Look at what stands now, then save again.")

    return check


def _open_to(record: DatasetRecord) -> list[object]:
    """Who may have which bytes."""
    return [(one.id, one.filename, one.checksum, one.access_url, one.disclosure) for one in record.resources]


def _named(said: object) -> str:
    """Another word for anything else that is said. Not the version of the record: files are read meanwhile, which is
    no change that anybody must be told of.
    """
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _disclosure_page(
    slug: str,
    chosen: list[UUID],
    typed: Typed,
    error: Invalid | None = None,
    outlook: Outlook | None = None,
    *,
    latest: bool = False,
) -> str:
    found = file_desk.listed(the_catalogue(), actor(), slug)
    if outlook is None and chosen:
        outlook = disclosing.outlook(the_catalogue(), actor(), slug, chosen)
    now = _named(_open_to(found.record))
    version = now if latest else request.form.get("version", now)
    view = _viewed(file_forms.DISCLOSURE, typed, error, version, {})
    preview = request.form.get("act") == "preview" and error is None
    zone, today = the_catalogue().config.site.timezone, the_catalogue().today()
    page = DisclosureContext(found, frozenset(chosen), view, outlook, preview, today, zone)
    return render_template("desk/files/disclosure.html", page=page)
