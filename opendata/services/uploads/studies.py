"""The studies of an upload: rows of every sheet that name one register number, put together to one study.

A register number alone names a study, never a dataset; the number of a contract names it within its study; kind and
period name what a contract owes. What the register knows and no cell says stays as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRef, RecordState, StudyRecord
from opendata.catalog.upload_columns import REGISTER
from opendata.catalog.upload_problems import CellProblem, of_record
from opendata.catalog.validation import clean_study
from opendata.catalog.values import Text
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import Row
from opendata.services.actors import Actor
from opendata.services.register import is_undone
from opendata.services.register_updates import Owed, kept, over, same, with_contract, with_deliverable, with_deposits
from opendata.services.rights import Right, may
from opendata.services.uploads.agencies import Agencies
from opendata.services.uploads.study_links import Meeting, Meetings, published
from opendata.services.uploads.study_rows import OF_STUDY, StudyRow
from opendata.store import queries
from opendata.store.register import Study
from opendata.store.states import ItemResult

CHUNK = 200


@dataclass(slots=True)
class StudyDraft:
    """One study of an upload. `row` is the first that names it, `parts` the others; where that is a row of datasets,
    its problems are told with its dataset. `meetings` are the datasets that meet what it owes. `foreign`: it is the
    study of an agency that the actor may not write for.
    """

    row: Row
    key: str
    record: StudyRecord
    stored: StudyRecord | None = None
    parts: list[Row] = field(default_factory=list)
    meetings: dict[Owed, Meeting] = field(default_factory=dict)
    foreign: bool = False

    @property
    def rows(self) -> list[Row]:
        """The rows of the register's sheets that speak of it."""
        return [row for row in (self.row, *self.parts) if row.kind in REGISTER]

    @property
    def places(self) -> list[Row]:
        """The rows for whose sake it is registered: its own, else those of its datasets."""
        return [self.row, *self.parts] if self.of_datasets else [self.row]

    @property
    def of_datasets(self) -> bool:
        """Whether only rows of datasets speak of it: then it has no row of its own in the upload."""
        return not self.rows

    @property
    def problems(self) -> list[CellProblem]:
        """Everything wrong with it, on the register's sheets."""
        return [problem for row in self.rows for problem in row.problems]

    @property
    def is_good(self) -> bool:
        """Whether it may be registered."""
        return not any(problem.is_error for problem in (*self.problems, *self.row.problems))

    def result(self) -> ItemResult:
        """What registering it would come to."""
        if not self.is_good:
            return ItemResult.REJECTED
        if self.stored is None:
            return ItemResult.CREATED
        if is_undone(self.stored):
            return ItemResult.RESTORED
        waiting = any(meeting.dataset is None for meeting in self.meetings.values())
        unchanged = not waiting and same(kept(clean_study(self.record)[0], self.stored), self.stored)
        return ItemResult.UNCHANGED if unchanged else ItemResult.UPDATED

    def deposits(self, known: Mapping[str, DatasetRef]) -> dict[Owed, DatasetRef]:
        """The datasets of `meetings`; `known` are those that the upload has published, by key."""
        found = {owed: meeting.dataset or known.get(meeting.key) for owed, meeting in self.meetings.items()}
        return {owed: ref for owed, ref in found.items() if ref}


