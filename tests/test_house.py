"""The house keeps its order: imports go down the floors, modules stay small, names and docstrings are there.

CONTRIBUTING.md draws the floors. What is checked here is read from the source, by `ast`, so that nothing is imported.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

GROUND, SUBJECT, CONTRACT, GATEWAY, SERVICES, ASSEMBLY, DOOR = range(7)
FLOORS = {
    "opendata": GROUND,
    "opendata.errors": GROUND,
    "opendata.config": GROUND,
    "opendata.settings": GROUND,
    "opendata.logs": GROUND,
    "opendata.keys": GROUND,
    "opendata.catalog": SUBJECT,
    "opendata.harvesting": CONTRACT,
    "opendata.reading": CONTRACT,
    "opendata.store": GATEWAY,
    "opendata.files": GATEWAY,
    "opendata.search": GATEWAY,
    "opendata.export": GATEWAY,
    "opendata.demo": GATEWAY,
    "harvesters": GATEWAY,
    "opendata.services": SERVICES,
    "opendata.bootstrap": ASSEMBLY,
    "opendata.web": DOOR,
    "opendata.cli": DOOR,
    "opendata.worker": DOOR,
}
"""The floor of every room. A new package gets its line here, and its floor with it."""

PARTS_OF = {"opendata.migrations": "opendata.store"}
"""Folders that belong to a room although they lie elsewhere."""

STARTERS = {"opendata.cli": {"opendata.web", "opendata.worker"}}
"""Sideways on purpose: the command line starts the other two doors, and does nothing else with them."""

CATCH_ALL = {
    "opendata.harvesting.isolation": "one harvested item",
    "opendata.reading.child": "the process that reads one hostile file",
    "opendata.services.care": "one step of care",
    "opendata.services.counters": "one flush of the counts",
    "opendata.services.harvest": "one harvest",
    "opendata.services.harvest_dry": "one rehearsal",
    "opendata.services.harvest_items": "one harvested item",
    "opendata.services.harvest_loop": "one harvested item",
    "opendata.services.health": "one probe, which reports whatever breaks",
    "opendata.worker": "one job",
}
"""Where `except Exception` goes on: around one harvested item, around one job, at the outermost door."""

MODULE_LINES, FUNCTION_LINES = 400, 50
HEAVY = ("pandas", "kreuzberg", "boto3", "botocore", "pymorphy3", "openpyxl", "alembic", "pypdfium2", "duckdb")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A source file with its name and tree."""

    name: str
    path: Path

    @cached_property
    def source(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, str(self.path))

    @property
    def room(self) -> str:
        """The package, or the single module, that has a floor."""
        return room_of(self.name)

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of everything imported, at the top or inside a function."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module or '.'}.{alias.name}") for alias in node.names)

    def our_imports(self) -> Iterator[tuple[int, str]]:
        """Those of this project."""
        return ((line, name) for line, name in self.imports() if name.split(".")[0] in ("opendata", "harvesters"))


def room_of(name: str) -> str:
    parts = name.split(".")
    room = parts[0] if parts[0] == "harvesters" else ".".join(parts[:2])
    return PARTS_OF.get(room, room) if room in FLOORS or room in PARTS_OF or len(parts) < 2 else room


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [
    Module(name_of(path), path)
    for folder in ("opendata", "harvesters")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def described(problems: list[str]) -> str:
    return "\n".join(["", *problems])


def test_every_room_has_a_floor() -> None:
    problems = sorted({f"{module.room}: no floor is given to it" for module in MODULES if module.room not in FLOORS})
    assert not problems, described(problems)


def test_imports_go_down_and_never_sideways() -> None:
    problems = []
    for module in MODULES:
        for line, name in module.our_imports():
            room = room_of(name) if room_of(name) in FLOORS else "opendata"
            if room == module.room or room in STARTERS.get(module.room, ()):
                continue
            if FLOORS[room] > FLOORS[module.room]:
                problems.append(f"{module.path.relative_to(ROOT)}:{line}: imports {name}, which is on a higher floor")
            elif FLOORS[room] == FLOORS[module.room] != GROUND:
                problems.append(f"{module.path.relative_to(ROOT)}:{line}: imports {name} sideways")
    assert not problems, described(problems)


def test_opendata_never_names_a_harvester() -> None:
    problems = [
        f"{module.path.relative_to(ROOT)}:{line}: imports {name}; harvesters are loaded by entry point"
        for module in MODULES
        for line, name in module.our_imports()
        if name.split(".")[0] == "harvesters" and module.room != "harvesters"
    ]
    assert not problems, described(problems)


def test_doors_ask_services_and_not_the_store() -> None:
    problems = [
        f"{module.path.relative_to(ROOT)}:{line}: imports {name}"
        for module in MODULES
        if FLOORS[module.room] == DOOR
        for line, name in module.imports()
        if room_of(name) == "opendata.store" or name.split(".")[0] in ("sqlalchemy", "alembic", "whoosh")
    ]
    assert not problems, described(problems)


def test_subject_is_pure() -> None:
    outsiders = ("flask", "sqlalchemy", "httpx", "whoosh", "pandas", "socket", "time")
    problems = [
        f"{module.path.relative_to(ROOT)}:{line}: imports {name}"
        for module in MODULES
        if FLOORS[module.room] == SUBJECT
        for line, name in module.imports()
        if name.split(".")[0] in outsiders
    ]
    assert not problems, described(problems)


def test_imports_are_written_in_full() -> None:
    problems = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: a relative import"
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not problems, described(problems)


def test_modules_and_functions_are_small() -> None:
    problems = []
    for module in MODULES:
        if module.name.startswith("opendata.migrations.versions."):
            continue  # a migration lists tables, and is never changed again
        where = module.path.relative_to(ROOT)
        if (lines := module.source.count("\n")) > MODULE_LINES:
            problems.append(f"{where}: {lines} lines; at most {MODULE_LINES}")
        for node in ast.walk(module.tree):
            if isinstance(node, Function) and (long := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES:
                problems += [f"{where}:{node.lineno}: {node.name} has {long} lines; at most {FUNCTION_LINES}"]
    assert not problems, described(problems)


def test_no_module_is_named_for_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "misc", "common_utils", "tools"}
    problems = [f"{module.name}: say what is in it" for module in MODULES if module.name.split(".")[-1] in empty]
    assert not problems, described(problems)


def undocumented(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[int, str]]:
    """(line, name) of public functions, classes and methods without a docstring; what functions hold is private."""
    for child in node.body:
        if not isinstance(child, Function | ast.ClassDef) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None and not is_overload(child):
            yield child.lineno, prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, f"{prefix}{child.name}.")


