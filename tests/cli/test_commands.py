"""Every command: what it does, what it prints where, and how it ends."""

from __future__ import annotations

import csv
import json
import tomllib
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.cli.main import opendata
from opendata.config import load_config
from opendata.store.accounts import User
from tests.cli.conftest import Run
from tests.servers.oai import Repository, oai_server


def test_every_group_and_command_explains_itself(run: Run) -> None:
    for name, command in opendata.commands.items():
        done = run(name, "--help")
        assert (done.code, done.err) == (0, "")
        for verb in getattr(command, "commands", {}):
            assert f"  {verb}" in done.out
            assert run(name, verb, "--help").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("source",),
        ("source", "add", "x"),
        ("source", "add", "x", "--type", "ckan", "--url", "https://x.example", "--option", "novalue"),
        ("harvest", "run"),
        ("harvest", "run", "x", "--all-due"),
        ("harvest", "run", "x", "--limit", "0"),
        ("harvest", "report", "one"),
        ("search",),
        ("search", "x", "--filter", "novalue"),
        ("search", "x", "--limit", "101"),
        ("study", "import", "missing.csv"),
        ("token", "create", "x", "--expires", "0"),
        ("user", "add", "x", "--email", "x@example.org", "--role", "king"),
        ("user", "add", "x", "--email", "x@example.org", "--language", "de"),
        ("user", "invite", "x@example.org", "--language", "Russian"),
        ("serve", "--port", "70000"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err


def test_settings_are_shown_as_toml_and_as_json_without_secrets(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENDATA_DATABASE__URL", "postgresql://u:hush@h/d")
    monkeypatch.setenv("OPENDATA_SITE__TITLE", 'A "quoted" \\ title')
    done = run("config", "show")
    assert (done.code, done.err) == (0, "")
    assert tomllib.loads(done.out)["site"]["title"] == 'A "quoted" \\ title'
    assert tomllib.loads(done.out)["harvest"]["allow_addresses"] == ["127.0.0.1"]
    shown = run("config", "show", "--json")
    assert shown.json["home"] == str(home)
    assert shown.json["database"]["url"] == "postgresql://u:***@h/d"
    assert "hush" not in done.out + shown.out


def test_a_wrong_setting_is_one_line_and_ends_with_one(run: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[jobs]\nocr = 'perhaps'\n")
    done = run("--config", path, "index", "status")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"Error: {path}: [jobs] ocr: 'perhaps' is a str, a bool is wanted.\n"
    missing = run("--config", "nowhere.toml", "config", "show")
    assert (missing.code, "nowhere.toml" in missing.err) == (1, True)


def test_the_database_is_brought_up_and_checked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_HOME", str(tmp_path / "new"))
    assert run("db", "check").code == 1
    assert run("db", "upgrade").code == 0
    done = run("db", "check")
    assert (done.code, done.out) == (0, "")
    assert "up to date" in done.err


def test_accounts_are_invited_listed_disabled_and_reset(run: Run) -> None:
    assert run("organization", "add", "stat", "--title", "Бюро").code == 0
    invited = run("user", "invite", "Bek@example.org", "--organization", "stat", "--role", "reviewer")
    assert invited.code == 0
    assert "/account/invitation/" in invited.out
    assert run("user", "add", "Root", "--email", "r@example.org", "--sysadmin").code == 0
    lines = json.loads(run("user", "list", "--json").out)
    assert [(line["email"], line["state"]) for line in lines] == [
        ("bek@example.org", "pending"), ("r@example.org", "active"),
    ]  # fmt: skip
    assert "reviewer" in run("user", "list", "--words", "BEK").out
    assert "r@example.org" not in run("user", "list", "--state", "pending").out
    assert run("user", "disable", "r@example.org").code == 1  # nobody else may do everything
    assert run("user", "disable", "bek@example.org").code == 0
    assert run("user", "enable", "bek@example.org").code == 0
    assert run("user", "disable", "bek@example.org", "--json").json["enabled"] is False
    assert run("user", "enable", "bek@example.org", "--json").json["enabled"] is True
    assert "/account/reset/" in run("user", "reset", "r@example.org").out
    assert "/account/reset/" in run("user", "reset", "r@example.org", "--json").json["link"]
    refused = run("user", "reset", "bek@example.org")
    assert (refused.code, "pending" in refused.err) == (1, True)


def test_tokens_have_limits_and_end(run: Run) -> None:
    run("organization", "add", "stat", "--title", "Бюро")
    run("user", "add", "A", "--email", "a@example.org", "--organization", "stat", "--role", "editor")
    made = run("token", "create", "a@example.org", "--name", "x", "--scope", "read", "--organization", "stat")
    assert made.out.startswith("odk_")
    (line,) = json.loads(run("token", "list", "a@example.org", "--json").out)
    assert (line["scopes"], line["organization"]) == (["read"], "stat")
    assert run("token", "revoke", line["id"]).code == 0
    assert json.loads(run("token", "list", "a@example.org", "--json").out) == []
    assert run("token", "create", "a@example.org", "--scope", "all").code == 2


def languages() -> dict[str, str]:
    """In which language each account is written to, by user name."""
    catalogue = open_catalogue(load_config())
    with catalogue.sessions.read() as session:
        found = {row.username: row.language for row in session.scalars(select(User))}
    catalogue.close()
    return found


def test_accounts_and_tokens(run: Run) -> None:
    assert run("organization", "add", "stat", "--title", "Бюро", "--title-kk", "Бюро қазақша").code == 0
    made = run("user", "add", "Айгерим", "--email", "A@example.org", "--organization", "stat", "--role", "editor")
    assert (made.code, len(made.out.split())) == (0, 1)
    assert "a@example.org" in made.err
    given = run(
        "user", "add", "Root", "--email", "r@example.org", "--sysadmin", "--password-stdin", stdin="long enough\n"
    )
    assert (given.code, given.out) == (0, "")
    token = run("token", "create", "a@example.org", "--name", "laptop", "--expires", "30")
    assert token.code == 0
    assert token.out.startswith("odk_")
    assert len(token.out.splitlines()) == 1
    assert token.out.strip() not in token.err
    assert run("user", "add", "Aru", "--email", "aru@example.org", "--language", "ru").code == 0
    assert run("user", "invite", "bek@example.org", "--language", "en").code == 0
    assert {"aru": "ru", "bek": "en"}.items() <= languages().items()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("token", "create", "nobody@example.org"), "nobody@example.org"),
        (("user", "add", "X", "--email", "no-at"), "e-mail"),
        (("user", "add", "X", "--email", "x@example.org", "--organization", "stat"), "role"),
        (("user", "add", "X", "--email", "x@example.org", "--organization", "no", "--role", "editor"), "'no'"),
        (("organization", "add", "Not A Slug", "--title", "X"), "slug"),
        (("organization", "add", "x", "--title", "X", "--parent", "nobody"), "nobody"),
        (("source", "add", "x", "--type", "telepathy", "--url", "https://x.example"), "telepathy"),
        (("source", "add", "x", "--type", "folder", "--url", "missing"), "missing"),
        (("source", "remove", "nobody"), "nobody"),
        (("harvest", "run", "nobody"), "nobody"),
        (("harvest", "report", "77"), "77"),
        (("harvest", "status", "nobody"), "nobody"),
        (("study", "show", "BR0"), "BR0"),
        (("dataset", "withdraw", "nothing", "--reason", "x"), "nothing"),
        (("search", "x", "--filter", "year=long ago"), "year"),
        (("search", "x", "--sort", "beauty"), "sort"),
    ],
)
def test_a_failure_is_told_on_stderr_and_ends_with_one(run: Run, words: tuple[str, ...], told: str) -> None:
    done = run(*words)
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_agencies_are_listed(run: Run) -> None:
    run("organization", "add", "top", "--title", "Верхняя")
    run("organization", "add", "below", "--title", "Нижняя", "--parent", "top")
    assert run("organization", "add", "top", "--title", "Ещё раз").code == 1
    listed = run("organization", "list", "--json").json
    assert [line["slug"] for line in listed] == ["below", "top"]
    assert "Нижняя" in run("organization", "list").out


