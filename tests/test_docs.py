"""Documentation says what the code does: settings, commands, harvesters, and the two commands of a newcomer."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

from opendata.config import load_config
from opendata.settings import TABLES, Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["config.toml", "docs/settings.md", "docs/cli.md", "docs/register.md", "docs/rights.md"]
)
def test_generated_page_is_as_generated(generate: ModuleType, name: str) -> None:
    assert read(name) == generate.PAGES[name](), f"{name} is out of date: run python docs/generate.py"


def test_config_file_of_the_project_is_the_defaults() -> None:
    config = load_config(ROOT / "config.toml", environ={})
    assert {table: getattr(config, table) for table in TABLES} == {
        table: getattr(Settings(), table) for table in TABLES
    }


def test_config_file_names_every_key() -> None:
    written = tomllib.loads(read("config.toml"))
    assert {table: list(values) for table, values in written.items()} == {
        table: [
            name
            for name, key in spec.__dataclass_fields__.items()
            if not (key.metadata["secret"] or key.metadata["item"])
        ]
        for table, spec in TABLES.items()
    }


def test_every_setting_says_what_it_is_for() -> None:
    for table, spec in TABLES.items():
        for name, field in spec.__dataclass_fields__.items():
            assert field.metadata["help"].endswith((".", "…")), f"[{table}] {name}"


def test_every_command_and_option_has_help(generate: ModuleType) -> None:
    from opendata.cli.main import opendata

    problems = []
    for path, command in generate.commands(opendata, ("opendata",)):
        if not (command.help or "").strip():
            problems.append(f"{' '.join(path)}: no help")
        problems += [
            f"{' '.join(path)} {parameter.opts[0]}: no help"
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.hidden and not parameter.help
        ]
    assert not problems, "\n".join(problems)


def test_commands_named_in_the_docs_exist(generate: ModuleType) -> None:
    from opendata.cli.main import opendata

    known = {path for path, _ in generate.commands(opendata, ("opendata",))}
    problems = []
    for page in PAGES:
        for words in re.findall(r"(?:`|\$ |bin/)opendata ([a-z][a-z -]*)", (ROOT / page).read_text("utf-8")):
            path = ("opendata", *words.split())
            group = known & {path[:2], path[:3]}
            needs = 3 if any(one[:2] == path[:2] and len(one) > 2 for one in known) else 2
            if not group or len(max(group, key=len)) < min(needs, len(path)):
                problems.append(f"{page}: {' '.join(path)}")
    assert not problems, "\n".join(problems)


def test_every_harvester_has_a_heading() -> None:
    declared = tomllib.loads(read("pyproject.toml"))["project"]["entry-points"]["opendata.harvesters"]
    headings = re.findall(r"^## `(\w+)`", read("docs/harvesters.md"), re.MULTILINE)
    assert sorted(headings) == sorted(declared)


def test_every_option_of_a_harvester_is_described() -> None:
    from importlib.metadata import entry_points

    sections = re.split(r"^## ", read("docs/harvesters.md"), flags=re.MULTILINE)
    for entry in entry_points(group="opendata.harvesters"):
        section = next(one for one in sections if one.startswith(f"`{entry.name}`"))
        missing = [option.name for option in entry.load().options if f"`{option.name}`" not in section]
        assert not missing, f"{entry.name}: docs/harvesters.md does not name {missing}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    named = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    wanted = {re.split(r"[^A-Za-z0-9_.-]", one)[0] for one in named} - {project["name"]}
    explained = set(re.findall(r"^\*\*([A-Za-z0-9_.-]+)\*\*", read("docs/decisions.md"), re.MULTILINE))
    assert explained == wanted


def test_readme_names_the_two_commands() -> None:
    readme = read("README.md")
    assert "make run" in readme
    assert "make test" in readme


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing = [target for target in targets if target and not ((ROOT / page).parent / target).exists()]
    assert not missing, f"{page}: {missing}"


def test_words_of_the_site_in_the_page_for_editors_are_on_the_site() -> None:
    template = read("opendata/translations/messages.pot")
    on_site = set(re.findall(r'^msgid "(.+)"$', template, re.MULTILINE))
    said = set(re.findall(r"\*\*(.+?)\*\*", read("docs/editing.md").replace("\n", " ")))
    assert len(said) > 20
    assert said <= on_site, f"docs/editing.md names what no page says: {sorted(said - on_site)}"


def test_the_page_for_editors_is_linked() -> None:
    assert "(docs/editing.md)" in read("README.md")
