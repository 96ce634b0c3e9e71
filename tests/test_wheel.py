"""What is published is what runs: the wheel holds everything, and starts where nothing else is."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.wheels import ROOT, CannotBuild, build_wheel, copy_of_the_project, install

KINDS = {
    "templates": (ROOT / "templates", "opendata/templates", "*.html"),
    "styles": (ROOT / "opendata/static", "opendata/static", "*.css"),
    "scripts": (ROOT / "opendata/static", "opendata/static", "*.js"),
    "pictures": (ROOT / "opendata/static", "opendata/static", "*.svg"),
    "migrations": (ROOT / "opendata/migrations", "opendata/migrations", "*"),
    "vocabularies": (ROOT / "opendata/catalog/data", "opendata/catalog/data", "*.toml"),
    "demonstration": (ROOT / "opendata/demo", "opendata/demo", "*"),
    "harvesters": (ROOT / "harvesters", "harvesters", "*.py"),
    "code": (ROOT / "opendata", "opendata", "*.py"),
}
START_SECONDS = 60


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what would be committed."""
    return copy_of_the_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built of it."""
    try:
        return build_wheel(project, tmp_path_factory.mktemp("wheel"))
    except CannotBuild as error:
        pytest.skip(f"the wheel cannot be built: {error}")


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`opendata` of an environment that has the wheel."""
    return install(wheel, tmp_path_factory.mktemp("installed") / "venv")


def environment(home: Path) -> dict[str, str]:
    """This one, without settings and without paths that would let the checkout in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENDATA_", "PYTHON"))}
    return {**kept, "OPENDATA_HOME": str(home)}


@pytest.mark.parametrize("kind", KINDS)
def test_wheel_holds_all_files_of_a_kind(project: Path, wheel: Path, kind: str) -> None:
    source, place, pattern = KINDS[kind]
    below = project / source.relative_to(ROOT)
    wanted = {f"{place}/{path.relative_to(below)}" for path in below.rglob(pattern) if path.is_file()}
    assert wanted, f"the project has no {kind}"
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_the_compiled_messages(project: Path, wheel: Path) -> None:
    wanted = {
        str(path.relative_to(project).with_suffix(".mo")) for path in project.glob("opendata/translations/**/*.po")
    }
    assert {path.split("/")[2] for path in wanted} >= {"kk", "ru"}
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"opendata", "harvesters"}


def test_installed_command_runs_from_any_folder(command: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [command, "--help"], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def test_code_comes_from_the_installation(command: Path, tmp_path: Path) -> None:
    code = "import opendata, harvesters; print(opendata.__file__, harvesters.__file__)"
    done = subprocess.run(
        [command.with_name("python"), "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(str(command.parent.parent) in one for one in done.stdout.split()), done.stdout


def test_harvesters_are_found_by_entry_point(command: Path, tmp_path: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    code = (
        "import json; from importlib.metadata import entry_points; "
        "print(json.dumps([[one.name, one.load().name] for one in entry_points(group='opendata.harvesters')]))"
    )
    done = subprocess.run(
        [command.with_name("python"), "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = {tuple(pair) for pair in json.loads(done.stdout)}
    assert names == {(name, name) for name in declared["opendata.harvesters"]}


@contextmanager
def served(command: Path, folder: Path) -> Iterator[str]:
    """The address of the installed catalogue, with a new home, started from `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [command, "serve", "--port", str(port), "--processes", "1"]
    log = folder / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(arguments, cwd=folder, env=environment(folder / "home"), stdout=out, stderr=out) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START_SECONDS
            while not answers(f"{address}/healthz"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, f"no answer within {START_SECONDS} s: {log.read_text()}"
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_installed_catalogue_serves_its_pages_and_styles(command: Path, tmp_path: Path) -> None:
    with served(command, tmp_path) as address:
        page = get(f"{address}/")
        assert "<main" in page
        styles = re.findall(r'href="(/[^"]+\.css[^"]*)"', page)
        assert styles
        assert all(get(address + style) for style in styles)
        pages = {language: get(f"{address}/{language}/") for language in ("kk", "ru", "en")}
        assert all(f'lang="{language}"' in page for language, page in pages.items())
        assert len(set(pages.values())) == 3
        assert "<main" in get(f"{address}/dataset/")
