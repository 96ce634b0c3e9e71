"""The rule of every command, declared here and nowhere else: what it asks of the table of rights, and what it changes.

Commands are the operator's: of whoever may run them on the machine, with the home of the site and its secrets. They ask
services as SYSTEM, which has every right; a rule names the right that the same thing takes elsewhere. A command without
a rule does nothing. docs/rights.md is made of this table too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import click

from opendata.errors import NotAllowed
from opendata.services.rights import Right


@dataclass(frozen=True, slots=True)
class CommandRule:
    """`right`: what its service demands of SYSTEM; None where it demands none: of what is public, of the home and
    the settings, and of the worker's own work done in the foreground. `writes`: what it changes, "": it only reads.
    """

    right: Right | None
    writes: str = ""


_TABLE: tuple[tuple[Right | None, str, str], ...] = (
    (None, "", "config show, db check, export, index analyze, index status, search, similar, study list, study show"),
    (None, "", "organization list"),
    (None, "the tables of the database", "db upgrade"),
    (None, "every table of the database", "db copy"),
    (None, "whatever those do who use the site", "serve"),
    (None, "whatever waits in the queue", "worker"),
    (None, "the index", "index rebuild"),
    (None, "the queue", "index check"),
    (None, "demo content: records, agencies, files", "demo, demo remove"),
    (None, "the other store of files", "files copy"),
    (None, "unfinished uploads", "files tidy"),
    (None, "pairs of records", "match find"),
    (None, "records, jobs", "harvest run"),
    (Right.MANAGE_SOURCES, "", "alert list"),
    (Right.MANAGE_SOURCES, "alerts", "alert add, alert remove, alert test"),
    (Right.SEE_DESK, "", "harvest report, harvest status, source list, source show"),
    (Right.RUN_HARVEST, "jobs", "harvest cancel"),
    (Right.WITHDRAW_MANY, "records", "harvest confirm, harvest refuse"),
    (Right.MANAGE_SOURCES, "sources", "source add, source edit, source remove"),
    (Right.RUN_HARVEST, "sources", "source pause, source resume"),
    (Right.EDIT_RECORDS, "", "links list, match list"),
    (Right.EDIT_RECORDS, "what is known of links", "links check"),
    (Right.EDIT_RECORDS, "pairs of records", "match propose"),
    (Right.PUBLISH_RECORDS, "pairs of records", "match reject"),
    (Right.PUBLISH_RECORDS, "records", "match divide, match join, match split, dataset edit, study add, study import"),
    (Right.EDIT_RECORDS, "records, uploads", "upload"),
    (Right.WITHDRAW_RECORDS, "records", "dataset withdraw, study withdraw, study restore"),
    (Right.MANAGE_SITE, "records", "study purge"),
    (Right.HAND_OVER, "who answers for records, sources and uploads", "handover"),
    (Right.MANAGE_SITE, "organisations", "organization add"),
    (Right.MANAGE_SITE, "", "user list, token list"),
    (Right.MANAGE_SITE, "accounts", "user add, user disable, user enable, user reset, user second-factor-off"),
    (Right.MANAGE_MEMBERS, "accounts", "user invite"),
    (Right.MANAGE_SITE, "tokens", "token create, token revoke"),
)

COMMANDS: Mapping[str, CommandRule] = {
    name.strip(): CommandRule(right, writes) for right, writes, names in _TABLE for name in names.split(",")
}
"""The rule of every command, by the words that call it."""


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command below `command` that does something of its own, with the words that call it; hidden ones too."""
    if not isinstance(command, click.Group) or (words and command.invoke_without_command):
        yield " ".join(words), command
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from leaves(child, (*words, name))


def held(command: click.Command) -> click.Command:
    """The command, of which nothing runs that has no rule."""
    for words, one in leaves(command, (command.name or "",)):
        if words not in COMMANDS:
            one.callback = _refusing(words)
    return command


def _refusing(words: str) -> Callable[..., NoReturn]:
    def refuse(**_given: object) -> NoReturn:
        raise NotAllowed(f"No rule says who may run “{words}”: it needs one in opendata/cli/rules.py.", signed_in=True)

    return refuse
