"""Whatever the public sees of a dataset changes with an event, and readers are told of what is for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

import opendata.services
from opendata.catalog.records import ResourceRecord, StudyRecord
from opendata.catalog.values import OrganizationRef, Relation
from opendata.services import (
    care,
    content_decisions,
    editing,
    events,
    joining,
    organizations_writing,
    register,
    sequence,
    writing,
)
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.events import Happening
from opendata.store.datasets import Dataset
from opendata.store.matches import MatchProposal
from tests.conftest import Clock
from tests.factories import EMBARGOED, Feed, feed, filed, found, link, member, organization, record, ru, work

SERVICES = Path(opendata.services.__file__).parent

TELLS = ("note", "note_each", "note_agency", "rewrite", "settle")
"""Functions that add an event; `content.settle` does where it changes anything."""
WRITES = ("apply_dataset", "insert_datasets", "new_dataset", "index_datasets")
"""Functions that change a dataset, or are called because one changed."""
SILENT = {
    "index_check": "brings the index back to what the store says",
    "queue": "queues what its callers ask for",
}
"""Modules that call them without any change of a record."""


def test_every_function_that_changes_a_dataset_tells_it() -> None:
    silent = [
        f"{path.relative_to(SERVICES)}: {name}"
        for path in sorted(SERVICES.rglob("*.py"))
        if path.stem not in SILENT
        for name in _untold(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == [], "these change datasets, and nobody who follows the catalogue hears of it"


def _untold(tree: ast.Module) -> Iterator[str]:
    """The functions that nobody in the module calls, and that change a dataset somehow, and tell nothing."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    calls = {name: _named(node) for name, node in functions.items()}
    called = {name for own, names in calls.items() for name in names if name != own}
    for name in functions.keys() - called:
        reached, waiting = set[str](), [name]
        while waiting:
            one = waiting.pop()
            reached.add(one)
            waiting += [other for other in calls.get(one, ()) if other not in reached]
        writes = any(one in WRITES for one in reached) or any(
            _dates(functions[one]) for one in reached if one in functions
        )
        if writes and not reached & set(TELLS):
            yield name