def check_studies(
    session: Session,
    actor: Actor,
    agencies: Agencies,
    rows: Mapping[str, Sequence[Row]],
    datasets: Sequence[Draft],
    source_id: UUID | None,
    today: dt.date,
) -> tuple[list[StudyDraft], list[Row]]:
    """The studies that the rows of the register's sheets (by kind) and the good rows of datasets speak of, and the rows
    that belong to none. What is wrong is noted at the rows.
    """
    told = [StudyRow(row, today) for kind in REGISTER for row in rows.get(kind, ())]
    strays = [one.row for one in told if not one.number]
    for row in strays:
        row.problems.append(row.problem("required", "register_number"))
    telling = _of_datasets(datasets, today)
    stored = _stored(session, {*(one.number for one in told), *(one.number for one, _ in telling)} - {""})
    meetings = Meetings(session, datasets, agencies.default.id, actor)
    meetings.look_up(row for row in rows.get("deliverables", ()))
    groups: dict[str, list[StudyRow]] = {}
    for one in told:
        if one.number:
            groups.setdefault(one.number, []).append(one)
    drafts = {number: _draft(number, group, stored.get(number), agencies) for number, group in groups.items()}
    for one, dataset in telling:
        _tell(drafts, one, dataset, stored.get(one.number), agencies)
    for number, group in groups.items():
        _owe(drafts[number], group, meetings)
    keys = [meeting.key for draft in drafts.values() for meeting in draft.meetings.values() if meeting.key]
    there = published(session, source_id, keys)
    # A row of datasets that names another agency's study is only tied to it.
    drafts = {number: draft for number, draft in drafts.items() if not draft.of_datasets or _is_ours(draft, actor)}
    for draft in drafts.values():
        _finish(draft, actor, there)
    _mark_waiting(drafts, datasets)
    return list(drafts.values()), strays


def _of_datasets(datasets: Sequence[Draft], today: dt.date) -> list[tuple[StudyRow, Draft]]:
    """The good rows of datasets that say something of their study."""
    said = (*OF_STUDY, "contract_number")
    numbered = [one for one in datasets if one.record.register_number and any(one.row.get(name) for name in said)]
    read = [(StudyRow.of_dataset(one.row, today), one) for one in numbered if one.is_good]
    return [(row, one) for row, one in read if row.tells_of_study or row.contract()]


def _stored(session: Session, numbers: Iterable[str]) -> dict[str, StudyRecord]:
    """The studies of the register, by number."""
    wanted = sorted(numbers)
    found: dict[str, StudyRecord] = {}
    for start in range(0, len(wanted), CHUNK):
        chosen = select(Study.id).where(Study.register_number.in_(wanted[start : start + CHUNK]))
        cards = queries.study_cards(session, list(session.scalars(chosen)), public_only=False)
        found.update({card.register_number: card for card in cards})
    return found


def _draft(number: str, rows: Sequence[StudyRow], stored: StudyRecord | None, agencies: Agencies) -> StudyDraft:
    """The study with its contracts, as the rows of the register's sheets have it."""
    draft = StudyDraft(rows[0].row, number, stored or StudyRecord(Text(), number), stored, [r.row for r in rows[1:]])
    own = [one for one in rows if one.row.kind == "studies"]
    _mark_repeated("register_number", own)
    if own:
        agency = agencies.named(own[0].row) or (stored.organization if stored else None) or agencies.default
        said = replace(own[0].study(), organization=agency)
        draft.record = over(said, stored, own[0].filled | {"organization"}) if stored else said
    elif stored is None:
        for one in rows:
            one.row.problems.append(one.row.problem("study_missing", "register_number"))
    contracts = [one for one in rows if one.row.kind == "contracts"]
    for named in {one.found.get("contract_number", "") for one in contracts} - {""}:
        _mark_repeated("contract_number", [one for one in contracts if one.found.get("contract_number") == named])
    for one in contracts:
        if contract := one.contract():
            draft.record = with_contract(draft.record, contract, one.filled)
        elif not one.row.get("contract_number"):
            one.row.problems.append(one.row.problem("required", "contract_number"))
    return draft


def _tell(
    drafts: dict[str, StudyDraft], row: StudyRow, dataset: Draft, stored: StudyRecord | None, agencies: Agencies
) -> None:
    """What a row of datasets says of its study; one that nobody knows is made of it."""
    contract = row.contract()
    draft = drafts.get(row.number)
    if draft is not None:
        draft.parts.append(dataset.row)
    elif stored is not None and not row.tells_of_study:
        return
    elif stored is not None:
        draft = StudyDraft(dataset.row, row.number, stored, stored)
    else:
        made = replace(row.study_of_dataset(), organization=dataset.record.organization or agencies.default)
        draft = StudyDraft(dataset.row, row.number, made)
        title = made.title.show("ru").value
        dataset.row.problems.append(dataset.row.problem("study_from_row", "register_number", title=title))
    drafts[row.number] = draft
    if contract is None or not row.tells_of_study:
        return
    draft.record = with_contract(draft.record, contract, row.filled)
    if owed := row.deliverable_of_dataset(dataset.record.type):
        draft.record = with_deliverable(draft.record, contract.contract_number, owed, ("due",))
        draft.meetings[contract.contract_number, owed.kind, owed.period] = Meeting(dataset.key)


