"""Sources at the command line: changed, paused, and their secrets kept off it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from opendata.catalog.values import LANGUAGES
from tests.cli.conftest import Run

ADD = ("source", "add", "portal", "--type", "ckan", "--url", "https://data.example.org/")


def test_what_is_not_named_stays(run: Run) -> None:
    run(*ADD, "--option", "rows=50", "--option", "q=water", "--frequency", "30 3 * * 1-5", "--withdraw-share", "0.5")
    assert run("source", "edit", "portal", "--title", "Портал", "--option", "rows=", "--grace-days", "3").code == 0
    shown = run("source", "show", "portal", "--json").json
    assert shown["title"] == "Портал"
    assert shown["options"] == {"q": "water"}
    assert (shown["frequency"], shown["withdraw_share"], shown["grace_days"]) == ("30 3 * * 1-5", 0.5, 3)
    run("source", "edit", "portal", "--withdraw-share", "site")
    assert run("source", "show", "portal", "--json").json["withdraw_share"] is None
    assert "Nothing was changed" in run("source", "edit", "portal").err


def test_a_secret_is_read_from_elsewhere_and_shown_nowhere(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_KEY", "hush-hush-1")
    said = [run(*ADD, "--credential", "header:X-Key", "--secret-env", "PORTAL_KEY")]
    said += [run("source", "edit", "portal", "--credential", "bearer", "--secret-stdin", stdin="hush-hush-2\n")]
    said += [run("source", "show", "portal"), run("source", "show", "portal", "--json"), run("source", "list")]
    assert [done.code for done in said] == [0] * 5
    assert said[3].json["credentials"] is True
    assert not any("hush" in done.out + done.err for done in said)
    assert b"hush-hush" not in (home / "catalogue.sqlite").read_bytes()
    moved = run("source", "edit", "portal", "--url", "https://elsewhere.example/")
    assert "credentials belonged to the former address" in moved.err
    assert run("source", "show", "portal", "--json").json["credentials"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--credential", "bearer"), "--secret-stdin"),
        (("--credential", "bearer", "--secret-env", "NOBODY_SET_THIS"), "NOBODY_SET_THIS"),
        (("--secret-stdin",), "--credential"),
        (("--credential", "bearer", "--secret-stdin", "--no-credential"), "not both"),
        (("--grace-days", "many"), "neither a number"),
        (("--option", "novalue"), "KEY=VALUE"),
    ],
)
def test_wrong_use_is_said_with_two(run: Run, words: tuple[str, ...], said: str) -> None:
    run(*ADD)
    done = run("source", "edit", "portal", *words, stdin="x\n")
    assert done.code == 2
    assert said in done.err


def added_years_ago(home: Path) -> None:
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as database:
        database.execute("UPDATE harvest_sources SET created = '2020-01-01 00:00:00.000000'")
        database.commit()


def test_a_new_source_says_when_it_is_harvested_first_and_how_to_try_it_before(run: Run) -> None:
    done = run(*ADD, "--frequency", "daily")
    assert "First harvest on 20" in done.err
    assert "opendata harvest run portal --dry-run" in done.err
    assert run("harvest", "run", "--all-due", "--json").json == []
    assert "First harvest" not in run("source", "edit", "portal", "--frequency", "manual").err


def test_each_thing_that_is_wrong_is_told_once_in_whole_sentences(run: Run) -> None:
    done = run(*ADD, "--option", "nonsense=1")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("nonsense") == 1
    assert "'nonsense'. allowed are" in done.err


def test_a_paused_source_is_not_due_until_it_is_resumed(run: Run, home: Path) -> None:
    run("source", "add", "down", "--type", "ckan", "--url", "http://127.0.0.1:9", "--frequency", "daily")
    added_years_ago(home)
    assert run("source", "pause", "down").code == 0
    assert run("harvest", "run", "--all-due", "--json").json == []
    assert run("source", "list", "--json").json[0]["active"] is False
    run("source", "resume", "down")
    assert [job["source"] for job in run("harvest", "run", "--all-due", "--json").json] == ["down"]
    assert run("source", "edit", "nobody", "--title", "x").code == 1


def test_what_would_vanish_is_decided_at_the_command_line(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.txt").write_text(f"Есеп {name}", "utf-8")
    run("source", "add", "papers", "--type", "folder", "--url", folder, "--grace-days", "0", "--withdraw-share", "0")
    assert run("harvest", "run", "papers", "--full").code == 0
    (folder / "a.txt").unlink()
    waiting = run("harvest", "run", "papers", "--full", "--json").json[0]
    assert (waiting["status"], waiting["pending"]) == ("waiting", 1)
    job = str(waiting["id"])
    assert run("harvest", "refuse", job).err == "Kept 1 record.\n"
    assert run("harvest", "confirm", job).code == 1
    again = str(run("harvest", "run", "papers", "--full", "--json").json[0]["id"])
    assert run("harvest", "confirm", again).err == "Withdrew 1 record.\n"
    assert "is not running" in run("harvest", "cancel", again).err
    assert run("harvest", "status", "papers", "--json").json[0]["counts"]["withdrawn"] == 1


def test_a_report_speaks_three_languages(run: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "metadata.csv").write_text("file;title\nmissing.txt;Есеп\n", "utf-8")
    run("source", "add", "papers", "--type", "folder", "--url", tmp_path / "papers")
    run("harvest", "run", "papers")
    said = {language: run("harvest", "report", "1", "--json", "--language", language).json for language in LANGUAGES}
    messages = {language: found["problems"][0]["message"] for language, found in said.items()}
    assert len(set(messages.values())) == 3
    assert "Файла, названного в таблице, нет" in messages["ru"]
    assert set(said["kk"]["problems"][0]) == {"identifier", "severity", "code", "field", "value", "message", "hint"}
    assert "missing.txt" in run("harvest", "report", "1", "--csv", "--language", "kk").out
