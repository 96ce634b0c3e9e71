"""A source that lists what a test says, run by the engine as any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import select, update

from opendata.errors import Problem
from opendata.harvesting.contract import Complete, Event, Failed, Found, Option, Raw, Run
from opendata.services import harvest, processes, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import Wish
from opendata.services.harvest_listing import opened
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.states import ItemResult
from tests.factories import record

NAME = "scripted"


class Killed(BaseException):
    """The process ends here, without a word."""


@dataclass
class Script:
    """A harvester that yields what `listing` says, and remembers what it was asked and which items were mapped."""

    listing: Callable[[Run], Iterable[Event]] = lambda _run: ()
    name: str = NAME
    title: str = "Scripted"
    options: tuple[Option, ...] = ()
    version: int = 1
    incremental: bool = False
    asked: list[Run] = field(default_factory=list)
    mapped: list[str] = field(default_factory=list)

    def harvest(self, run: Run) -> Iterator[Event]:
        """What the test says."""
        self.asked.append(run)
        yield from self.listing(run)

    def item(self, number: int, title: str = "", raw: str = "", validator: str = "") -> Raw:
        """An item with a title and original of its own."""
        identifier, title = f"item-{number}", title or f"Запись {number}"
        content = (raw or f"{number}: {title}").encode()

        def read() -> Found | Failed:
            self.mapped.append(identifier)
            return Found(identifier, record(title), content, "text/plain")

        return Raw(identifier, content, "text/plain", read, validator)

    def items(self, numbers: Iterable[int]) -> list[Event]:
        """Several of them."""
        return [self.item(number) for number in numbers]

    def lists(self, numbers: Iterable[int], *more: Event) -> None:
        """From now on the source has these, and says that they are all."""
        events = [*self.items(numbers), *more, Complete()]
        self.listing = lambda _run: events


def refused(number: int) -> Failed:
    """An item that cannot be read."""
    return Failed(f"item-{number}", (Problem("unreadable", "It cannot be read."),), b"?", "text/plain")


@dataclass
class Scripted:
    """A scripted source in a catalogue."""

    catalogue: Catalogue
    script: Script = field(default_factory=Script)

    def __post_init__(self) -> None:
        with self.catalogue.sessions.read() as session:
            if session.scalar(select(HarvestSource.id).where(HarvestSource.name == NAME)):
                return
        sources.add(self.catalogue, SYSTEM, sources.NewSource(name=NAME, type="ckan", url="https://x.example"))

    def run(self, **wish: object) -> HarvestJob:
        """One run of it, and its job."""
        source = replace(opened(self.catalogue, NAME), harvester=self.script)
        number = harvest.carry_out(source, Wish(**wish), SYSTEM)  # type: ignore[arg-type]
        return self.job(number)

    def killed(self) -> HarvestJob:
        """A run whose process dies where the script says; the job that it leaves behind."""
        try:
            self.run()
        except Killed:
            pass
        else:
            raise AssertionError("it was not killed")
        host = processes.owner().rpartition(":")[0]
        with self.catalogue.sessions.write.begin() as session:
            number = session.scalars(select(HarvestJob.id).order_by(HarvestJob.id.desc())).first()
            session.execute(update(HarvestJob).where(HarvestJob.id == number).values(owner=f"{host}:{2**22 - 1}"))
        return self.job(number or 0)

    def job(self, number: int) -> HarvestJob:
        """The job as it stands."""
        with self.catalogue.sessions.read() as session:
            return session.get_one(HarvestJob, number)

    def row(self) -> HarvestSource:
        """The source as it stands."""
        with self.catalogue.sessions.read() as session:
            return session.scalars(select(HarvestSource).where(HarvestSource.name == NAME)).one()

    def change(self, **values: object) -> None:
        """Change the source's row."""
        with self.catalogue.sessions.write.begin() as session:
            session.execute(update(HarvestSource).where(HarvestSource.name == NAME).values(**values))

    def records(self) -> dict[str, HarvestRecord]:
        """What is known of its items."""
        with self.catalogue.sessions.read() as session:
            return {row.identifier: row for row in session.scalars(select(HarvestRecord))}

    def states(self) -> dict[str, int]:
        """How many datasets there are in each state."""
        with self.catalogue.sessions.read() as session:
            found = [row.state.value for row in session.scalars(select(Dataset))]
        return {state: found.count(state) for state in sorted(set(found))}


def counted(job: HarvestJob) -> dict[str, int]:
    """The counts of a job that are not 0."""
    found = {result.value: getattr(job, f"{result.value}_count") for result in ItemResult}
    return {name: number for name, number in found.items() if number}
