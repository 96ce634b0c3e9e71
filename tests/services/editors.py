"""Editors who change one record and one agency at the same time, each in a thread or in a process of its own.

Run as a program it is one editor: `python -m tests.services.editors NUMBER SECONDS TURNS`; the catalogue is that of the
environment. It prints what was acknowledged, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from dataclasses import dataclass, field, replace

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Keyword
from opendata.config import load_config
from opendata.errors import Changed
from opendata.services import attaching, memberships, organizations_writing, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange
from opendata.store import queries
from opendata.store.organizations import Organization

RECORD, AGENCY = "voda", "su"
EDITORS = 8


@dataclass
class Done:
    """What one editor was told to be written: keywords, by the version read; how often it had to begin anew."""

    keywords: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    roles: int = 0
    refused: int = 0


def edit(catalogue: Catalogue, number: int, seconds: float, turns: int) -> Done:
    """Change the record and the agency until the time is over, `turns` times at most (0: without a bound).

    Every second change of the record is made against the version that was read; where that is another one by then, the
    change is made again on what stands.
    """
    done, until, turn = Done(), time.monotonic() + seconds, 0
    chance = random.Random(number)
    while time.monotonic() < until and not (turns and turn >= turns):
        turn += 1
        word = f"слово-{number}-{turn}"
        _add(catalogue, word, done, against_version=turn % 2 == 0)
        if turn % 3 == 0:
            title = f"Агентство {number}-{turn}"
            _rename(catalogue, title, number, done)
        if turn % 4 == 0:
            role = chance.choice([Role.MEMBER, Role.EDITOR, Role.ADMIN])
            memberships.give_role(catalogue, SYSTEM, AGENCY, f"user{number}", role)
            done.roles += 1
    return done


def _add(catalogue: Catalogue, word: str, done: Done, *, against_version: bool) -> None:
    """Add the keyword to those that stand."""

    def change(before: DatasetRecord) -> DatasetRecord:
        return replace(before, keywords=(*before.keywords[-20:], Keyword(word)))

    while True:
        seen = None
        if against_version:
            seen = writing.version(attaching.current(catalogue, SYSTEM, RECORD))
        try:
            writing.replace(catalogue, SYSTEM, RECORD, change, if_version=seen)
        except Changed:
            done.refused += 1
            against_version = done.refused % 20 != 0  # nobody waits for ever
            continue
        done.keywords.append(word)
        return


def _rename(catalogue: Catalogue, title: str, number: int, done: Done) -> None:
    """Give the agency another title in one language, beside those that stand."""
    language = ("kk", "ru", "en")[number % 3]
    while True:
        with catalogue.sessions.read() as session:
            row = session.get_one(Organization, queries.address(session, "organization", AGENCY).id)
            stood, had = organizations_writing.version(row), row.title
        change = OrganizationChange(title=replace(had, **{language: title}))
        try:
            organizations_writing.update(catalogue, SYSTEM, AGENCY, change, if_versions=[stood])
        except Changed:
            done.refused += 1
            continue
        done.titles.append(f"{language}:{title}")
        return


def main() -> None:
    """One editor."""
    number, seconds, turns = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    catalogue = open_catalogue(load_config(environ=os.environ))
    try:
        found = edit(catalogue, number, seconds, turns)
    finally:
        catalogue.close()
    sys.stdout.write(json.dumps(vars(found)))


if __name__ == "__main__":
    main()
