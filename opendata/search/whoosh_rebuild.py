"""Builds an index anew beside the live one: what it is made with is learned from all documents, then they are written.

Writers go on meanwhile. What they change is noted beside the new build, which catches up before it goes live.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from uuid import UUID

from whoosh.index import _DEF_INDEX_NAME, TOC, FileIndex

from opendata.search import journal, whoosh_build, whoosh_writer
from opendata.search.analysis.mining import mine_files
from opendata.search.crew import Alone, Crew, Several
from opendata.search.document import SearchDocument
from opendata.search.index import Keep, Progress
from opendata.search.survey import Findings, mean_lengths
from opendata.search.whoosh_area import Area, empty_index
from opendata.search.whoosh_build import LENGTHS, Made
from opendata.search.whoosh_storage import MappedStorage

BATCH = 50
BATCH_CHARACTERS = 2_000_000
"""Documents that go from process to process together: so many, or fewer with so much text."""
FEW = 4
"""Batches that are sooner done than a second process has started."""


def rebuild(
    area: Area,
    documents: Iterable[SearchDocument],
    processes: int = 0,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> int:
    """Write a new build from a stream and make it live; until then, and on any error, the old one stays. How many.

    `processes` is how many write, 0 for one a core.
    """
    with area.building(whoosh_writer.LOCK_SECONDS) as folder:
        count, made = _fill(area, folder, documents, processes, progress or (lambda _done, _total: None), keep)
        opened = FileIndex(MappedStorage(folder))
        caught_up = _catch_up(folder, opened, made, 0, keep)
        with area.locked(whoosh_writer.LOCK_SECONDS):
            _catch_up(folder, opened, made, caught_up, keep)
            shutil.rmtree(folder / journal.FOLDER, ignore_errors=True)
            area.make_live(folder)
    return count


def _fill(
    area: Area,
    folder: Path,
    documents: Iterable[SearchDocument],
    processes: int,
    progress: Progress,
    keep: Keep | None,
) -> tuple[int, Made]:
    """Write every document into the build; how many, and what with."""
    batches = _batches(documents)
    first = list(islice(batches, FEW))
    count = done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        progress(done, count)

    with closing(_crew(area, folder, processes if len(first) == FEW else 1, keep)) as crew:
        for batch in chain(first, batches):
            crew.take(batch)
            count += len(batch)
            progress(count, None)
        made = _made(area, folder, crew.findings())
        whoosh_build.write(folder, made)
        crew.write(made, advance)
    _join(folder, crew.folders)
    return count, made


def _crew(area: Area, folder: Path, processes: int, keep: Keep | None) -> Crew:
    # An analysis that was handed in lives in this process alone.
    number = 1 if area.fixed else processes or len(os.sched_getaffinity(0))
    parts = [folder / f"part-{place}" for place in range(number)]
    return Several(parts, keep) if number > 1 else Alone(parts[0], area.fixed, keep)


def _made(area: Area, folder: Path, findings: Sequence[Findings]) -> Made:
    lengths = mean_lengths((found.sums for found in findings), LENGTHS)
    if area.fixed:
        return Made(area.fixed, lengths)
    return whoosh_build.made_with(mine_files((file for found in findings for file in found.words), folder), lengths)


def _join(folder: Path, parts: Iterable[Path]) -> None:
    """One index of the segments in the folders of the shares."""
    index = empty_index(folder)
    segments = []
    for part in parts:
        segments += TOC.read(MappedStorage(part), _DEF_INDEX_NAME).segments
        for file in part.glob(f"{_DEF_INDEX_NAME}_*"):
            file.rename(folder / file.name)
        shutil.rmtree(part)
    for run in folder.glob("*.run"):
        run.unlink()
    TOC(index.schema, segments, 1).write(index.storage, _DEF_INDEX_NAME)


def _catch_up(folder: Path, opened: FileIndex, made: Made, start: int, keep: Keep | None) -> int:
    """Do what was changed meanwhile, from change number `start` on; the number of the next one."""
    done = start
    for change in journal.changes(folder, start):
        whoosh_writer.commit(opened, made, change.documents, change.gone, keep)
        done += 1
    return done


def _batches(documents: Iterable[SearchDocument]) -> Iterator[Sequence[SearchDocument]]:
    """The documents by small numbers; of several with one id the first."""
    seen: set[UUID] = set()
    batch: list[SearchDocument] = []
    characters = 0
    for document in documents:
        if document.id in seen:
            continue
        seen.add(document.id)
        batch.append(document)
        characters += sum(len(page) for file in document.files for page in file.pages)
        if len(batch) == BATCH or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
