"""What a harvest source must be like to be added or changed: its address, options, times, bounds and credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from opendata.catalog.normalise import slug as make_slug
from opendata.errors import Invalid, Problem
from opendata.harvesting import registry
from opendata.harvesting.client import without_credentials
from opendata.harvesting.credentials import Credentials, Kind
from opendata.services import schedule
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, may
from opendata.services.unchanged import Versions, demand_unchanged
from opendata.store.harvests import HarvestSource

WEB, PATH, BUCKET = ("http://", "https://"), "path", "s3://"
"""Kinds of address: of the web, a path on the server, the prefix of an S3 bucket."""

ADDRESSES: Mapping[str, tuple[str, ...]] = {"folder": (PATH, BUCKET), "spreadsheet": (*WEB, PATH)}
"""What the address of a kind of source may be, where that is not the web alone."""

OPTION = "options."
"""Stands before the name of an option where a problem names its field: an option may be called as a field is."""

RESERVED = frozenset({"new"})
"""Names that would hide a page of the desk."""

KINDS: tuple[str, ...] = get_args(Kind)
"""Kinds of credentials: user and password, a token, a key in a header, a key in the address, the two keys of S3."""

NAMED = frozenset({"basic", "header", "query", "s3"})
"""Kinds that have a name beside the secret: user, header, parameter, access key."""

FREQUENCY_LENGTH, TITLE_LENGTH, URL_LENGTH, SECRET_LENGTH, NAME_LENGTH = 50, 300, 2_000, 8_000, 200
PRIORITY = 100
PRIORITIES = (0, 1_000)
DAYS = (0, 3_650)


@dataclass(frozen=True, slots=True)
class GivenCredentials:
    """Credentials as somebody typed them, not looked at yet; fields as in opendata.harvesting.credentials."""

    kind: str
    name: str = ""
    value: str = field(default="", repr=False)

    def checked(self) -> Credentials:
        """As a client takes them. Invalid for what no request can carry."""
        return Credentials(cast("Kind", self.kind), self.name, self.value)


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to add. `organization` is the slug of the agency that its records belong to unless they name one.

    Where two sources have one dataset, the word of that with the lower `priority` wins. `withdraw_share` (0 to 1),
    `grace_days` and `full_days` are None where the settings of the site hold.
    """

    name: str
    type: str
    url: str
    title: str = ""
    organization: str = ""
    frequency: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    priority: int = PRIORITY
    withdraw_share: float | None = None
    grace_days: int | None = None
    full_days: int | None = None
    credentials: GivenCredentials | None = field(default=None, repr=False)


def is_local(type_: str, url: str) -> bool:
    """Whether the address is a path on the server."""
    return PATH in ADDRESSES.get(type_, WEB) and not url.startswith((*WEB, BUCKET))


def check(catalogue: Catalogue, actor: Actor, new: NewSource, *, known: NewSource | None = None) -> None:
    """Invalid lists everything that is wrong with the source. What is `known` was allowed before and is not asked."""
    problems = _name_problems(new) + _frequency_problems(new) + _number_problems(new) + _length_problems(new)
    problems += _precedence_problems(actor, new, known.priority if known else PRIORITY)
    if not new.organization and not actor.sysadmin:
        problems.append(Problem("no_owner", "Name the agency that the source belongs to.", "organization"))
    if new.type in registry.names():
        problems += _option_problems(new)
        problems += [] if known and known.url == new.url else _address_problems(catalogue, actor, new)
    problems += _credentials_problems(new)
    if problems:
        what = " ".join(problem.told for problem in problems)
        raise Invalid(f"The source {new.name!r} cannot be kept like this. {what}", problems)


def without_secret(new: NewSource) -> NewSource:
    """The source with the user and password that stand in its address as its credentials.

    Invalid where it has others as well.
    """
    found = in_address(new.url)
    if found is None:
        return new
    if new.credentials is not None:
        message = "The address holds a user and password, and there are other credentials as well. Give one of them."
        raise Invalid(message, [Problem("credentials_twice", message, "credentials")])
    return replace(new, url=without_credentials(new.url), credentials=found)


def in_address(url: str) -> GivenCredentials | None:
    """The user and password that stand in an address."""
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return None
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return GivenCredentials("basic", unquote(user), unquote(password)) if user or password else None


