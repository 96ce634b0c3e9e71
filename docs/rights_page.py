"""Makes docs/rights.md of the tables in the code: who has which right, and who may come in at which door."""

from __future__ import annotations

from collections.abc import Iterable

from opendata.cli.rules import COMMANDS
from opendata.services.rights import NEEDED, SCOPE, WHERE_REVIEWED
from opendata.web.api.contract import Operation
from opendata.web.api.version1 import TABLE
from opendata.web.ckan_api.rules import ACTIONS
from opendata.web.rules import PAGES, Rule

HEAD = """# Who may do what

Whoever signs in holds a role in an organisation, and with it in all organisations below. Each role may do all that the
ones before it may: **member**, **editor**, **reviewer**, **admin**. A sysadmin may do everything everywhere. What
belongs to no organisation is the sysadmins' alone. An API token may be limited to a scope; `manage` holds `write`, and
`write` holds `read`.

The table of rights is `NEEDED` in `opendata/services/rights.py`; services ask it, and nothing else decides. Every page,
action and operation has a rule (`opendata/web/rules.py`, `opendata/web/ckan_api/rules.py`, and `right=` of each
operation of /api/v1); one without a rule answers nobody. `tests/web/test_rules.py` sends everybody to every door and
compares what is answered with these tables. Nobody accepts in review what they sent in themselves, sysadmins apart.
Where review is wanted nobody publishes their own draft either. Where nobody else may review, it is published all the
same, and the audit says so.

## Rights

| right | what it is | weakest role | where review is wanted | scope of a token |
|---|---|---|---|---|
"""

COMMANDS_HEAD = """## Commands

For the operator: whoever may run them on the machine, with the home of the site and its secrets. Services know them as
the system, which has every right; the table says which of them each asks for, and what it changes. The rules stand in
`opendata/cli/rules.py`; a command without one does nothing. `tests/cli/test_rules.py` runs them and compares.

| command | right that is asked for | changes |
|---|---|---|
"""


def rights_page(made: str) -> str:
    """The page. `made` says that it is made."""
    lines = [f"<!-- {made} -->", "", HEAD.rstrip()]
    for right, role in NEEDED.items():
        where = WHERE_REVIEWED.get(right)
        cells = (f"`{right.name}`", right.value, role or "sysadmin", where or role or "sysadmin", SCOPE[right])
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Pages", "", "By endpoint: the blueprint, then the view.", "", *_doors(PAGES.items())]
    lines += ["", "## Actions of /api/3", "", *_doors(ACTIONS.items())]
    lines += ["", "## Operations of /api/v1", "", *_doors((_told(op), op.rule) for op in TABLE.operations)]
    lines += ["", COMMANDS_HEAD.rstrip(), *_commands()]
    return "\n".join(lines) + "\n"


def _commands() -> list[str]:
    """A line for each rule of a command."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, rule in COMMANDS.items():
        asked = f"`{rule.right.name}`" if rule.right is not None else "—"
        grouped.setdefault((rule.writes or "nothing", asked), []).append(f"`{name}`")
    return [
        f"| {', '.join(sorted(names))} | {asked} | {writes} |" for (writes, asked), names in sorted(grouped.items())
    ]


def _told(op: Operation) -> str:
    return f"{op.method} {op.path}"


def _doors(doors: Iterable[tuple[str, Rule]]) -> list[str]:
    """A line for each rule: who, then where."""
    grouped: dict[str, list[str]] = {}
    for name, rule in doors:
        grouped.setdefault(_who(rule), []).append(f"`{name}`")
    lines = ["| who | where |", "|---|---|"]
    return lines + [f"| {who} | {', '.join(sorted(names))} |" for who, names in sorted(grouped.items())]


def _who(rule: Rule) -> str:
    if rule.right is not None:
        place = "in the organisation whose it is" if rule.owned else "in any organisation"
        return f"`{rule.right.name}` {place}"
    if rule.person:
        return "a person, for the own account; no token"
    return "who has signed in, or a token" if rule.signed_in else "everybody"
