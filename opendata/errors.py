"""Every error that the catalogue raises on purpose. The class decides the HTTP status, in opendata.web.app alone.

CatalogueError
├── Invalid            400  what was given breaks rules; carries the problems
├── NotFound           404  nothing of that name
├── Moved              301  it has another address now
├── Gone               410  it was here and was withdrawn; carries the tombstone
├── NotAllowed         403  (401 where nobody is signed in)
├── Conflict           409  somebody else holds it, or it exists already
│   ├── Changed        412  it is not any more what the change was made for
│   └── Locked         423  somebody else is writing it at this moment
├── TooLarge           413  over a stated bound
├── TooMany            429  over a stated rate; carries the seconds to wait
├── SourceError        502  a harvest source cannot be read
├── Stopped            503  the work was told to end before its end
├── Unavailable        503  store, index, files or queue do not answer
│   ├── NoSpace        507  the disk is full; what was stored before is as it was
│   └── SearchUnavailable
│       └── SearchRebuilding
└── ConfigError        --   the start is refused
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, for a person to mend.

    `code` is stable and machine-readable; `field` names the field of the record, `row` the line or item in its source;
    `severity` is "error" (the record cannot be taken) or "warning" (it was taken, and this should be looked at);
    `value` is the beginning of what was given, for messages in other languages.
    """

    code: str
    message: str
    field: str = ""
    row: str = ""
    hint: str = ""
    severity: str = "error"
    value: str = ""

    @property
    def told(self) -> str:
        """The message and the hint as two sentences."""
        message = self.message.rstrip()
        stop = "." if message and self.hint and message[-1] not in ".!?:;…" else ""
        return f"{message}{stop} {self.hint}".strip()


class CatalogueError(Exception):
    """The root of the tree. `message` says what happened, to which thing, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def public(self) -> str:
        """The message for whoever asks, without what only concerns who runs the site."""
        return self.message


class Invalid(CatalogueError):
    """What was given breaks rules."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotFound(CatalogueError):
    """Nothing of that name, or nothing that the asker may know of."""


class Moved(CatalogueError):
    """It lives at another address: `slug` is its present one."""

    def __init__(self, message: str, slug: str) -> None:
        super().__init__(message)
        self.slug = slug


class Gone(CatalogueError):
    """It was here and was withdrawn. `record` is what the tombstone page shows."""

    def __init__(self, message: str, record: object | None = None) -> None:
        super().__init__(message)
        self.record = record


class NotAllowed(CatalogueError):
    """The actor may not do this. `signed_in` False means that signing in may help."""

    def __init__(self, message: str, *, signed_in: bool = True) -> None:
        super().__init__(message)
        self.signed_in = signed_in


class NotPublic(NotAllowed):
    """A file that is withheld, or not open yet. `record` and `disclosure` are what the page says of it."""

    def __init__(self, message: str, record: object, disclosure: object) -> None:
        super().__init__(message)
        self.record = record
        self.disclosure = disclosure


class Conflict(CatalogueError):
    """Somebody else holds it, or it exists already."""


class Changed(Conflict):
    """It was changed since the version that a change was made for: `given`, where `stands` is the one by now ("": not
    told).
    """

    def __init__(self, message: str, given: str = "", stands: str = "") -> None:
        super().__init__(message)
        self.given = given
        self.stands = stands


class Locked(Conflict):
    """Somebody else is writing it at this moment; it will be free again."""


class TooLarge(CatalogueError):
    """Over a stated bound."""


class TooMany(CatalogueError):
    """Over a stated rate."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceError(CatalogueError):
    """A harvest source cannot be read at all; the job ends with this."""


class Stopped(CatalogueError):
    """The work was told to end before its end: cancelled, or out of time. No failure of what was worked on."""


class Unavailable(CatalogueError):
    """A part that the answer needs does not answer. `part` is store, index, files or queue."""

    def __init__(self, message: str, part: str = "", retry_after: int = 30) -> None:
        super().__init__(message)
        self.part = part
        self.retry_after = retry_after

    @property
    def public(self) -> str:
        """See CatalogueError. Where the store lies, and why it is away, is for the log."""
        return "The store does not answer." if self.part == "store" else self.message


class NoSpace(Unavailable):
    """The disk is full. What was stored before is as it was."""

    @property
    def public(self) -> str:
        """See Unavailable."""
        return "There is no room on the disk of this site." if self.part == "store" else self.message


class SearchUnavailable(Unavailable):
    """The index does not answer. Never to be shown as "0 results"."""

    def __init__(self, message: str, retry_after: int = 30) -> None:
        super().__init__(message, part="index", retry_after=retry_after)


class SearchRebuilding(SearchUnavailable):
    """The index is of another version of the program; a new one is being made."""


class ConfigError(CatalogueError):
    """A setting is wrong. The message names file, table, key and what is allowed."""
