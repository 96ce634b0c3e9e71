"""Archives that nobody should send with a table: every file in them is taken, or refused by its name at its row."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from opendata.catalog.upload_refusals import NotTaken, OverLimit
from opendata.errors import CatalogueError
from opendata.services.actors import SYSTEM
from opendata.services.uploads import publishing
from opendata.services.uploads.publishing import Done, Request
from tests.conftest import settings
from tests.hostile.conftest import Way, holdings, uploaded
from tests.hostile.workbooks import overlapping
from tests.realdata.pipeline import work

HEAD = "Идентификатор;Название;Файлы\n"


def packed(path: Path, table: str, files: Mapping[Any, bytes]) -> Path:
    """A zip of a table and files, each by its name or with all that its entry says."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", HEAD + table)
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def refusals(done: Done) -> dict[int, str]:
    """The words about files at each row that was refused for one."""
    codes = ("file_refused", "file_broken", "file_missing")
    return {line.row: line.message for line in done.report.problems if line.row and line.code in codes}


BAD_NAMES = {
    "../out.txt": "leads out", "a/../../out.txt": "leads out", "/etc/out.txt": "absolute", "C:\\out.txt": "absolute",
    "..\\out.txt": "leads out", "CON": "device", "sub/nul.txt": "device", "com1.pdf": "device", "LPT9.tar.gz": "device",
}  # fmt: skip


@pytest.mark.parametrize(("name", "why"), BAD_NAMES.items())
def test_names_that_harm_are_refused_at_their_row(
    way: Way, send: Callable[..., Done], tmp_path: Path, name: str, why: str
) -> None:
    done = send(packed(tmp_path / "u.zip", f"A-1;Вода;{name}\nA-2;Почва;\n", {name: b"x"}))
    assert why in refusals(done)[2]
    assert done.report.counts["created"] == 1
    assert holdings(way.catalogue) == (1, set())
    assert not list(tmp_path.rglob("out.txt"))


def test_link_within_an_archive_is_refused(way: Way, send: Callable[..., Done], tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    done = send(packed(tmp_path / "u.zip", "A-1;Вода;link.txt\n", {link: b"/etc/passwd"}))
    assert "symbolic link" in refusals(done)[2]
    assert holdings(way.catalogue) == (0, set())


def test_bombs_are_refused_and_archives_within_are_never_opened(
    way: Way, send: Callable[..., Done], tmp_path: Path
) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", bytes(50_000_000))
    files = {"bomb.txt": bytes(50_000_000), "nested.zip": inner.getvalue()}
    done = send(packed(tmp_path / "u.zip", "A-1;Вода;bomb.txt\nA-2;Почва;nested.zip\n", files))
    assert "bombs" in refusals(done)[2]
    assert holdings(way.catalogue)[0] == 1
    (resource,) = uploaded(way.catalogue)["A-2"].resources
    assert resource.byte_size == len(inner.getvalue())


def test_entries_that_share_their_bytes_are_refused(way: Way, send: Callable[..., Done], tmp_path: Path) -> None:
    path = tmp_path / "u.zip"
    path.write_bytes(overlapping((HEAD + "A-1;Вода;3-x.txt\nA-2;Почва;\n").encode(), "x.txt", 50))
    done = send(path)
    assert "overlaps" in refusals(done)[2]
    assert holdings(way.catalogue) == (1, set())


def test_directory_that_lies_about_sizes_is_found_out(way: Way, send: Callable[..., Done], tmp_path: Path) -> None:
    path = packed(tmp_path / "u.zip", "A-1;Вода;big.txt\nA-2;Почва;\n", {"big.txt": b"text " * 10_000})
    data = path.read_bytes()
    size = struct.pack("<I", 50_000)
    path.write_bytes(data.replace(size, struct.pack("<I", 10)))
    assert refusals(send(path))[2]
    assert holdings(way.catalogue) == (1, set())


@pytest.mark.parametrize("how", ["checksum", "cut", "name"])
def test_broken_file_is_an_error_of_its_row(way: Way, send: Callable[..., Done], tmp_path: Path, how: str) -> None:
    content = os.urandom(20_000)
    good = {"good.txt": b"good", "bad.bin": content}
    data = bytearray(
        packed(tmp_path / "u.zip", 'A-1;Вода;"good.txt; bad.bin"\nA-2;Почва;good.txt\n', good).read_bytes()
    )
    place = data.index(content[:100])
    if how == "checksum":
        data[place + 5000] ^= 0xFF
    elif how == "cut":
        data[place + 100 : place + 20_000] = bytes(19_900)
    else:
        data[data.index(b"bad.bin")] = ord("X")  # the name before the file, unlike that in the directory
    (tmp_path / "u.zip").write_bytes(data)
    done = send(tmp_path / "u.zip")
    assert "bad.bin" in refusals(done)[2]
    assert set(uploaded(way.catalogue)) == {"A-2"}
    assert len(holdings(way.catalogue)[1]) == 1


def test_broken_table_is_an_error_of_the_upload(refused: Callable[[Path], NotTaken], tmp_path: Path) -> None:
    path = packed(tmp_path / "u.zip", "A-1;Вода;\n" * 50, {"data.txt": b"x"})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    error = refused(path)
    assert (error.problem.code, error.problem.value) == ("spreadsheet_broken", "table.csv")


def test_locked_table_is_an_error_of_the_upload(refused: Callable[[Path], NotTaken], tmp_path: Path) -> None:
    path = packed(tmp_path / "u.zip", "A-1;Вода;\n", {})
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    path.write_bytes(data)
    error = refused(path)
    assert (error.problem.code, error.problem.value) == ("spreadsheet_encrypted", "table.csv")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.999])
