"""The desk: the form that registers a study and the one that changes it, and what a study owes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord, DatasetRef, DeliverableState, RecordState, StudyRecord
from opendata.catalog.values import Text
from opendata.errors import Invalid
from opendata.services import reviewing, studies_writing, study_desk, study_ties
from opendata.services.study_desk import Owed, StudyDesk
from opendata.web import desk_completion, desk_datasets, inside
from opendata.web.forms import sheet
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice
from opendata.web.forms.merging import Merged
from opendata.web.forms.sheet import Sheet, SheetView
from opendata.web.forms.typed import mark
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.rendering import shown
from opendata.web.study_conflict import together
from opendata.web.study_form import FORM, SCHEMES
from opendata.web.study_reading import Reading, typed

blueprint = inside.make_blueprint("desk_studies", __name__, "/desk/studies")

NEW = StudyRecord(title=Text(), state=RecordState.DRAFT)
"""What a new study is before anything is said of it."""


@dataclass(frozen=True, slots=True)
class StudyFormContext:
    """desk/studies/edit.html. `record` is what is stored (None: a new one). `reviewed`: what is saved goes to a
    reviewer first; `waits`: a change does already, which the form shows.
    """

    sheet: SheetView
    record: StudyRecord | None = None
    back: str = ""
    reviewed: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class OwedRow:
    """Something that is owed, with the addresses that mend it: "" for those who may not."""

    owed: Owed
    report_url: str
    tie_url: str


@dataclass(frozen=True, slots=True)
class StudyBlock:
    """desk/studies/_block.html: what the study owes, what is late first, and where that is mended."""

    desk: StudyDesk
    rows: tuple[OwedRow, ...]
    overdue: int
    due: int


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@sheet.page(blueprint, "/<slug>/owed/<uuid:owed>/report", "report", "make_report")
def _report(slug: str, owed: UUID) -> Sheet:
    """The form of a record that meets what the study owes, begun with what the study says; once it is made, that it
    meets it is noted.
    """
    begun = study_desk.for_report(the_catalogue(), actor(), slug, owed)

    def met(made: DatasetRecord) -> None:
        if made.id is not None:
            study_desk.met(the_catalogue(), actor(), slug, owed, made.id)

    return desk_datasets.new_sheet(begun, url_for("desk_studies.report", slug=slug, owed=owed), met)


def block(name: str) -> StudyBlock:
    """What the page of the study at the desk tells of what it owes."""
    found = study_desk.desk(the_catalogue(), actor(), name)
    return StudyBlock(
        desk=found,
        rows=tuple(_row(found, one) for one in found.owed),
        overdue=found.count(DeliverableState.OVERDUE),
        due=found.count(DeliverableState.DUE),
    )


def _row(found: StudyDesk, one: Owed) -> OwedRow:
    if not (found.may_edit and one.bare):
        return OwedRow(one, "", "")
    slug, (contract, number) = found.record.slug, one.place
    field = f"field-contracts-{contract}-deliverables-{number}-dataset"
    return OwedRow(
        one,
        url_for("desk_studies.report", slug=slug, owed=one.deliverable.id),
        url_for("desk_studies.edit", slug=slug, _anchor=field),
    )


@sheet.page(blueprint, "/new", "new", "create")
def _new() -> Sheet:
    owners = _owners()
    only = owners[0].value if len(owners) == 1 else ""

    def made(answers: Answers, version: str) -> str:
        del version
        record = _written(answers, NEW, lambda given: studies_writing.create(the_catalogue(), actor(), given))
        return _at_desk(record, "created")

    return Sheet(
        form=FORM,
        kind="study",
        here=url_for("desk_studies.new"),
        save=made,
        page=lambda view: _page(StudyFormContext(view, None, url_for("desk.index"))),
        stored=typed(NEW).with_values([("organization", only)]),
        offered={"organization": owners},
        lookup=desk_completion.lookup,
    )


@sheet.page(blueprint, "/<slug>/edit", "edit", "save")
def _known(slug: str) -> Sheet:
    found = study_desk.editable(the_catalogue(), actor(), slug)
    version, stored = studies_writing.version(found), typed(found)
    reviewed = reviewing.needs_review(actor(), found, found)
    waits = reviewing.proposed(the_catalogue(), actor(), "study", str(found.id)) if reviewed else None

    def saved(answers: Answers, version: str) -> str:
        done = "saved"

        def write(given: StudyRecord) -> StudyRecord:
            nonlocal done
            if reviewing.needs_review(actor(), found, given):
                done = "proposed"
                reviewing.propose(the_catalogue(), actor(), "study", str(found.id), given, if_version=version)
                return found
            return studies_writing.replace(the_catalogue(), actor(), str(found.id), given, if_version=version)

        return _at_desk(_written(answers, found, write), done)

    return Sheet(
        form=FORM,
        kind="study",
        here=url_for("desk_studies.edit", slug=found.slug),
        save=saved,
        page=lambda view: _page(StudyFormContext(view, found, _at_desk(found), reviewed, waits is not None)),
        stored=stored,
        begun=typed(waits) if isinstance(waits, StudyRecord) else None,
        object_id=found.id,
        version=version,
        content=mark(stored, found.state, found.private),
        organization_id=studies_writing.owner_of(found),
        offered={"organization": _owners(), **_stored_choices(found)},
        lookup=desk_completion.lookup,
        merge=lambda answers, version: _merged(found.id, answers, version),
    )


def _merged(study_id: UUID | None, answers: Answers, version: str) -> Merged:
    """What was typed over that version, put together with what stands now."""
    theirs = study_desk.editable(the_catalogue(), actor(), str(study_id))
    base = study_desk.as_read(the_catalogue(), actor(), study_id, version) if study_id else None
    return together(base, Reading(answers, base or theirs, _named).record(), theirs)


def _written(answers: Answers, before: StudyRecord, write: Callable[[StudyRecord], StudyRecord]) -> StudyRecord:
    """What was typed over `before`, written; whatever is wrong is told at its field."""
    reading = Reading(answers, before, _named)
    record = reading.record()
    if record.organization is None:
        answers.say("no_organization", "organization", "Choose the agency.")
    answers.refuse()
    try:
        return write(record)
    except Invalid as error:
        raise Invalid(error.message, [reading.placed(one) for one in error.problems]) from error


def _named(names: Iterable[str]) -> Mapping[str, DatasetRef]:
    return study_ties.datasets_named(the_catalogue(), actor(), tuple(names))


def _owners() -> list[Choice]:
    found = study_desk.agencies(the_catalogue(), actor())
    return sorted((Choice(str(one.id), shown(one.title).value) for one in found), key=lambda one: one.words)


def _stored_choices(record: StudyRecord) -> dict[str, list[Choice]]:
    """Our lists with what stands in this study: tables bring kinds that no list has, and they may stay."""
    kinds = {one.contract_type for one in record.contracts}
    uses = {one.kind for one in record.utilisations}
    schemes = dict.fromkeys((*SCHEMES, *sorted({one.scheme for one in record.subjects})))
    return {
        "contracts-contract_type": _with("contract_type", kinds),
        "utilisations-kind": _with("utilisation_kind", uses),
        "subjects-scheme": [Choice(code, str(label("scheme", code))) for code in schemes],
    }


def _with(vocabulary: str, more: Iterable[str]) -> list[Choice]:
    codes = dict.fromkeys((*vocabularies.codes(vocabulary), *sorted(filter(None, more))))
    return [Choice(code, str(label(vocabulary, code))) for code in codes]


def _at_desk(record: StudyRecord, done: str | None = None) -> str:
    """The study at the desk."""
    if "desk_life.study" in current_app.view_functions:
        return url_for("desk_life.study", slug=record.slug, done=done)
    return url_for("desk_studies.edit", slug=record.slug, done=done)


def _page(context: StudyFormContext) -> str:
    return render_template("desk/studies/edit.html", page=context)