def origin(url: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """What credentials are bound to: scheme, host and port of the address, and the service that a bucket is of."""
    parts = _parts(url)
    if parts is None:
        return (url,)
    ports = {"http": 80, "https": 443}
    try:
        port = parts.port or ports.get(parts.scheme, 0)
    except ValueError:
        return (url,)
    return parts.scheme, parts.hostname or "", str(port), options.get("endpoint", "")


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _name_problems(new: NewSource) -> list[Problem]:
    problems = []
    if new.name != make_slug(new.name, max_length=60) or not new.name or new.name in RESERVED:
        hint = "Use a-z, 0-9 and hyphens, 60 at most."
        problems.append(Problem("name", f"{new.name!r} is no name for a source.", "name", hint=hint))
    if new.type not in registry.names():
        allowed = ", ".join(registry.names())
        problems.append(Problem("type", f"There is no source type {new.type!r}.", "type", hint=f"Allowed: {allowed}."))
    return problems


def _frequency_problems(new: NewSource) -> list[Problem]:
    if len(new.frequency) > FREQUENCY_LENGTH:
        message = f"A cron line has {FREQUENCY_LENGTH} characters at most."
        return [Problem("frequency", message, "frequency")]
    return schedule.check(new.frequency)


def _number_problems(new: NewSource) -> list[Problem]:
    bounds = {"priority": PRIORITIES, "withdraw_share": (0, 1), "grace_days": DAYS, "full_days": DAYS}
    problems = []
    for name, (low, high) in bounds.items():
        value = getattr(new, name)
        if value is not None and not low <= value <= high:
            message = f"{name} is {value}; allowed is {low} to {high}."
            problems.append(Problem(f"bounds_{name}", message, name))
    return problems


def _precedence_problems(actor: Actor, new: NewSource, known: int) -> list[Problem]:
    """Precedence over the sources of other agencies is not for an agency to give to itself."""
    if may(actor, Right.MANAGE_SITE) or new.priority >= min(known, PRIORITY):
        return []
    message = f"priority is {new.priority}; below {PRIORITY} only those who manage the site may set it."
    return [Problem("priority_reserved", message, "priority")]


def _length_problems(new: NewSource) -> list[Problem]:
    return [
        Problem("too_long", f"{name} has more than {most} characters.", name)
        for name, most in (("title", TITLE_LENGTH), ("url", URL_LENGTH))
        if len(getattr(new, name)) > most
    ]


def _option_problems(new: NewSource) -> list[Problem]:
    try:
        registry.check_options(registry.harvester(new.type), new.options)
    except Invalid as error:
        return [replace(problem, field=f"{OPTION}{problem.field}") for problem in error.problems]
    return []


def _credentials_problems(new: NewSource) -> list[Problem]:
    given = new.credentials
    if given is None:
        return []
    problems = []
    if given.kind not in KINDS:
        message = f"There are no credentials of the kind {given.kind!r}. Allowed: {', '.join(KINDS)}."
        problems.append(Problem("credentials_kind", message, "credentials"))
    elif (given.kind == "s3") != new.url.startswith(BUCKET):
        message = f"Keys of S3 are for addresses that begin with {BUCKET}, and these take no others."
        problems.append(Problem("credentials_s3", message, "credentials"))
    elif is_local(new.type, new.url):
        message = "A folder needs no credentials."
        problems.append(Problem("credentials_folder", message, "credentials"))
    if given.kind in NAMED and not _is_plain(given.name, NAME_LENGTH):
        message = f"Credentials of the kind {given.kind} need a name of {NAME_LENGTH} characters at most on one line."
        problems.append(Problem("credentials_name", message, "credential_name"))
    if not _is_plain(given.value, SECRET_LENGTH):
        message = f"The secret is empty, has several lines, or more than {SECRET_LENGTH} characters."
        problems.append(Problem("credentials_value", message, "credential_value"))
    return problems or _unsendable(given)


def _unsendable(given: GivenCredentials) -> list[Problem]:
    try:
        given.checked()
    except Invalid as error:
        return [Problem("credentials_unsendable", error.message, "credential_value")]
    return []


def _is_plain(text: str, most: int) -> bool:
    """Whether it is one line that a request can carry: a line break in a header would begin another header."""
    return 0 < len(text) <= most and text.isprintable()


def _address_problems(catalogue: Catalogue, actor: Actor, new: NewSource) -> list[Problem]:
    if is_local(new.type, new.url):
        return _folder_problems(catalogue, actor, new.url)
    parts, allowed = _parts(new.url), tuple(one for one in ADDRESSES.get(new.type, WEB) if one != PATH)
    if parts and f"{parts.scheme}://" in allowed and parts.hostname and not set(new.url) & set(" \r\n\t"):
        return []
    message = f"{new.url!r} is no address of this kind. It must begin with {' or '.join(allowed)}."
    return [Problem("url" if allowed == WEB else "url_kind", message, "url")]


def _folder_problems(catalogue: Catalogue, actor: Actor, path: str) -> list[Problem]:
    """The command line may name any folder; everybody else one below [harvest] folders.

    Nothing is said about whether a path outside of them exists.
    """
    real = _real_path(path)
    allowed = [Path(folder).resolve() for folder in catalogue.config.harvest.folders]
    if not actor.system and not (real and any(real.is_relative_to(folder) for folder in allowed)):
        message = f"{path}: folder sources are allowed only below the directories of [harvest] folders."
        return [Problem("folder_not_allowed", message, "url")]
    if not real or not os.path.exists(real):  # noqa: PTH110 - Path.exists raises for a name that is too long
        return [Problem("no_folder", f"{path}: there is no such directory or zip.", "url")]
    return []


def _real_path(path: str) -> Path | None:
    """Where `path` leads to, symlinks followed; None for what is no path."""
    try:
        return Path(path).resolve() if path else None
    except (OSError, ValueError, RuntimeError):
        return None


def version(row: HarvestSource) -> str:
    """Names the settings of the source as they are, and whether it is on: another one after every change of them."""
    return f"{row.modified:%Y%m%d%H%M%S%f}"


def demand_version(row: HarvestSource, wanted: Versions) -> None:
    """Changed where none of the `wanted` versions stands."""
    demand_unchanged(f"the source {row.name!r}", version(row), wanted)
