"""The desk: the forms of a file and of a link, which keep themselves as those of records do."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import render_template, url_for

from opendata.catalog.records import ResourceRecord
from opendata.errors import Changed
from opendata.services import editing, file_desk
from opendata.services.edits import file_field
from opendata.services.file_desk import DeskFile, DeskFiles
from opendata.web import file_forms
from opendata.web.file_contexts import FileFormContext
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Form
from opendata.web.forms.merging import without_base
from opendata.web.forms.sheet import Sheet
from opendata.web.forms.typed import Typed, mark
from opendata.web.identity import actor, the_catalogue


def at_list(slug: str, done: str, resource_id: UUID | None = None) -> str:
    """The address of the files of a record, at one of them."""
    anchor = f"file-{resource_id}" if resource_id else None
    return url_for("desk_files.index", slug=slug, done=done, _anchor=anchor)


def link_sheet(slug: str) -> Sheet:
    """The form for a new link."""
    found = file_desk.listed(the_catalogue(), actor(), slug)

    def saved(answers: Answers, version: str) -> str:
        del version
        link = file_forms.file_of(answers, ResourceRecord(), Typed())
        answers.refuse()
        return at_list(slug, "added", file_desk.add_link(the_catalogue(), actor(), slug, link).id)

    sheet = _sheet(found, None, file_forms.LINK, file_forms.NEW_LINK)
    return replace(sheet, here=url_for("desk_files.new_link", slug=found.record.slug), save=saved)


def file_sheet(slug: str, resource_id: UUID) -> Sheet:
    """The form for what is said of a file."""
    found = file_desk.listed(the_catalogue(), actor(), slug)
    desk = found.file(resource_id)
    form, stored = file_forms.FILE if desk.file.stored else file_forms.LINK, file_forms.typed_of(desk.file)

    def saved(answers: Answers, version: str) -> str:
        file_forms.file_of(answers, desk.file, stored)
        answers.refuse()

        def edit(one: ResourceRecord) -> ResourceRecord:
            stands = file_forms.typed_of(one)
            if mark(stands) != version:
                raise Changed("The file was changed meanwhile.", version, mark(stands))
            return file_forms.file_of(Answers(form, answers.typed), one, stands)

        file_desk.change(the_catalogue(), actor(), slug, resource_id, edit)
        return at_list(slug, "saved", resource_id)

    def released(field: str) -> Sheet:
        editing.release(the_catalogue(), actor(), slug, [field])
        return file_sheet(slug, resource_id)

    return replace(
        _sheet(found, desk, form, stored),
        here=url_for("desk_files.edit", slug=found.record.slug, resource_id=resource_id),
        save=saved,
        said=file_forms.said_of(found.record, desk.file),
        release=released,
        field_of=lambda name: file_field(name)[1],
        merge=lambda answers, _version: without_base(form, answers.typed, stored, mark(stored)),
    )


def _sheet(found: DeskFiles, desk: DeskFile | None, form: Form, stored: Typed) -> Sheet:
    """What both have. The version is that of the file alone: the record is another one when a file was read, which is
    no change that anybody must be told of.
    """
    file = desk.file if desk else ResourceRecord()
    owner = found.record.organization
    return Sheet(
        form=form,
        kind="file",
        here="",
        save=lambda _answers, _version: "",
        page=lambda view: render_template("desk/files/edit.html", page=FileFormContext(found, desk, view)),
        stored=stored,
        object_id=file.id if desk else found.record.id,
        version=mark(stored) if desk else "",
        title=file.filename or file.download_url or file.access_url,
        organization_id=owner.id if owner else None,
        offered={"language": file_forms.languages(file.language)},
    )