def test_archive_cut_anywhere_is_refused(refused: Callable[[Path], NotTaken], tmp_path: Path, part: float) -> None:
    path = packed(tmp_path / "u.zip", "A-1;Вода;data.txt\n", {"data.txt": os.urandom(50_000)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert refused(path).problem.code == "archive_broken"


def test_too_many_entries_are_refused(
    refused: Callable[[Path], OverLimit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opendata.reading.archive.MAX_ENTRIES", 100)
    path = packed(tmp_path / "u.zip", "A-1;Вода;\n", {f"{number}.txt": b"x" for number in range(200)})
    error = refused(path)
    assert error.problem.code == "archive_over_limit"
    assert "100" in error.message


@pytest.mark.parametrize("charset", ["utf-8", "cp866", "cp1251"])
def test_names_of_files_in_every_charset(way: Way, send: Callable[..., Done], tmp_path: Path, charset: str) -> None:
    name = "Отчёт за 2023 год.txt"
    raw = name.encode(charset)
    path = packed(tmp_path / "u.zip", f"A-1;Вода;{name}\n", {"X" * len(raw): b"x"})
    path.write_bytes(path.read_bytes().replace(b"X" * len(raw), raw))
    assert not refusals(send(path))
    assert [resource.filename for resource in uploaded(way.catalogue)["A-1"].resources] == [name]


def test_tables_among_the_files_of_records_are_no_second_table(send: Callable[..., Done], tmp_path: Path) -> None:
    inner = "Название;Год\nВода;2020\n".encode()
    path = packed(tmp_path / "u.zip", "A-1;Вода;a.csv\nA-2;Почва;b.csv\n", {"a.csv": inner, "b.csv": inner})
    assert send(path).report.counts["created"] == 2


def test_what_a_killed_process_left_is_removed(send: Callable[..., Done], temporary: Path, tmp_path: Path) -> None:
    left = temporary / "opendata-upload-x.csv"
    left.write_bytes(b"half a table")
    os.utime(left, (0, 0))
    assert send(packed(tmp_path / "u.zip", "A-1;Вода;\n", {})).report.counts["created"] == 1
    assert not left.exists()


FULL = """
import resource, sys
from pathlib import Path
from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.errors import Unavailable
from opendata.services.actors import SYSTEM
from opendata.services.uploads import publishing
catalogue = open_catalogue(load_config())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    publishing.publish(catalogue, SYSTEM, publishing.Request(Path(sys.argv[1]), "u.zip", "msh", "en"))
except Unavailable as error:
    print(error.message)
    sys.exit(3)
"""


def test_full_disk_ends_an_upload_cleanly(way: Way, send: Callable[..., Done], tmp_path: Path) -> None:
    """A bound on the size of files stands for the end of the disk: the same error at the same calls."""
    files = {f"{n}.bin": os.urandom(3_000_000) for n in range(2)}
    path = packed(tmp_path / "u.zip", "A-1;Вода;0.bin\nA-2;Почва;1.bin\n", files)
    command = [sys.executable, "-W", "ignore", "-c", FULL, str(path), "2000000"]
    environ = {**os.environ, **settings(way.catalogue.config.home), "TMPDIR": str(tmp_path / "temporary")}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3, ended.stderr
    assert "disk" in ended.stdout
    assert holdings(way.catalogue) == (0, set())
    assert not list((way.catalogue.config.home / "files").rglob("tmp*"))
    assert send(path).report.counts["created"] == 2


@pytest.mark.realdata
def test_hostile_archives_as_uploads(way: Way, send: Callable[..., Done], realdata: Path, full: bool) -> None:
    """Each as it is: none holds a table of ours, so that all are refused in words."""
    del send
    files = sorted(path for path in (realdata / "hostile").glob("zip*/*") if path.is_file())
    for path in files if full else files[::4]:
        with contextlib.suppress(CatalogueError):
            publishing.rehearse(way.catalogue, SYSTEM, Request(path, path.name, "msh", "en"))
    assert holdings(way.catalogue) == (0, set())


@pytest.mark.realdata
@pytest.mark.timeout(1800)
def test_every_real_file_in_the_zip_of_a_table(
    way: Way, send: Callable[..., Done], realdata: Path, full: bool, tmp_path: Path
) -> None:
    """Whatever a file holds, it is the file of a record; a tenth of them unless everything is asked for."""
    folders = ("tables", "documents", "hostile")
    files = [path for one in folders for path in sorted((realdata / one).rglob("*")) if path.is_file()]
    chosen = {f"{number}-{path.name}": path.read_bytes() for number, path in enumerate(files[:: 1 if full else 10])}
    table = "".join(f'R-{number};Файл {number};"{name}"\n' for number, name in enumerate(chosen))
    done = send(packed(tmp_path / "u.zip", table, {f"sub/{name}": content for name, content in chosen.items()}))
    assert done.report.counts["rows"] == len(chosen)
    assert done.report.counts.get("created", 0) + done.report.rejected == len(chosen)
    assert done.report.rejected <= len(chosen) // 20
    work(way.catalogue)
    way.check(publishing_source(way))


def publishing_source(way: Way) -> str:
    """The name of the source that all uploads of the agency hang on."""
    organization = next(iter(uploaded(way.catalogue).values())).organization
    assert organization is not None
    return f"upload-{organization.id}"