def _named(node: ast.AST) -> set[str]:
    """Every name and attribute in it: what is called, and what is handed on to be called."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def _dates(node: ast.AST) -> bool:
    """Whether it sets `metadata_modified` of a row."""
    return any(
        isinstance(one, ast.Attribute) and one.attr == "metadata_modified" and isinstance(one.ctx, ast.Store)
        for one in ast.walk(node)
    )


Step = Callable[[Catalogue, Clock], tuple[Callable[[], object], list[UUID]]]
"""Prepares, and gives what then happens with the datasets that are other ones by it."""


def _id(dataset: object) -> UUID:
    key = dataset.id  # type: ignore[attr-defined]
    assert isinstance(key, UUID)
    return key


def _embargo_ends(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    made = feed(catalogue).one(filed("Отчёт", "Текст.", disclosure=EMBARGOED))
    work(catalogue)
    clock.advance(days=31)
    return lambda: care.open_due(catalogue), [_id(made)]


def _file_is_read(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    made = feed(catalogue).one(filed("Отчёт", "Текст."))
    return lambda: work(catalogue), [_id(made)]


def _held_file_is_opened(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    agency = organization(catalogue, "su")
    owner = OrganizationRef(id=agency, slug="su", title=ru("su"))
    files = (ResourceRecord(key="a.txt", filename="a.txt"),)
    text = "Для служебного пользования\nЭкз. № 2\n\nО стоке.\n".encode()
    made = feed(catalogue).one(found("a", record(organization=owner, resources=files), {"a.txt": text}))
    work(catalogue)
    key = made.resources[0].id
    assert key is not None
    admin = Actor(name="Someone", roles={agency: Role.ADMIN})
    return lambda: content_decisions.open_file(catalogue, admin, key, "Гриф снят актом комиссии"), [_id(made)]


def _withdrawn(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    made = feed(catalogue).one(found("a", record()))
    return lambda: writing.remove(catalogue, SYSTEM, made.slug, "why"), [_id(made)]


def _gone_at_its_source(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    source = feed(catalogue)
    made = source.one(found("a", record()))
    return lambda: source.take(gone=["a"]), [_id(made)]


def _changed_at_its_source(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    source = feed(catalogue)
    made = source.one(found("a", record()))
    return lambda: source.take(found("a", record("Другое"))), [_id(made)]


def _edited(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    made = feed(catalogue).one(found("a", record()))
    return lambda: editing.edit(catalogue, SYSTEM, made.slug, {"title.en": "Water"}), [_id(made)]


def _study(catalogue: Catalogue, agency: UUID, **changes: object) -> UUID:
    given = {"title": ru("Баланс"), "register_number": "BR1", "organization": OrganizationRef(id=agency), **changes}
    with catalogue.sessions.write.begin() as session:
        return register.save(session, catalogue, SYSTEM, StudyRecord(**given)).id  # type: ignore[arg-type]


def _tied_to_a_study(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    agency = organization(catalogue, "su")
    made = feed(catalogue).one(found("a", record(register_number="BR1")))
    return lambda: _study(catalogue, agency), [_id(made)]


def _study_is_changed(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    agency = organization(catalogue, "su")
    _study(catalogue, agency)
    made = feed(catalogue).one(found("a", record(register_number="BR1")))
    return lambda: _study(catalogue, agency, title=ru("Водный баланс")), [_id(made)]


def _study_is_taken_back(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    key = _study(catalogue, organization(catalogue, "su"))
    made = feed(catalogue).one(found("a", record(register_number="BR1")))

    def take_back() -> None:
        with catalogue.sessions.write.begin() as session:
            register.take_back(session, catalogue, SYSTEM, key)

    return take_back, [_id(made)]


def _joined(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    """The one that stays, the one that leads to it, and a third that was related to that."""
    del clock
    kept = feed(catalogue, "one").one(found("a", record("Первая", resources=(link(),))))
    gone = feed(catalogue, "two").one(found("b", record("Вторая")))
    third = feed(catalogue, "three").one(
        found("c", record("Третья", relations=(Relation("Cites", target_id=gone.id),)))
    )
    pair = joining.named(catalogue, SYSTEM, kept.slug, gone.slug)
    return lambda: joining.join(catalogue, SYSTEM, pair, kept.slug), [_id(kept), _id(gone), _id(third)]


def _taken_apart(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    happen, keys = _joined(catalogue, clock)
    happen()
    with catalogue.sessions.read() as session:
        pair = session.scalars(select(MatchProposal.id)).one()
    return lambda: joining.split(catalogue, SYSTEM, pair), keys


def _agency_gets_its_name(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    del clock
    child = OrganizationRef(slug="bureau", identifier="id-1", title=ru("Бюро"), parent="ministry")
    parent = OrganizationRef(slug="ministry", identifier="id-2", title=ru("Министерство"))
    source = feed(catalogue)
    made = source.one(found("a", record("A", organization=child)))
    return lambda: source.take(found("b", record("B", organization=parent))), [_id(made)]


def _agency_is_renamed(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    """Those of the agencies below are in a set of its name too."""
    del clock
    above = organization(catalogue, "ministry")
    owner = OrganizationRef(id=organization(catalogue, "bureau", above), slug="bureau", title=ru("bureau"))
    made = feed(catalogue).one(found("a", record("A", organization=owner)))
    change = organizations_writing.OrganizationChange(title="Министерство")
    return lambda: organizations_writing.update(catalogue, SYSTEM, "ministry", change), [_id(made)]


def _related_is_renamed(catalogue: Catalogue, clock: Clock) -> tuple[Callable[[], object], list[UUID]]:
    """Those that name it show its title."""
    del clock
    target = feed(catalogue).one(found("a", record("A")))
    naming = feed(catalogue).one(found("b", record("B", relations=(Relation("Cites", target_id=target.id),))))
    return lambda: editing.edit(catalogue, SYSTEM, target.slug, {"title.en": "A"}), [_id(target), _id(naming)]


@pytest.mark.parametrize(
    "step",
    [
        _embargo_ends, _file_is_read, _held_file_is_opened, _withdrawn, _gone_at_its_source, _changed_at_its_source,
        _edited, _tied_to_a_study, _study_is_changed, _study_is_taken_back, _joined, _taken_apart,
        _agency_gets_its_name, _agency_is_renamed, _related_is_renamed,
    ],
    ids=lambda step: step.__name__.strip("_"),
)  # fmt: skip
def test_what_the_public_sees_changes_with_a_new_stamp(catalogue: Catalogue, clock: Clock, step: Step) -> None:
    happen, keys = step(catalogue, clock)
    sequence.advance(catalogue)
    clock.advance(minutes=1)
    happen()
    clock.advance(minutes=1)
    sequence.advance(catalogue)
    with catalogue.sessions.read() as session:
        stamps = {row[0]: row[1] for row in session.execute(select(Dataset.id, Dataset.stamp))}
    assert [stamps[key] for key in keys] == [clock.now] * len(keys)


def happened(catalogue: Catalogue, actor: object = PUBLIC, cursor: int = 0) -> list[tuple[str, Happening]]:
    """The slugs and what became of each, as the actor hears it."""
    sequence.advance(catalogue)
    return [(one.slug, one.event) for one in events.since(catalogue, actor, cursor)[0]]  # type: ignore[arg-type]


def test_the_public_hears_from_the_day_on_which_a_record_became_public(
    catalogue: Catalogue, clock: Clock, one: Feed
) -> None:
    made = one.one(found("a", record("A", private=True)))
    assert happened(catalogue) == []
    clock.advance(hours=1)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).values(private=False, published_at=clock.now))
        note(session, SYSTEM, clock.now, "dataset", _id(made), "edited")
    assert happened(catalogue) == [(made.slug, Happening.CREATED)]
    assert happened(catalogue, SYSTEM) == [(made.slug, Happening.CREATED), (made.slug, Happening.CHANGED)]


def test_of_what_is_private_again_only_that_it_is_gone_is_told(catalogue: Catalogue, clock: Clock, one: Feed) -> None:
    made = one.one(found("a", record("A")))
    agency = organization(catalogue, "su")
    clock.advance(hours=1)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).values(private=True, slug="secret-name", organization_id=agency))
        note(session, SYSTEM, clock.now, "dataset", _id(made), "edited")
    assert happened(catalogue) == [("", Happening.WITHDRAWN), ("", Happening.WITHDRAWN)]
    assert happened(catalogue, member(agency, Role.MEMBER))[-1] == ("secret-name", Happening.CHANGED)


def test_the_cursor_goes_on_where_nothing_is_for_the_reader(catalogue: Catalogue, one: Feed) -> None:
    one.take(*(found(str(number), record(f"A{number}", private=True)) for number in range(5)))
    sequence.advance(catalogue)
    told, cursor = events.since(catalogue, PUBLIC, 0)
    assert (told, cursor) == ((), events.latest(catalogue))
    assert events.since(catalogue, PUBLIC, cursor) == ((), cursor)


def test_pages_of_any_size_are_the_same_list(catalogue: Catalogue, one: Feed) -> None:
    one.take(*(found(str(number), record(f"A{number}", private=number % 3 == 0)) for number in range(10)))
    sequence.advance(catalogue)
    whole = events.since(catalogue, PUBLIC, 0)[0]
    pages, cursor = [], 0
    while True:
        told, cursor = events.since(catalogue, PUBLIC, cursor, limit=2)
        if not told:
            break
        pages += told
    assert tuple(pages) == whole
    assert len(whole) == 6


def test_kinds_can_be_chosen(catalogue: Catalogue, one: Feed) -> None:
    agency = organization(catalogue, "su")
    one.one(found("a", record()))
    _study(catalogue, agency)
    sequence.advance(catalogue)
    assert {one.kind for one in events.since(catalogue, PUBLIC, 0)[0]} == {"dataset", "study"}
    assert {one.kind for one in events.since(catalogue, PUBLIC, 0, kinds=["study"])[0]} == {"study"}
