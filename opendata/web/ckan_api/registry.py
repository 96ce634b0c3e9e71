"""The actions by name. A module of actions puts them here with `@action`; transport finds them here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any
from uuid import UUID

from werkzeug.datastructures import FileStorage

from opendata.catalog.records import DatasetRecord
from opendata.export.site import Site
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.changing import Outcome, ReviewAction
from opendata.web.ckan_api.params import Params
from opendata.web.limits import limited

Json = Any
"""What `json.dumps` takes."""


@dataclass(slots=True)
class Call:
    """One call of an action: who asks, with what, and what its answer says beside the result.

    `files` are those of a multipart body by field. `cap` is the bound that cut the result short, None where none did;
    `next` what to send as `after` for the rest. `changed` are the ids that a write touched, by kind ("packages" …).
    `version` is the one under which the answer is kept, "" for one that is not. `written` holds JSON that is ready: it
    takes the place of the text that is its key. `review` says what of a write waits for a reviewer.
    """

    catalogue: Catalogue
    actor: Actor
    data: Params
    files: Mapping[str, FileStorage]
    site: Site
    cap: int | None = None
    next: str = ""
    changed: dict[str, list[str]] = field(default_factory=dict)
    version: str = ""
    written: dict[str, bytes] = field(default_factory=dict)
    review: dict[str, str] = field(default_factory=dict)

    def place(self, written: bytes) -> str:
        """What to put into the result where `written`, which is JSON, is to stand."""
        mark = token_hex(16)  # which nothing that was asked for can hold
        self.written[mark] = written
        return mark

    def touched(self, kind: str, *ids: UUID | str | None) -> None:
        """Say in `changed_entities` that these of `kind` were written."""
        self.changed.setdefault(kind, []).extend(str(one) for one in ids if one)

    def became(self, outcome: Outcome) -> DatasetRecord:
        """The dataset of a write, whose answer tells what was written, or what of it waits for a reviewer."""
        made = outcome.record
        if outcome.review is not ReviewAction.PROPOSED:
            self.touched("packages", made.id)
        if outcome.review is not None:
            self.review = {
                "state": "proposed" if outcome.review is ReviewAction.PROPOSED else "in_review",
                "url": f"{self.site.url}/api/v1/datasets/{made.id}/life",
            }
        return made


Run = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Action:
    """An action: `reads` may be asked with GET, `help` is what help_show tells, `kept` and `waits` as `action` says."""

    name: str
    run: Run
    reads: bool
    help: str
    kept: bool = False
    waits: bool = False


_ACTIONS: dict[str, Action] = {}


def action(
    *names: str, reads: bool = False, limit: str = "", kept: bool = False, waits: bool = False
) -> Callable[[Run], Run]:
    """Makes a function the action of these names. Its docstring is what help_show tells.

    `limit` names the rate (web/limits) that its calls count against; all others only have the bounds of their work.
    `kept`: what it tells the public changes only with what services.versions.of_site watches, so that an answer can be
    given again until then. `waits`: for what was written before it to be in the index, within a bound.
    """

    def decorate(function: Run) -> Run:
        told = inspect.cleandoc(function.__doc__ or "")
        run = limited(limit)(function) if limit else function
        for name in names:
            _ACTIONS[name] = Action(name, run, reads, told, kept, waits)
        return function

    return decorate


def find(name: str) -> Action | None:
    """The action of that name, None for none."""
    return _ACTIONS.get(name)


def names() -> tuple[str, ...]:
    """All names there are, sorted."""
    return tuple(sorted(_ACTIONS))