def is_overload(node: ast.stmt) -> bool:
    return isinstance(node, Function) and any(
        isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list
    )


def test_everything_public_says_what_it_gives() -> None:
    problems = []
    for module in MODULES:
        where = module.path.relative_to(ROOT)
        if module.source.strip() and ast.get_docstring(module.tree) is None:
            problems.append(f"{where}: the module has no docstring")
        problems += [f"{where}:{line}: {name} has no docstring" for line, name in undocumented(module.tree)]
    assert not problems, described(problems)


def test_docstrings_say_more_than_the_name() -> None:
    problems = []
    for module in MODULES:
        for node in ast.walk(module.tree):
            if isinstance(node, Function | ast.ClassDef) and (text := ast.get_docstring(node)):
                plain = "".join(letter for letter in text.lower() if letter.isalnum())
                if plain in ("constructor", "initialise", "initialize", node.name.lower().replace("_", "")):
                    problems.append(f"{module.path.relative_to(ROOT)}:{node.lineno}: {text!r} says nothing")
    assert not problems, described(problems)


def swallows_all(handler: ast.ExceptHandler) -> bool:
    """Whether it takes any error and goes on; one that tidies up, or names the trouble, and raises is fine."""
    if isinstance(handler.body[-1], ast.Raise):
        return False
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        one is None or (isinstance(one, ast.Name) and one.id in ("Exception", "BaseException")) for one in caught
    )


def test_everything_is_caught_in_few_places_only() -> None:
    problems = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: catches everything; catch what you can answer"
        for module in MODULES
        if module.name not in CATCH_ALL
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and swallows_all(node)
    ]
    assert not problems, described(problems)


def test_modules_named_as_catching_all_do_so() -> None:
    catching = {
        module.name
        for module in MODULES
        if any(isinstance(node, ast.ExceptHandler) and swallows_all(node) for node in ast.walk(module.tree))
    }
    assert catching >= set(CATCH_ALL), f"no longer needed in the list: {set(CATCH_ALL) - catching}"


def test_nothing_is_done_at_import() -> None:
    """Tables may be built and commands put together; nothing is opened, registered elsewhere or set going."""
    work = (ast.While, ast.With, ast.Expr)
    problems = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: runs when the module is imported"
        for module in MODULES
        if ".migrations" not in module.name and not module.name.endswith("__main__")
        for node in module.tree.body
        if isinstance(node, work) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert not problems, described(problems)


def test_no_open_ends_are_left() -> None:
    mark = re.compile(r"#.*\b(TODO|FIXME|XXX)\b")
    problems = [
        f"{module.path.relative_to(ROOT)}:{number}: {line.strip()}"
        for module in MODULES
        for number, line in enumerate(module.source.splitlines(), 1)
        if mark.search(line)
    ]
    assert not problems, described(problems)


@pytest.mark.parametrize("module", ["opendata.web.app", "opendata.worker", "opendata.cli.main"])
def test_doors_do_not_load_what_few_requests_need(module: str) -> None:
    """Each of these costs tens of megabytes or tenths of a second, in every process."""
    code = f"import sys, {module}; print(*sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
