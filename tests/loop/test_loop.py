"""The loop that proves it: what we serve, our own harvesters bring into empty catalogues, but for what is written down.

Everything happens once, in the order of a life: all are harvested, again, and after changes; the tests look at that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import pytest

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import Text
from opendata.export.entry import Entry
from opendata.services import care, harvest, sources, walking, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobLine
from tests.export import ckan_losses, losses, oai_losses
from tests.factories import OPENS, record, work
from tests.loop import lost
from tests.loop.comparing import SOURCE, differences
from tests.loop.original import Original, everything, opened, serving

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
FORMS = {
    "ckan": ("ckan", "", {}),
    "dcat": ("dcat", "/catalog.ttl", {}),
    "datajson": ("datajson", "/data.json", {}),
    "oai_dc": ("oaipmh", "/oai", {"metadata_prefix": "oai_dc", "organization_from": "publisher"}),
    "oai_datacite": ("oaipmh", "/oai", {"metadata_prefix": "oai_datacite", "organization_from": "publisher"}),
}
"""The harvester of each form, the address that it is given, and its options."""
BOTH = (losses.OURS_ALONE, losses.OTHERWISE)
LISTS = {
    "ckan": (ckan_losses.ALONE, ckan_losses.OTHERWISE),
    "dcat": (*BOTH, losses.DCAT),
    "datajson": (*BOTH, losses.DATAJSON),
    "oai_dc": (oai_losses.BOTH, oai_losses.OAI_DC),
    "oai_datacite": (oai_losses.BOTH, oai_losses.OAI_DATACITE),
}
"""What the documents say that each cannot carry."""


@dataclass
class Copy:
    """A catalogue that harvests one form, and what it was like after each run."""

    form: str
    catalogue: Catalogue
    runs: list[JobLine] = field(default_factory=list)
    seen: list[dict[UUID, DatasetRecord]] = field(default_factory=list)
    own: dict[UUID, UUID] = field(default_factory=dict)

    def harvest(self, original: Original, *, full: bool | None = None) -> None:
        """Run once; remember what it did and what is there since, by the original's ids."""
        self.runs.append(harvest.run(self.catalogue, SOURCE, actor=SYSTEM, full=full).job)
        found = {}
        for one in everything(self.catalogue):
            assert one.source is not None
            assert one.id is not None
            known = UUID(one.source.identifier[-36:])
            self.own[known] = one.id
            found[known] = replace(one, source=None, sources=())
        self.seen.append(found)


@dataclass(frozen=True)
class Loop:
    """All that happened."""

    original: Original
    copies: dict[str, Copy]
    entries: dict[str, list[dict[UUID, Entry]]]
    stored: dict[UUID, DatasetRecord]
    new: UUID


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Loop]:
    """A run, one more, a changed original, and a third."""
    folder = tmp_path_factory.mktemp("loop")
    with ExitStack() as stack:
        original = stack.enter_context(serving(folder / "original", prepared))
        copies = {form: _copy(form, original, folder, prepared, stack) for form in FORMS}
        entries = {form: [original.entries(form)] for form in FORMS}
        before = {one.id: one for one in everything(original.catalogue) if one.id}
        for _ in range(2):
            original.clock.advance(minutes=1)
            for copy in copies.values():
                copy.harvest(original)
        new = _change(original)
        for form, copy in copies.items():
            entries[form].append(original.entries(form))
            copy.harvest(original, full=False)
        copies["ckan"].harvest(original, full=True)
        yield Loop(original, copies, entries, before, new)


def _copy(form: str, original: Original, folder: Path, prepared: Path, stack: ExitStack) -> Copy:
    kind, path, options = FORMS[form]
    fetch_nothing = {"OPENDATA_HARVEST__FETCH_FILES": "false"}
    catalogue = opened(folder / form, prepared, original.clock, **fetch_nothing)
    stack.callback(catalogue.close)
    sources.add(
        catalogue, SYSTEM, sources.NewSource(SOURCE, kind, original.site.url + path, options=options, grace_days=0)
    )
    return Copy(form, catalogue)


