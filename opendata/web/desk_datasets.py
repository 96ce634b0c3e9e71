"""The desk: the form that makes a dataset, and the one that changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import Text
from opendata.errors import Invalid, Problem
from opendata.services import dataset_forms, editing, reviewing, told_by_file, writing
from opendata.services.conflicts import three_way
from opendata.services.dataset_forms import Opened
from opendata.services.edits import FILE, unedited
from opendata.web import desk_completion, inside
from opendata.web.dataset_form import FORM, language_choices
from opendata.web.dataset_values import record_of, text_pairs, typed_of
from opendata.web.desk_begin import owners
from opendata.web.forms import sheet
from opendata.web.forms.answers import Answers
from opendata.web.forms.merging import Merged, Sides
from opendata.web.forms.offers import Tells
from opendata.web.forms.sheet import Sheet, SheetView
from opendata.web.forms.typed import Typed, mark, unit_of
from opendata.web.forms.views import Said
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.provenance import field_label
from opendata.web.rendering import instant

blueprint = inside.make_blueprint("desk_datasets", __name__, "/desk/datasets")

NEW = DatasetRecord(title=Text(), state=RecordState.DRAFT)
"""What a new record is before anything is said of it."""


@dataclass(frozen=True, slots=True)
class DatasetFormContext:
    """desk/datasets/edit.html. `record` is what is stored (None: a new one), `alike` are addresses and titles of what
    it may be.
    `reviewed`: what is saved goes to a reviewer first; `waits`: a change does already, which the form shows.
    """

    sheet: SheetView
    record: DatasetRecord | None = None
    alike: tuple[tuple[str, Text], ...] = ()
    reviewed: bool = False
    waits: bool = False


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@sheet.page(blueprint, "/new", "new", "create")
def new_sheet(
    begun: DatasetRecord = NEW, here: str = "", after: Callable[[DatasetRecord], object] = lambda _: None
) -> Sheet:
    """The form for a new record, with what is `begun` of it; `here` is its address where that is another one, and
    `after` is told what was made.
    """
    agencies = owners()
    only = agencies[0].value if len(agencies) == 1 else ""
    agency = str(begun.organization.id) if begun.organization else only
    stored = typed_of(begun, {}).with_values([("organization", agency)])
    alike: list[tuple[str, Text]] = []

    def made(answers: Answers, version: str) -> str:
        del version
        record = record_of(answers, begun, typed_of(begun, {}), _targets)  # the only agency was chosen for them
        _demand_owner(answers)
        answers.refuse()
        if not request.form.get("act", "").startswith("save:anyway"):
            alike.extend(_alike(record))
        if alike:
            raise Invalid("This may be in the catalogue already.", [Problem("form_alike", "It may be there already.")])
        stored_record = writing.create(the_catalogue(), actor(), record)
        after(stored_record)
        return _after(stored_record, "created")

    return Sheet(
        form=FORM,
        kind="dataset",
        here=here or url_for("desk_datasets.new"),
        save=made,
        page=lambda view: _page(DatasetFormContext(view, None, tuple(alike))),
        stored=stored,
        offered={"organization": agencies},
        lookup=desk_completion.lookup,
    )


def _alike(record: DatasetRecord) -> list[tuple[str, Text]]:
    """Where what may be the same record is, and what it is called: the agency's own first, then what is public."""
    own = dataset_forms.namesakes(the_catalogue(), actor(), record)
    found = {slug: (url_for("desk_life.dataset", slug=slug), title) for slug, title in own}
    for one in dataset_forms.alike(the_catalogue(), actor(), record, page_language()):
        public = one.card.record
        found.setdefault(public.slug, (url_for("datasets.page", slug=public.slug), public.title))
    return list(found.values())


def _demand_owner(answers: Answers, before: DatasetRecord = NEW) -> None:
    """A record of no agency is nobody's: only a sysadmin makes one, and none of a record that has an agency."""
    if not answers.line("organization") and (before.organization is not None or not actor().sysadmin):
        answers.say("no_organization", "organization", "Choose the agency.")


