"""The history of a record as people use it: its states, what differs between two of them, and bringing one back.

A state is brought back through the one write path (writing, studies_writing): the same rights, checks and events as any
change. What it says is taken; where the record stands (state, agency, address, private or not) is not touched. Files
that came since stay. Nothing becomes more open than it is now unless that is asked for, file by file, and never than
its source says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import Contract, DatasetRecord, Deliverable, ResourceRecord, StudyRecord
from opendata.catalog.stored import record_id
from opendata.catalog.values import Disclosure
from opendata.errors import NotAllowed, NotFound
from opendata.services import (
    accepting,
    attaching,
    changing,
    datasets,
    neighbours,
    proposing,
    revisions,
    studies_writing,
)
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.differences import Difference, differences
from opendata.services.edits import FILE, unedited
from opendata.services.revisions import Line, Record
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, demand_over
from opendata.services.submissions import Saying
from opendata.services.unchanged import demand_unchanged
from opendata.store import queries
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import DatasetEvent

SAID = (
    "title", "description", "type", "keywords", "themes", "subjects", "license_id", "license_text", "issued",
    "modified", "languages", "frequency", "temporal", "spatial", "version", "contributors", "contacts", "landing_page",
    "register_number", "report_number", "identifier", "table_of_contents", "performer", "identifiers", "bbox",
    "relations", "extras",
)  # fmt: skip
"""Fields of a dataset that come back."""

SAID_OF_FILES = (
    "name",
    "description",
    "role",
    "language",
    "license_id",
    "license_text",
    "issued",
    "modified",
    "extras",
)
SAID_OF_BYTES = ("filename", "format", "media_type")
"""Fields of a file that come back with its bytes alone."""

SAID_OF_STUDIES = (
    "title", "register_number", "description", "keywords", "subjects", "themes", "unit", "official", "performers",
    "programme", "call", "priority", "period", "status", "evaluation", "utilisations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """What is not brought back as it was. `code`: stricter (a disclosure stays as strict as it is now), other_bytes
    (the file has others now, which stay), no_bytes (they are gone, so the file is), stays (a file that came since).
    """

    code: str
    field: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What bringing a state back would change of the record as it stands in `version`."""

    line: Line
    version: str
    differences: tuple[Difference, ...]
    notes: tuple[Note, ...]

    @property
    def is_worth_it(self) -> bool:
        """Whether anything would change, or would where a disclosure is loosened."""
        return bool(self.differences) or any(one.code == "stricter" for one in self.notes)


@dataclass(frozen=True, slots=True)
class Brought:
    """The record as it is stored with the state that was brought back, and what of that could not be. `waits`: it is a
    change that waits for a reviewer, and the record as it would be.
    """

    record: Record
    notes: tuple[Note, ...]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Two states and what differs between them. `second` None: the record as it stands now."""

    first: Line
    second: Line | None
    differences: tuple[Difference, ...]
    records: tuple[Record, Record]


def present(session: Session, actor: Actor, kind: str, name: str) -> Record:
    """The record as it stands now, of every state, for the people of its agency, with all that it names: `shown` is
    what they read of it. NotFound; NotAllowed.
    """
    found = queries.address(session, kind, name)
    record: Record
    if kind == "study":
        record = queries.study_page(session, found.id, public_only=False)
        visible = studies_writing.is_visible(record, actor)
    else:
        (row,) = queries.dataset_rows(session, [found.id])
        record = stored_record(row)
        visible = datasets.is_visible(record, actor)
    if not visible:
        raise NotFound(f"There is no {kind} called {name!r}.")
    demand_over(actor, Right.SEE_UNPUBLISHED, record.organization.id if record.organization else None)
    return record


def history(
    catalogue: Catalogue, actor: Actor, kind: str, name: str, *, before: int = 0, limit: int = 0
) -> tuple[Record, tuple[Line, ...]]:
    """The record, and its states that are kept, newest first (none: it was never changed). NotFound; NotAllowed.

    `before` and `limit` as in `revisions.lines`.
    """
    with catalogue.sessions.read() as session:
        record = present(session, actor, kind, name)
        lines = revisions.lines(session, record_id(record), before, limit)
        if lines and lines[-1].number == 1:
            lines[-1] = _begun(session, record_id(record), lines[-1])
        return neighbours.shown(session, actor, record), tuple(lines)


MAKING = ("created", "registered")
"""Events that begin a record."""


def _begun(session: Session, object_id: UUID, line: Line) -> Line:
    """The first state, which is kept at the first change and not when it was made, with who made the record."""
    first = select(DatasetEvent.action, DatasetEvent.actor, DatasetEvent.user_id)
    made = session.execute(first.where(DatasetEvent.object_id == object_id).order_by(DatasetEvent.id).limit(1)).first()
    if line.actor or made is None or made.action not in MAKING:
        return line
    return replace(line, actor=made.actor, action=made.action, user_id=made.user_id)


def state(catalogue: Catalogue, actor: Actor, kind: str, name: str, number: int) -> tuple[Line, Record]:
    """The record as it stood in that state. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        line, then = revisions.record_of(session, kind, record_id(present(session, actor, kind, name)), number)
        return line, neighbours.shown(session, actor, then)


