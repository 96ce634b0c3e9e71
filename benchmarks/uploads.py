"""A bulk upload from the received file until every record can be found: a workbook of many rows, a zip of gigabytes.

The check and the publication are jobs of `opendata worker --until-idle`, which are measured from the start of its
process on. Beside them: python-calamine reading the same workbook and doing nothing with it, and CKAN, whose
`ckanapi load datasets -p 3` wrote 44 datasets a second on such a machine (CKAN 2.12.0 with two uWSGI processes and
PostgreSQL, its search engine replaced by a stand-in that costs next to nothing: at its best).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from python_calamine import CalamineWorkbook

from benchmarks.generate import records
from benchmarks.measure import Figure, children, median, memory
from benchmarks.sites import COMMAND, Scale, environment, opened, started
from opendata.catalog.records import DatasetRecord
from opendata.export.workbooks import OutCell, OutSheet, write_workbook
from opendata.search.query import SearchQuery
from opendata.services import organizations
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import receiving, steps
from opendata.store.operations import Upload
from opendata.store.states import UploadStatus

CKAN_PER_SECOND = 44.0
AIM_PER_SECOND = 200.0
AIM_MIB = 400.0
SETTINGS = {"JOBS__OCR": "false"}
PACKED = 20
"""Files in the large zip."""
HEADINGS = (
    "Identifier", "Title", "Title (kk)", "Title (en)", "Abstract", "Keywords", "Type", "Licence",
    "Date of publication",
    "Language", "Authors",
)  # fmt: skip


def run(scale: Scale) -> list[Figure]:
    """Rows a second, seconds, and MiB at the peak of the worker with the processes below it."""
    path = scale.folder / "upload.xlsx"
    _write(path, scale.uploaded)
    checks, publications = [], []
    for _ in range(scale.repeats):
        check, publication = _upload(scale.folder / "uploaded", path, scale.uploaded)
        checks.append(check)
        publications.append(publication)
    rows = float(scale.uploaded)
    bare = rows / median([_bare(path) for _ in range(3)])
    both = [one.seconds + other.seconds for one, other in zip(checks, publications, strict=True)]
    busy = median([one.processor + other.processor for one, other in zip(checks, publications, strict=True)])
    peak = max(one.peak for one in checks + publications)
    zip_check, zip_publication = _large(scale)
    return [
        Figure(f"upload: check of {rows:.0f} rows", rows / median([one.seconds for one in checks]), "rows/s",
               bare, "bare python-calamine", more_is_better=True),
        Figure("upload: published and indexed", rows / median([one.seconds for one in publications]), "rows/s",
               CKAN_PER_SECOND, "CKAN, ckanapi load", aim=AIM_PER_SECOND, more_is_better=True),
        Figure("upload: from received to found, check and all", rows / median(both), "rows/s",
               CKAN_PER_SECOND, "CKAN, ckanapi load", more_is_better=True),
        Figure("upload: processor time of 1,000 rows, check and all", 1000 * busy / rows, "s"),
        Figure("upload: peak Pss of worker and reader", peak, "MiB", aim=AIM_MIB),
        Figure("upload: one row, from publish to found", 1000 * _findable(scale), "ms"),
        Figure(f"upload of a zip of {scale.packed_mib} MiB: check", zip_check.seconds, "s"),
        Figure(f"upload of a zip of {scale.packed_mib} MiB: publication", zip_publication.seconds, "s"),
        Figure("upload of that zip: peak Pss of worker and reader", max(zip_check.peak, zip_publication.peak), "MiB",
               aim=AIM_MIB),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worked:
    """Seconds of a worker from its start to its end, seconds of processor, and MiB at the peak, with its children."""

    seconds: float
    processor: float
    peak: float


@contextmanager
def _site(home: Path) -> Iterator[Catalogue]:
    """A new site with one agency."""
    shutil.rmtree(home, ignore_errors=True)
    with opened(home, **SETTINGS) as catalogue:
        organizations.add(catalogue, SYSTEM, "agency", "Agency")
        yield catalogue


def _upload(home: Path, path: Path, rows: int) -> tuple[Worked, Worked]:
    """The check and the publication of the file. RuntimeError unless every row was published and can be found."""
    with _site(home) as catalogue:
        upload_id = receiving.receive(catalogue, SYSTEM, "agency", path.name, path)
        check = _work(home)
        _expect(catalogue, upload_id, UploadStatus.CHECKED, rows)
        steps.publish(catalogue, SYSTEM, upload_id)
        publication = _work(home)
        _expect(catalogue, upload_id, UploadStatus.PUBLISHED, rows)
        if (documents := catalogue.index.status().documents) != rows:
            raise RuntimeError(f"{documents} of {rows} records can be found")
    return check, publication


def _expect(catalogue: Catalogue, upload_id: UUID, status: UploadStatus, rows: int) -> None:
    with catalogue.sessions.read() as session:
        upload = session.get_one(Upload, upload_id)
        if upload.status is not status or upload.counts.get("created") != rows:
            raise RuntimeError(f"the upload is {upload.status} and not {status}: {upload.counts} {upload.message}")


def _work(home: Path) -> Worked:
    """A worker does all that is queued, and ends."""
    peak = 0.0
    begun = time.perf_counter()
    worker = subprocess.Popen((*COMMAND, "worker", "--until-idle"), env=environment(home, **SETTINGS))
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.1):
            peak = max(peak, _held(worker.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _pid, status, usage = os.wait4(worker.pid, 0)
    took = time.perf_counter() - begun
    ended.set()
    watcher.join()
    worker.returncode = os.waitstatus_to_exitcode(status)
    return Worked(took, usage.ru_utime + usage.ru_stime, peak)


def _held(pid: int) -> float:
    """MiB of the process and all below it; what they map together is counted once."""
    try:
        return sum(memory(one)["Pss"] for one in (pid, *children(pid)))
    except OSError:  # it has just ended
        return 0.0


def _findable(scale: Scale) -> float:
    """Seconds from asking to publish one row until a search in another process than the worker finds it."""
    home, path = scale.folder / "findable", scale.folder / "one.xlsx"
    write_workbook(path, [_sheet([["A-1", "Горностай"]])])
    with _site(home) as catalogue, started((*COMMAND, "worker"), environment(home, **SETTINGS)):
        upload_id = receiving.receive(catalogue, SYSTEM, "agency", path.name, path)
        _until(lambda: _status(catalogue, upload_id) is UploadStatus.CHECKED)
        begun = time.perf_counter()
        steps.publish(catalogue, SYSTEM, upload_id)
        _until(lambda: catalogue.index.search(SearchQuery("горностай")).total == 1)
        return time.perf_counter() - begun


def _status(catalogue: Catalogue, upload_id: UUID) -> UploadStatus:
    with catalogue.sessions.read() as session:
        return session.get_one(Upload, upload_id).status


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("the upload did not come to its end")
        time.sleep(0.01)


def _large(scale: Scale) -> tuple[Worked, Worked]:
    """The check and the publication of a zip of a table and files that nothing makes smaller."""
    path = scale.folder / "upload.zip"
    table, size = scale.folder / "table.xlsx", scale.packed_mib * 1024**2 // PACKED
    names = [f"data-{number}.bin" for number in range(PACKED)]
    write_workbook(table, [_sheet([[f"A-{n}", f"Данные {n}", name] for n, name in enumerate(names)], "Files")])
    block = os.urandom(1024**2)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(table, table.name)
        for number, name in enumerate(names):
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(number.to_bytes(4, "big"))
                for start in range(0, size, len(block)):
                    stream.write(block[: size - start])
    try:
        return _upload(scale.folder / "packed", path, PACKED)
    finally:
        path.unlink()
        shutil.rmtree(scale.folder / "packed", ignore_errors=True)


def _write(path: Path, count: int) -> None:
    """A workbook of generated records."""
    rows = [_cells(number, generated.record) for number, generated in enumerate(records(count), 1)]
    write_workbook(path, [_sheet(rows, *HEADINGS[2:])])


def _cells(number: int, record: DatasetRecord) -> list[str]:
    title = {text.language: text.value for text in record.title.values()}
    described = next((text.value for text in record.description.values()), "")
    return [
        f"A-{number}", title.get("ru", ""), title.get("kk", ""), title.get("en", ""), described,
        "; ".join(keyword.text for keyword in record.keywords), record.type.value, record.license_id,
        str(record.issued or ""), record.languages[0] if record.languages else "",
        "; ".join(person.name for person in record.contributors),
    ]  # fmt: skip


def _sheet(rows: list[list[str]], *headings: str) -> OutSheet:
    sheet = OutSheet("Records")
    sheet.rows += [[OutCell(cell) for cell in row] for row in ([*HEADINGS[:2], *headings], *rows)]
    return sheet


def _bare(path: Path) -> float:
    """Seconds in which the library that we read workbooks with gives all cells."""
    begun = time.perf_counter()
    CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return time.perf_counter() - begun