@sheet.page(blueprint, "/<slug>/edit", "edit", "save")
def _known(slug: str) -> Sheet:
    found = dataset_forms.opened(the_catalogue(), actor(), slug)
    stored = _typed(found.record)
    reviewed = reviewing.needs_review(actor(), found.record, found.record)
    waits = reviewing.proposed(the_catalogue(), actor(), "dataset", str(found.id)) if reviewed else None

    base = waits if isinstance(waits, DatasetRecord) else found.record  # whose files may be others

    def saved(answers: Answers, version: str) -> str:
        wanted = record_of(answers, base, _typed(base), _targets)
        _demand_owner(answers, found.record)
        answers.refuse()
        if reviewing.needs_review(actor(), found.record, wanted):
            reviewing.propose(the_catalogue(), actor(), "dataset", str(found.id), wanted, if_version=version)
            return _after(found.record, "proposed")
        return _after(writing.replace(the_catalogue(), actor(), str(found.id), wanted, if_version=version), "saved")

    return Sheet(
        form=FORM,
        kind="dataset",
        here=url_for("desk_datasets.edit", slug=found.record.slug),
        save=saved,
        page=lambda view: _page(DatasetFormContext(view, found.record, reviewed=reviewed, waits=waits is not None)),
        stored=stored,
        begun=_typed(waits) if isinstance(waits, DatasetRecord) else None,
        object_id=found.id,
        version=found.version,
        content=mark(stored, found.record.state, found.record.private),
        organization_id=found.record.organization.id if found.record.organization else None,
        offered={"organization": owners(), "languages": language_choices(found.record.languages)},
        said=_said(found.record),
        tells=_tells(found.record),
        lookup=desk_completion.lookup,
        release=lambda field: _released(found, field),
        merge=lambda answers, version: _merged(found, answers, version),
    )


def _merged(found: Opened, answers: Answers, version: str) -> Merged:
    """What was typed over the record as it stood in `version`, together with what others made of it since."""
    base = dataset_forms.base(the_catalogue(), found.id, version)
    stood = base or found.record
    mine = record_of(answers, stood, _typed(stood), _targets)
    both = three_way(base, mine, found.record)
    if not isinstance(both.record, DatasetRecord):
        raise TypeError("a dataset becomes a dataset")
    sides = Sides(
        form=FORM,
        merged=_typed(both.record),
        mine=_typed(mine),
        theirs=_typed(found.record),
        base=_typed(base) if base else Typed(),
        offered={"organization": owners()},
    )
    fields = {one.field for one in both.clashes if not one.field.startswith(FILE)}
    merged = sides.together({one: field_label(found.record, one) for one in sorted(fields)}, found.version)
    return replace(
        merged, quiet=base is not None and not dataset_forms.written_since(the_catalogue(), found.id, version)
    )


def _typed(record: DatasetRecord) -> Typed:
    ids = {one.target_id for one in record.relations if one.target_id}
    return typed_of(record, dataset_forms.addresses(the_catalogue(), ids))


def _targets(names: list[str]) -> Mapping[str, UUID]:
    return dataset_forms.targets(the_catalogue(), actor(), names)


def _said(record: DatasetRecord) -> dict[str, list[Said]]:
    """What the sources say of what was written by hand, by the field of the form that holds it."""
    source = _typed(unedited(record)) if record.edited else Typed()
    sides = Sides(FORM, source, source, source)
    found: dict[str, list[Said]] = {}
    for one in record.edited:
        field = one.field.partition(".")[0]
        name = next((part.name for part in FORM.parts if part.name.partition(".")[0] == field), "")
        if name:
            words = sides.in_words(source, one.field)
            found.setdefault(name, []).append(Said(one.field, words, instant(one.at)))
    return found


def _tells(record: DatasetRecord) -> Tells | None:
    """What the first file of a draft tells of it."""
    if record.state is not RecordState.DRAFT:
        return None
    told = told_by_file.told(the_catalogue(), record)
    given = typed_of(told.record, {}).pairs if told.record else ()
    typed = Typed(tuple(pair for pair in given if unit_of(pair[0]) in told_by_file.FIELDS))
    unasked = Typed((("type", NEW.type.value), *(text_pairs("title", record.title) if told.named else ())))
    return Tells(told.filename, typed, told.pending, unasked, told.guess) if told.filename else None


def _released(found: Opened, field: str) -> Sheet:
    editing.release(the_catalogue(), actor(), str(found.id), [field])
    return _known(str(found.id))


def _after(record: DatasetRecord, done: str) -> str:
    """Where one goes on to: the files where that was pressed, else the record at the desk."""
    wanted = ["desk_files.index"] if request.form.get("act") == "save:files" else []
    for endpoint in (*wanted, "desk_life.dataset"):
        if endpoint in current_app.view_functions:
            return url_for(endpoint, slug=record.slug, done=done)
    return url_for("desk_datasets.edit", slug=record.slug, done=done)


def _page(context: DatasetFormContext) -> str:
    return render_template("desk/datasets/edit.html", page=context)