def difference(catalogue: Catalogue, actor: Actor, kind: str, name: str, first: int, second: int = 0) -> Compared:
    """What differs from the state `first` to the state `second` (0: as it stands now). NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        now = present(session, actor, kind, name)
        line, one = revisions.record_of(session, kind, record_id(now), first)
        other_line, other = revisions.record_of(session, kind, record_id(now), second) if second else (None, now)
        one, other = neighbours.shown(session, actor, one), neighbours.shown(session, actor, other)
    return Compared(line, other_line, differences(one, other), (one, other))


def preview(
    catalogue: Catalogue, actor: Actor, kind: str, name: str, number: int, loosen: Collection[str] = ()
) -> Preview:
    """What `restore` would change, and what it would not. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        now = present(session, actor, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, now.organization.id if now.organization else None)
        line, _ = revisions.record_of(session, kind, record_id(now), number)
        work = _Restoring(catalogue, session, now, number, loosen)
        wanted = work.restored(now)
        told = differences(neighbours.shown(session, actor, now), neighbours.shown(session, actor, wanted))
    return Preview(line, revisions.version(now), told, tuple(work.notes))


def restorable(catalogue: Catalogue, actor: Actor, kind: str, name: str, numbers: Collection[int]) -> frozenset[int]:
    """Those of the states that the actor may bring back, and that say something else than the record as it stands."""
    try:
        seen = {number: preview(catalogue, actor, kind, name, number) for number in numbers if number}
    except NotAllowed:
        return frozenset()
    return frozenset(number for number, one in seen.items() if one.is_worth_it)


def restore(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    number: int,
    *,
    loosen: Collection[str] = (),
    if_version: str | None = None,
) -> Brought:
    """Bring that state back. What the actor may not change of a public record is proposed.

    `loosen` names disclosures (file.KEY.disclosure, of a study disclosure) that shall be as they were although they are
    stricter now. Changed where another version stands than `if_version`; all else as writing.replace.
    """
    with catalogue.sessions.read() as session:
        now = present(session, actor, kind, name)
        revisions.record_of(session, kind, record_id(now), number)
        work = _Restoring(catalogue, session, now, number, loosen)
    if isinstance(now, StudyRecord):
        if proposing.needs_review(actor, now, now):
            return _proposed(catalogue, actor, name, work, if_version)
        study = studies_writing.replace(catalogue, actor, name, work.study, if_version=if_version)
        return Brought(study, tuple(work.notes))
    missing = work.with_bytes(now)
    if not missing:
        made = changing.change(catalogue, actor, name, work.dataset, if_version=if_version)
        return Brought(made.record, tuple(work.notes), made.review is not None)
    with ExitStack() as stack:
        files = {one.key: (stack.enter_context(catalogue.files.open(one.checksum)), one.filename) for one in missing}

        def place(before: DatasetRecord, stored: Mapping[str, ResourceRecord]) -> DatasetRecord:
            demand_unchanged(f"the dataset {before.slug!r}", revisions.version(before), if_version)
            return work.dataset(before, stored)

        made = attaching.attach_by(catalogue, actor, name, files, place, propose=True)
    return Brought(made.record, tuple(work.notes), made.review is not None)


def _proposed(catalogue: Catalogue, actor: Actor, name: str, work: _Restoring, if_version: str | None) -> Brought:
    with catalogue.sessions.write.begin() as session:
        stands = studies_writing.opened(catalogue, session, actor, name, if_version).stood
        begun = proposing.going_on(session, actor, "study", stands) or stands
        wanted = proposing.acceptable(catalogue, session, actor, stands, work.restored(begun))
        proposing.propose(Saying(session, catalogue, actor, catalogue.now()), "study", stands, wanted, "")
    return Brought(wanted, tuple(work.notes), waits=True)


