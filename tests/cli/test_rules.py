"""Every command has a rule, and does what its rule says: which right it asks for, and whether it changes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import event
from sqlalchemy.engine import Engine

from opendata.bootstrap import open_catalogue
from opendata.cli.main import opendata
from opendata.cli.rules import COMMANDS, held, leaves
from opendata.config import load_config
from opendata.errors import NotAllowed
from opendata.services import rights
from opendata.services.rights import Right
from opendata.store.alerts import Alert
from opendata.store.harvests import HarvestJob
from opendata.store.states import JobStatus
from tests.cli.conftest import Run
from tests.factories import feed, found, organization, record

LINES = """
config show
db check
db upgrade
index analyze
index status
index check
search вода
study list
study show 0124РК00001
organization list
organization add air --title Air
export jsonl
similar --record first
files tidy
match find
alert list
alert add --email more@example.org --organization su
alert test ALERT
alert remove ALERT
harvest status
harvest report JOB
harvest cancel JOB
harvest confirm WAITING
harvest refuse WAITING
source list
source show feed
source add other --type ckan --url https://data.example
source edit other --title Other
source pause other
source resume other
harvest run other --limit 1
source remove other
links list
links check --limit 1
match list
match propose first second
match join PAIR
match split PAIR
match reject PAIR
match divide first feed
dataset edit first --set title.en=Water
dataset withdraw third --reason x
study add 0124РК00002 --title Air --organization su
study import studies.csv --organization su
study withdraw 0124РК00001
study restore 0124РК00001
study purge 0124РК00001 --yes
handover anna boris
user list
token list anna
token create anna
token revoke TOKEN
user add vera --email vera@example.org
user invite guest@example.org --organization su --role member
user reset anna
user disable anna
user enable anna
user second-factor-off anna
upload table.csv --organization su
files copy --to s3 --dry-run
"""
"""Every command once, as it is typed; words in capitals stand for the ids of what there is."""

ALONE = {"serve", "worker", "index rebuild", "demo", "demo remove", "db copy"}
"""What takes long, or ends only when it is told to; each has tests of its own. None of them only reads."""


@dataclass
class Seen:
    """What a command did: the rights that services asked for, and the statements that change the database."""

    asked: set[Right] = field(default_factory=set)
    written: list[str] = field(default_factory=list)


Watch = Callable[[], AbstractContextManager[Seen]]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Notes what happens meanwhile, and leaves it as it is."""

    @contextmanager
    def watching() -> Iterator[Seen]:
        seen = Seen()

        class Scopes(dict[Right, str]):
            """The scopes that rights are looked up in, by whoever asks for one."""

            def __getitem__(self, right: Right) -> str:
                seen.asked.add(right)
                return super().__getitem__(right)

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if re.match(r"\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER)\b", statement, re.IGNORECASE):
                seen.written.append(statement)

        with monkeypatch.context() as patch:
            patch.setattr(rights, "SCOPE", Scopes(rights.SCOPE))
            event.listen(Engine, "before_cursor_execute", note)
            yield seen
            event.remove(Engine, "before_cursor_execute", note)

    return watching


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    assert {words for words, _ in leaves(opendata)} == set(COMMANDS), "opendata/cli/rules.py"


def test_a_command_without_a_rule_does_nothing() -> None:
    done = []

    @click.command("new")
    @click.argument("name")
    def new(name: str) -> None:
        done.append(name)

    root = click.Group("opendata", commands=[held(click.Group("thing", commands=[new]))])
    result = CliRunner().invoke(root, ["thing", "new", "x"])
    assert isinstance(result.exception, NotAllowed)
    assert "thing new" in str(result.exception)
    assert not done


def _fill(tmp_path: Path) -> dict[str, str]:
    """What the commands are about; the ids of it."""
    (tmp_path / "studies.csv").write_text("register_number,title_ru\n0124РК00003,Вода\n", "utf-8")
    (tmp_path / "table.csv").write_text("title\nx\n", "utf-8")
    with closing(open_catalogue(load_config())) as catalogue:
        su = organization(catalogue, "su")
        source = feed(catalogue)
        for name in ("first", "second", "third"):
            (feed(catalogue, "another") if name == "second" else source).one(found(name, record(name, slug=name)))
        with catalogue.sessions.write.begin() as session:
            now = catalogue.now()
            alert = Alert(organization_id=su, kind="email", address="desk@example.org", created=now)
            jobs = [
                HarvestJob(source_id=source.source_id, status=one, created=now)
                for one in (JobStatus.IN_PROGRESS, JobStatus.WAITING)
            ]
            session.add_all([alert, *jobs])
            session.flush()
            return {"ALERT": str(alert.id), "JOB": str(jobs[0].id), "WAITING": str(jobs[1].id), "PAIR": "1"}


def test_every_command_asks_for_its_right_and_who_reads_writes_nothing(run: Run, watch: Watch, tmp_path: Path) -> None:
    ids = _fill(tmp_path)
    for words in (
        "user add anna --email anna@example.org",
        "user add boris --email boris@example.org",
        "study add 0124РК00001 --title Water --organization su",
        "token create anna",
    ):
        assert run(*words.split()).code == 0
    ids["TOKEN"] = run("token", "list", "anna", "--json").json[0]["id"]
    wrong, seen_words = [], set(ALONE)
    for line in LINES.strip().split("\n"):
        words = next(one for one in sorted(COMMANDS, key=len, reverse=True) if f"{line} ".startswith(f"{one} "))
        rule = COMMANDS[words]
        with watch() as seen:
            code = run(*(ids.get(word, word) for word in line.split())).code
        seen_words.add(words)
        if code == 2 or (rule.right and rule.right not in seen.asked) or (seen.written and not rule.writes):
            wrong.append((line, code, seen))
    assert not wrong
    assert seen_words == set(COMMANDS)
    assert all(COMMANDS[one].writes for one in ALONE)