def test_a_folder_from_source_to_search(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "balance.txt").write_text("Солёность озера измеряли каждый месяц.", "utf-8")
    (folder / "empty.txt").write_text("")
    assert run("source", "add", "reports", "--type", "folder", "--url", folder).code == 0
    rehearsed = run("harvest", "run", "reports", "--dry-run", "--json")
    assert (rehearsed.code, rehearsed.json[0]["id"]) == (0, 0)
    done = run("harvest", "run", "reports", "--json")
    assert (done.code, done.json[0]["counts"]["created"]) == (0, 2)
    assert "created=2" in done.err
    assert run("worker", "--until-idle").code == 0
    found = run("search", "солёность", "--json").json
    assert found["total"] == 1
    assert found["items"][0]["file"] == "balance.txt"
    assert "Солёность" in found["items"][0]["passage"]
    odd = run("search", "год:абв солёность", "--json").json
    assert [(note["code"], note["piece"]) for note in odd["notes"]] == [("unknown_value", "год:абв")]
    assert (odd["complete"], odd["items"][0]["missing"]) == (0, ["год", "абв"])
    table = run("search", "солёность", "--filter", "format=TXT")
    assert "balance.txt" in table.out
    assert table.err == "1 found, 1 with all of the words.\n"
    listed = run("source", "list", "--json").json
    assert [(line["name"], line["records"], line["last_status"]) for line in listed] == [("reports", 2, "complete")]
    slug = found["items"][0]["slug"]
    assert run("dataset", "withdraw", slug, "--reason", "Ошибка").code == 0
    assert run("dataset", "withdraw", slug, "--reason", "Ошибка").code == 0
    again = run("dataset", "withdraw", slug, "--reason", "Другое")
    assert again.code == 1
    assert "Ошибка" in again.err
    assert run("source", "remove", "reports").err == "Removed the source reports; 2 records stay in the catalogue.\n"