def _change(original: Original) -> UUID:
    """Change, withdraw and add a record, on the day on which a file of another opens. The new one's id."""
    original.clock.advance(days=(OPENS - original.catalogue.today()).days)
    care.open_due(original.catalogue)
    catalogue, ids = original.catalogue, original.ids
    title = Text.of("Ряды, которые изменились", "ru")
    writing.replace(catalogue, SYSTEM, str(ids["changing"]), lambda one: replace(one, title=title))
    writing.remove(catalogue, SYSTEM, str(ids["mixed"]), "ошибка в данных")
    made = writing.create(catalogue, SYSTEM, record("Совсем новые ряды"))
    assert made.id
    work(catalogue)  # CKAN's clients ask the index
    original.clock.advance(minutes=1)
    return made.id


@pytest.mark.parametrize("form", FORMS)
def test_every_public_record_comes_and_no_other(loop: Loop, form: str) -> None:
    assert loop.copies[form].seen[0].keys() == loop.entries[form][0].keys()


@pytest.mark.parametrize("form", FORMS)
def test_nothing_differs_but_what_is_listed(loop: Loop, form: str) -> None:
    copy = loop.copies[form].seen[0]
    found = {
        str(entry.record.title.values()[0]): told
        for one, entry in loop.entries[form][0].items()
        if (told := list(differences(entry, copy[one], loop.original.site, form)))
    }
    assert not found, "\n".join(f"{title}: {line}" for title, lines in found.items() for line in lines)


@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_listed_is_lost(loop: Loop, form: str) -> None:
    copy = loop.copies[form]
    pairs = [(loop.stored[one], other) for one, other in copy.seen[0].items()]
    gone = {one: record for one, record in loop.stored.items() if one not in copy.seen[0]}
    listed = {name for part in LISTS[form] for name in part}
    kept = {name for name in listed if not lost.is_lost(name, pairs, gone.values(), copy.catalogue)}
    assert not kept


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith("oai")])
def test_agencies_stand_below_theirs(loop: Loop, form: str) -> None:
    copy = loop.copies[form]
    twins = {one.record.id: one for one in walking.walk(copy.catalogue)}
    below = 0
    for one, entry in loop.entries[form][0].items():
        agency, copied = entry.agency, twins.get(copy.own[one])
        if agency is None or copied is None:
            continue
        twin = copied.agency
        assert twin
        assert (agency.parent is None) == (twin.parent is None)
        if agency.parent and twin.parent:
            below += 1
            names, told = ({ref.slug, *map(str, ref.title.values())} for ref in (agency.parent, twin.parent))
            assert told & names
    assert below > 1


@pytest.mark.parametrize("form", FORMS)
def test_second_run_changes_nothing(loop: Loop, form: str) -> None:
    copy = loop.copies[form]
    assert {name for name, count in copy.runs[1].counts.items() if count} <= {"unchanged"}
    assert copy.seen[1] == copy.seen[0]


@pytest.mark.parametrize("form", FORMS)
def test_incremental_run_brings_what_changed_and_nothing_else(loop: Loop, form: str) -> None:
    copy, ids = loop.copies[form], loop.original.ids
    before, after = copy.seen[1:3]
    listed = {ids["changing"], ids["later"], loop.new}
    # CKAN does not tell what was withdrawn: full listings find it (docs/harvesters.md).
    listed |= set() if form == "ckan" else {ids["mixed"]}
    assert {one for one in after if after[one] != before.get(one)} == listed
    assert (after[ids["mixed"]].state is RecordState.WITHDRAWN) == (form != "ckan")
    for one in listed - {ids["mixed"]}:
        assert list(differences(loop.entries[form][1][one], after[one], loop.original.site, form)) == []


def test_full_run_finds_what_ckan_does_not_tell(loop: Loop) -> None:
    after = loop.copies["ckan"].seen[3]
    assert {one for one in after if after[one] != loop.copies["ckan"].seen[2][one]} == {loop.original.ids["mixed"]}
    assert after[loop.original.ids["mixed"]].state is RecordState.WITHDRAWN


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_carried_is_told(form: str) -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = [f"| {name} | {words} |" for part in LISTS[form] for name, words in part.items()]
    assert [row for row in rows if row not in text] == []
