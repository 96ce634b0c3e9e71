"""`opendata export`: every format, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from opendata.cli.main import opendata
from opendata.export import tables
from opendata.export.registry import STREAMS
from opendata.services.catalogue import Catalogue
from tests.factories import feed, found, record


@pytest.fixture
def filled(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Two public records and a private one, in the home that the commands are given."""
    feed(catalogue).take(
        found("a", record("Первый")), found("b", record("Второй")), found("c", record("Тайный", private=True))
    )
    monkeypatch.setenv("OPENDATA_HOME", str(catalogue.config.home))
    return catalogue


@pytest.mark.parametrize("form", [one.name for one in STREAMS])
def test_every_format_holds_what_is_public_and_nothing_else(filled: Catalogue, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"all.{form}"
    done = CliRunner().invoke(opendata, ["export", form, "--output", str(path)])
    assert done.exit_code == 0, done.output
    data = path.read_bytes()
    assert str(len(data)) in done.stderr
    if form != "xlsx":
        assert "Первый" in data.decode()
        assert "Второй" in data.decode()
        assert "Тайный" not in data.decode()
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".all")] == []


def test_csv_and_json_lines_go_to_stdout(filled: Catalogue) -> None:
    lines = CliRunner().invoke(opendata, ["export", "jsonl"]).stdout.splitlines()
    assert {json.loads(line)["title"] for line in lines} == {"Первый", "Второй"}
    table = CliRunner().invoke(opendata, ["export", "csv"]).stdout
    assert len(list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))) == 2


def test_a_file_that_breaks_off_is_not_there(
    filled: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        yield b"half"
        raise RuntimeError("the store went away")

    monkeypatch.setattr(tables, "stream_csv", broken)
    path = tmp_path / "all.csv"
    path.write_text("yesterday's")
    assert CliRunner().invoke(opendata, ["export", "csv", "--output", str(path)]).exit_code == 1
    assert path.read_text() == "yesterday's"
    assert len(list(tmp_path.glob("*all.csv*"))) == 1


def test_a_place_that_cannot_be_written_is_said(filled: Catalogue, tmp_path: Path) -> None:
    done = CliRunner().invoke(opendata, ["export", "csv", "--output", str(tmp_path / "nowhere" / "all.csv")])
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