def test_what_a_run_said_is_told_in_the_language_that_was_asked_for(run: Run, tmp_path: Path) -> None:
    run("source", "add", "none", "--type", "folder", "--url", tmp_path)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"Отчёт {number}")
    run("harvest", "run", "none", "--limit", "1")
    told = {"en": "topped after 1 records, as asked", "ru": "становлено после записи № 1, как просили"}
    for language, words in told.items():
        (line,) = run("harvest", "status", "--json", "--language", language).json
        assert words in line["message"]
        assert words in run("harvest", "report", line["job"], "--json", "--language", language).json["job"]["message"]


def test_a_harvest_reports_its_problems_as_table_json_and_csv(run: Run) -> None:
    with oai_server(Repository(size=12, page=10, broken_record=3, nameless_record=5)) as server:
        run("source", "add", "repo", "--type", "oaipmh", "--url", server.url)
        done = run("harvest", "run", "repo")
        assert (done.code, len(done.out.splitlines())) == (0, 1)
        assert done.out.startswith("repo: incomplete created=")
        assert "opendata harvest report 1" in done.err
    status = run("harvest", "status", "repo", "--json").json
    assert [(line["job"], line["status"]) for line in status] == [(1, "incomplete")]
    assert "created=" in run("harvest", "status").out
    report = run("harvest", "report", "1", "--json").json
    assert report["job"]["source"] == "repo"
    assert report["problems"]
    rows = list(csv.DictReader(StringIO(run("harvest", "report", "1", "--csv").out)))
    assert [row["message"] for row in rows] == [" ".join(line["message"].split()) for line in report["problems"]]
    assert rows[0]["code"] in run("harvest", "report", "1").out


def test_one_source_that_fails_keeps_no_other_from_running(run: Run) -> None:
    with oai_server(Repository(size=2)) as server:
        run("source", "add", "good", "--type", "oaipmh", "--url", server.url)
        done = run("harvest", "run", "nobody", "good", "--json")
    assert done.code == 1
    assert [line["counts"]["created"] for line in done.json] == [2]
    assert "nobody" in done.err