class _Restoring:
    """Makes of a record what it said in that state; those after it tell what was decided since."""

    def __init__(
        self, catalogue: Catalogue, session: Session, now: Record, number: int, loosen: Collection[str]
    ) -> None:
        kind = "study" if isinstance(now, StudyRecord) else "dataset"
        self.catalogue, self.loosen = catalogue, frozenset(loosen)
        self.states = revisions.records_from(session, kind, record_id(now), number)
        sourced = select(HarvestRecord.id).where(HarvestRecord.dataset_id == now.id).limit(1)
        self.sourced = session.scalar(sourced) is not None
        self.notes: list[Note] = []

    def restored(self, now: Record) -> Record:
        """The record as it would be, with the bytes that can be had."""
        return self.study(now) if isinstance(now, StudyRecord) else self.dataset(now, placed=self._there(now))

    def study(self, now: StudyRecord) -> StudyRecord:
        """The study as it would be. What it owes keeps the datasets that meet it now."""
        then = self.states[0]
        if not isinstance(then, StudyRecord):
            raise TypeError("states of a study are studies")
        self.notes = []
        met = {one.id: one for contract in now.contracts for one in contract.deliverables if one.id}
        return replace(
            now,
            **{name: getattr(then, name) for name in SAID_OF_STUDIES},
            contracts=tuple(_still_met(one, met) for one in then.contracts),
            disclosure=self._stricter("disclosure", then.disclosure, now.disclosure),
        )

    def dataset(self, now: DatasetRecord, placed: Mapping[str, ResourceRecord] | None = None) -> DatasetRecord:
        """The dataset as it would be. `placed` are files, by their keys, whose bytes were put away again."""
        then = self._dataset()
        self.notes = []
        by_id = {one.id: one for one in now.resources}
        by_key = {one.key: one for one in now.resources}
        files, seen = [], set()
        for one in then.resources:
            present_file = by_id.get(one.id) or by_key.get(one.key)
            made = self._again(one, present_file) if present_file else self._back(one, placed or {})
            if present_file:
                seen.add(present_file.id)
            if made is not None:
                files.append(self._closed(made, one, present_file, now))
        for one in now.resources:
            if one.id not in seen:
                self.notes.append(Note("stays", f"{FILE}{one.key}", one.filename or one.key))
                files.append(one)
        return replace(now, **{name: getattr(then, name) for name in SAID}, resources=tuple(files))

    def _dataset(self) -> DatasetRecord:
        then = self.states[0]
        if not isinstance(then, DatasetRecord):
            raise TypeError("states of a dataset are datasets")
        return then

    def with_bytes(self, now: DatasetRecord) -> list[ResourceRecord]:
        """Files that are there no more, and whose bytes still are: they can come back as they were."""
        ids, keys = {one.id for one in now.resources}, {one.key for one in now.resources}
        return [
            one
            for one in self._dataset().resources
            if one.stored and one.checksum and one.id not in ids and one.key not in keys
            if self.catalogue.files.exists(one.checksum)
        ]

    def _there(self, now: DatasetRecord) -> dict[str, ResourceRecord]:
        return {one.key: one for one in self.with_bytes(now)}

    def _again(self, then: ResourceRecord, now: ResourceRecord) -> ResourceRecord:
        """A file that is there: what was said of it. Its bytes and its address stay."""
        names = list(SAID_OF_FILES)
        if then.checksum == now.checksum:
            names += SAID_OF_BYTES
        elif then.stored:
            self.notes.append(Note("other_bytes", f"{FILE}{now.key}", now.filename or now.key))
        return replace(now, **{name: getattr(then, name) for name in names})

    def _back(self, then: ResourceRecord, placed: Mapping[str, ResourceRecord]) -> ResourceRecord | None:
        """A file that is not there: with its bytes where they still are, else as a link; None where it has none."""
        if then.key in placed:
            return accepting.with_bytes(then, placed[then.key])
        if then.stored:
            self.notes.append(Note("no_bytes", f"{FILE}{then.key}", then.filename or then.key))
        return replace(then, stored=False) if then.download_url or then.access_url else None

    def _closed(
        self, made: ResourceRecord, then: ResourceRecord, now: ResourceRecord | None, record: DatasetRecord
    ) -> ResourceRecord:
        """The file, no more open than it is now, than it was when it was taken out, and than its source says."""
        since = now.disclosure if now else self._last_said(then)
        files = unedited(record).resources if self.sourced else ()
        said = next((one.disclosure for one in files if one.key == then.key), None)
        name = f"{FILE}{made.key}.disclosure"
        decided = self._stricter(name, then.disclosure, since)
        return replace(made, disclosure=said if said and said.is_stricter_than(decided) else decided)

    def _last_said(self, then: ResourceRecord) -> Disclosure:
        found = then.disclosure
        for later in self.states[1:]:
            if isinstance(later, DatasetRecord):
                for one in later.resources:
                    if one.key == then.key or (one.id and one.id == then.id):
                        found = one.disclosure
        return found

    def _stricter(self, name: str, then: Disclosure, now: Disclosure) -> Disclosure:
        if name in self.loosen or not now.is_stricter_than(then):
            return then
        self.notes.append(Note("stricter", name, now.status.value))
        return now


def _still_met(contract: Contract, met: dict[UUID, Deliverable]) -> Contract:
    owed = []
    for one in contract.deliverables:
        known = met.get(one.id) if one.id else None
        owed.append(replace(one, dataset=known.dataset if known else None))
    return replace(contract, deliverables=tuple(owed))
