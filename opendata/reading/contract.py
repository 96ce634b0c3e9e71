"""What reading a file gives, and the bounds it is read within."""

from __future__ import annotations

from dataclasses import dataclass, field

from opendata.catalog.records import TextStatus


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on reading one file: wall-clock seconds, bytes of address space, pages, characters, bytes of input."""

    seconds: float = 40.0
    memory_bytes: int = 2 * 1024**3
    pages: int = 5_000
    characters: int = 20_000_000
    input_bytes: int = 500 * 1024**2


@dataclass(frozen=True, slots=True)
class Properties:
    """What a document says about itself in its properties, cleaned; "" where it says nothing."""

    title: str = ""
    author: str = ""
    subject: str = ""
    keywords: tuple[str, ...] = ()
    created: str = ""  # YYYY, YYYY-MM or YYYY-MM-DD
    language: str = ""
    heading: str = ""
    """The lines of its first page that stand out by the size of their letters, which may be its title."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file. `pages` is one string a page (one string in all for formats without pages), in page order;
    `pages_total` is how many there are, which may be more than were read. `reason` explains any status but TEXT.
    """

    status: TextStatus
    media_type: str
    format: str
    pages: tuple[str, ...] = ()
    pages_total: int = 0
    reason: str = ""
    truncated: bool = False
    properties: Properties = field(default_factory=Properties)

    @property
    def pages_read(self) -> int:
        """Pages that gave any text."""
        return sum(1 for page in self.pages if page.strip())