def test_a_source_that_is_down_ends_with_one(run: Run) -> None:
    run("source", "add", "down", "--type", "ckan", "--url", "http://127.0.0.1:9")
    done = run("harvest", "run", "down")
    assert done.code == 1
    assert done.out.startswith("down: error")
    assert run("harvest", "run", "--all-due", "--json").json == []


def test_studies_are_imported_listed_and_shown(run: Run, tmp_path: Path) -> None:
    run("organization", "add", "ours", "--title", "Наше")
    path = tmp_path / "studies.csv"
    path.write_text("register_number,title_ru,status\nBR1,Водный баланс,\nBR2,,lost\n", "utf-8")
    rehearsed = run("study", "import", path, "--organization", "ours", "--dry-run")
    assert (rehearsed.code, rehearsed.out) == (1, "")
    assert "1 of 2 studies can be registered" in rehearsed.err
    assert run("study", "list", "--json").json == []
    done = run("study", "import", path, "--organization", "ours")
    assert done.code == 1
    assert "row 3 status" in done.err
    listed = run("study", "list", "--json").json
    assert [(line["register_number"], line["organization"]) for line in listed] == [("BR1", "ours")]
    assert run("study", "show", "BR1").json["title"]["ru"] == "Водный баланс"
    assert run("study", "withdraw", "BR1", "--reason", "Twice").code == 0
    assert run("study", "show", "BR1").json["tombstone"]["reason"] == "Twice"
    assert run("study", "restore", "BR1").code == 0
    added = run("study", "add", "BR9", "--title", "Көлдер туралы", "--organization", "ours", "--draft").out.strip()
    assert run("study", "show", added).json["title"]["kk"] == "Көлдер туралы"
    assert run("study", "add", "BR9", "--title", "x", "--organization", "ours").code == 1
    assert run("study", "purge", "BR9", "--yes").code == 0
    assert "BR1" in run("study", "list").out


def test_the_index_is_checked_mended_and_rebuilt(run: Run) -> None:
    with oai_server(Repository(size=4)) as server:
        run("source", "add", "repo", "--type", "oaipmh", "--url", server.url)
        run("harvest", "run", "repo")
    before = run("index", "status", "--json").json
    assert {"documents": 0, "pending": 1}.items() <= before.items()
    assert before["format_version"] >= 1
    assert run("index", "check", "--dry-run").code == 1
    nothing = {"surplus": 0, "stale": 0, "misplaced": 0, "indexed": 0, "unusable": "", "unread": 0}
    assert run("index", "check", "--json").json == {"missing": 4, **nothing}
    rebuilt = run("index", "rebuild")
    assert (rebuilt.code, rebuilt.out) == (0, "")
    assert "4 records" in rebuilt.err
    assert run("index", "check", "--dry-run").code == 0
    assert "documents" in run("index", "status").out


def test_a_damaged_index_fails_and_never_says_nothing_found(run: Run, home: Path) -> None:
    (home / "index" / "public" / "CURRENT").write_text("gone")
    done = run("search", "anything", "--json")
    assert (done.code, done.out) == (1, "")
    assert "index rebuild" in done.err


def test_words_are_analysed_in_an_empty_home(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_HOME", str(tmp_path / "nothing"))
    done = run("index", "analyze", "--language", "ru", "--json", stdin="озёра Балхаша\n")
    assert done.code == 0
    assert len(done.out.splitlines()) == 2
    assert '"token": "озёра"' in done.out
    assert not (tmp_path / "nothing").exists()


def test_the_demonstration_comes_and_goes(run: Run) -> None:
    loaded = run("demo")
    assert (loaded.code, loaded.out) == (0, "")
    assert "Loaded" in loaded.err
    assert len(run("study", "list", "--json").json) > 5
    removed = run("demo", "remove")
    assert loaded.err.splitlines()[0].removeprefix("Loaded") == removed.err.splitlines()[0].removeprefix("Removed")
    assert run("study", "list", "--json").json == []