def _owe(draft: StudyDraft, rows: Sequence[StudyRow], meetings: Meetings) -> None:
    """What the rows of that sheet say is owed."""
    named: dict[Owed, list[StudyRow]] = {}
    for one in rows:
        if one.row.kind != "deliverables":
            continue
        owed, number = one.deliverable(), _contract_of(draft, one)
        if owed is None and not one.row.get("kind"):
            one.row.problems.append(one.row.problem("required", "kind"))
        if owed is None or not number:
            continue
        name = (number, owed.kind, owed.period)
        named.setdefault(name, []).append(one)
        draft.record = with_deliverable(draft.record, number, owed, one.filled)
        if meeting := meetings.of(one.row):
            draft.meetings[name] = meeting
    for group in named.values():
        _mark_repeated("kind", group)


def _contract_of(draft: StudyDraft, one: StudyRow) -> str:
    """The number of the contract that a row of deliverables means."""
    numbers = [contract.contract_number for contract in draft.record.contracts]
    named = str(one.found.get("contract_number", ""))
    if named in numbers:
        return named
    if not named and len(numbers) == 1:
        return numbers[0]
    code = "contract_missing" if named else "contract_needed"
    one.row.problems.append(one.row.problem(code, "contract_number", study=draft.key))
    return ""


def _is_ours(draft: StudyDraft, actor: Actor) -> bool:
    """Whether the actor may write for the agency that has the study in the register."""
    owner = draft.stored.organization if draft.stored else None
    return owner is None or owner.id is None or may(actor, Right.EDIT_RECORDS, owner.id)


def _finish(draft: StudyDraft, actor: Actor, there: Mapping[str, DatasetRef]) -> None:
    """The datasets that are in the store already, the rights, and the rules of all studies."""
    for meeting in draft.meetings.values():
        meeting.dataset = meeting.dataset or there.get(meeting.key)
    draft.record = with_deposits(draft.record, draft.deposits({}))
    stored = draft.stored
    if not _is_ours(draft, actor):
        draft.row.problems.append(draft.row.problem("study_foreign", "register_number"))
        # Nothing is told of it, not even its title: it may be one that not everybody may see.
        draft.record, draft.foreign = StudyRecord(Text(), draft.key), True
    elif stored and stored.state is RecordState.WITHDRAWN and not is_undone(stored):
        draft.row.problems.append(draft.row.problem("study_withdrawn", "register_number"))
    if draft.is_good:
        for problem in clean_study(draft.record)[1]:
            draft.row.problems.append(of_record(problem, draft.row.problem(problem.code, problem.field)))


def _mark_repeated(column: str, group: Sequence[StudyRow]) -> None:
    """Two rows with one key are an error on both: nobody can tell which was meant."""
    for one in group if len(group) > 1 else ():
        others = ", ".join(str(other.row.number) for other in group if other is not one)
        one.row.problems.append(one.row.problem("repeated", column, other=others))


def _mark_waiting(drafts: Mapping[str, StudyDraft], datasets: Sequence[Draft]) -> None:
    """Datasets of a study that is kept back are published, and will be tied to it later."""
    for one in datasets:
        draft = drafts.get(one.record.register_number)
        if draft is None or draft.is_good or draft.stored is not None:
            continue
        broken = next(row for row in draft.rows if any(problem.is_error for problem in row.problems))
        one.row.problems.append(one.row.problem("study_held_back", "register_number", other=str(broken.number)))
