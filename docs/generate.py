"""Writes what is documentation and code at once: config.toml, and the pages on settings, commands and the register.

    python docs/generate.py             write the files that differ
    python docs/generate.py --check     write nothing; name the files that differ and exit with 1

tests/test_docs.py runs the check, so that a setting or command without its line here cannot be committed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from opendata.config import NAMED_FILE
from opendata.settings import TABLES, Settings

ROOT = Path(__file__).parent.parent
MADE = "Made by docs/generate.py: change what it is made of, then run it again."


def config_toml() -> str:
    """Every key with its default and what it is for."""
    lines = [
        "# Settings of the catalogue. Every key stands here with its default; a key that is left out has that default.",
        "# OPENDATA_<TABLE>__<KEY> in the environment overrides a key. Secrets never stand here: see docs/settings.md.",
        f"# {MADE}",
    ]
    for table, spec in settings():
        lines += ["", f"[{table}]"]
        for key in spec:
            said = " ".join(filter(None, (key.metadata["help"], allowed(key))))
            if key.metadata["secret"] or key.metadata["item"]:
                lines += [f"# {key.name}: {said}"]
            else:
                lines += [f"# {said}", f"{key.name} = {toml(key)}"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The same as a page, with the environment variable of each key."""
    lines = [f"<!-- {MADE} -->", "", (ROOT / "docs/settings.head.md").read_text("utf-8").strip()]
    for table, spec in settings():
        lines += ["", f"## [{table}]", "", "| key | default | what it is | environment |", "|---|---|---|---|"]
        for key in spec:
            said = " ".join(filter(None, (key.metadata["help"], allowed(key)))).replace("|", "\\|")
            variable = f"OPENDATA_{table}__{key.name}".upper()
            names = f"`{variable}` or `{variable}{NAMED_FILE}`" if key.metadata["secret"] else f"`{variable}`"
            lines.append(f"| `{key.name}` | `{toml(key)}` | {said} | {names} |")
        for key in spec:
            if key.metadata["item"]:
                lines += ["", *item_table(table, key)]
    return "\n".join(lines) + "\n"


def item_table(table: str, key: Field[Any]) -> Iterator[str]:
    """The keys of each entry of a list of tables."""
    yield f"Each stands below a line `[[{table}.{key.name}]]`; the environment takes the list as JSON."
    yield from ("", "| key | default | what it is |", "|---|---|---|")
    for one in fields(key.metadata["item"]):
        said = " ".join(filter(None, (one.metadata["help"], allowed(one))))
        yield f"| `{one.name}` | `{written(key.metadata['item'](), one)}` | {said} |"


def cli_page() -> str:
    """Every command with its help, as `--help` prints it."""
    from opendata.cli.main import opendata

    lines = [f"<!-- {MADE} -->", "", "# Command line", ""]
    lines += ["Data go to standard output, talk to standard error. Exit code 1: it failed; 2: wrong usage."]
    for path, command in commands(opendata, ("opendata",)):
        context = click.Context(
            command,
            info_name=" ".join(path),
            max_content_width=100,
            terminal_width=100,
            help_option_names=opendata.context_settings["help_option_names"],
        )
        lines += ["", f"{'#' * min(2 + len(path) - 1, 4)} {' '.join(path)}", "", "```text"]
        lines += [*command.get_help(context).splitlines(), "```"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def register_page() -> str:
    """The columns that a table of studies may have."""
    from opendata.services.studies import COLUMNS, MAX_ROWS

    head = (ROOT / "docs/register.head.md").read_text("utf-8").strip().format(most=MAX_ROWS)
    lines = [f"<!-- {MADE} -->", "", head, "", "| column | holds |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | {holds} |" for name, holds in COLUMNS.items())]) + "\n"


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """`command` and all below it that are not hidden, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            if not child.hidden:
                yield from commands(child, (*path, name))


def settings() -> Iterator[tuple[str, tuple[Field[Any], ...]]]:
    """(table, its keys), in the order of config.toml."""
    return ((table, fields(spec)) for table, spec in TABLES.items())


def toml(key: Field[Any]) -> str:
    """The default as TOML; strings, numbers, booleans and lists of strings are written as in JSON."""
    table = next(table for table, spec in TABLES.items() if key in fields(spec))
    return written(getattr(Settings(), table), key)


def written(holder: object, key: Field[Any]) -> str:
    """What `holder` has for `key`, as TOML."""
    value = getattr(holder, key.name)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def allowed(key: Field[Any]) -> str:
    """What a value may be, where the type does not say it all."""
    if choices := key.metadata["choices"]:
        return f"Allowed: {', '.join(choices)}."
    if key.metadata["low"] is not None:
        return f"Allowed: {key.metadata['low']} to {key.metadata['high']}."
    if key.metadata["secret"]:
        return "A secret: from the environment only."
    if key.metadata["item"]:
        return "See docs/sign-in.md."
    return ""


def rights() -> str:
    """Who may do what, of the tables of rights and rules."""
    sys.path.insert(0, str(ROOT / "docs"))
    from rights_page import rights_page

    return rights_page(MADE)


PAGES = {
    "config.toml": config_toml,
    "docs/settings.md": settings_page,
    "docs/cli.md": cli_page,
    "docs/register.md": register_page,
    "docs/rights.md": rights,
}
"""What is made, by its path from the root of the project."""


def main(arguments: list[str]) -> int:
    """Write or check all pages; the exit code."""
    check = "--check" in arguments
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if not path.is_file() or path.read_text("utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, "utf-8")
    for name in stale:
        sys.stdout.write(f"{name}: {'differs; run python docs/generate.py' if check else 'written'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
