"""The entries of a JSON document that may be larger than memory, each by itself, so that a broken one fails alone.

A parser of events gives up at the first error. Here the document is only cut where its brackets say that an entry ends,
and each entry is then read by Python's own parser, within the bounds of opendata.harvesting.json.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from opendata.errors import SourceError
from opendata.harvesting.json import parsed
from opendata.harvesting.xml import looks_like_html

MAX_ENTRY = 32 * 1024 * 1024
"""Bytes of one entry, and of everything that is outside of entries."""
_CHUNK = 1 << 20
_STRING = rb"\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\""
_OUTSIDE = re.compile(_STRING + rb"|\"|[{}\[\],:]|[^\s\"{}\[\],:]+", re.DOTALL)
_TRAILING = re.compile(_STRING + rb"|,(?=\s*[}\]])", re.DOTALL)
_INSIDE = re.compile(_STRING + rb"|\"|[{}\[\]]", re.DOTALL)


class BrokenJson(Exception):
    """The document ends, or goes on, where it should not; what came before was given. `line` is where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the document: in the list called `name` ("" for a list that is the document itself)."""

    name: str
    content: bytes
    line: int


def entries(path: Path, names: Sequence[str]) -> Iterator[Entry]:
    """Each entry of the lists `names` of the outermost object, or of the outermost list. BrokenJson at the end."""
    with path.open("rb") as file:
        yield from _Cutter(_clean(file), names).entries()


def shell(path: Path, names: Sequence[str]) -> bytes:
    """The document with its lists `names` empty: where it breaks off, as much as there is."""
    with path.open("rb") as file:
        cutter = _Cutter(_clean(file), names)
        try:
            for _ in cutter.entries():
                pass
        except BrokenJson:
            return bytes(cutter.outside) + cutter.closing()
        return bytes(cutter.outside)


def has_list(path: Path, names: Sequence[str]) -> bool:
    """Whether the document is a list, or has one of the lists `names`, be they empty."""
    try:
        around = mended(shell(path, names), of="the document")
    except SourceError:
        return False
    return isinstance(around, list) or (
        isinstance(around, dict) and any(isinstance(around.get(n), list) for n in names)
    )


def mended(content: bytes, *, of: str) -> Any:
    """As `opendata.harvesting.json.parsed`, and where that fails once more without commas that nothing follows."""
    try:
        return parsed(content, of=of)
    except SourceError:
        without = _TRAILING.sub(lambda found: b"" if found[0] == b"," else found[0], content)
        if without == content:
            raise
        return parsed(without, of=of)


def refuse_other(path: Path, url: str) -> None:
    """SourceError for what is no JSON object or list by its first bytes, such as a web page."""
    with path.open("rb") as file:
        start = file.read(4096)
        file.seek(0)
        text = _clean(file)(4096).lstrip()
    if looks_like_html(start):
        raise SourceError(f"{url} should be JSON and is a web page (HTML). Is this the address of the data?")
    if text[:1] not in (b"{", b"["):
        raise SourceError(f"{url} is not JSON that can be read: it begins with {text[:40].decode(errors='replace')!r}")


def _clean(file: BinaryIO) -> Callable[[int], bytes]:
    """Reads the file as UTF-8 without mark, whatever Unicode it is in; wrong bytes become U+FFFD."""
    start = file.read(4)
    file.seek(0)
    name = json.detect_encoding(start)
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name.startswith("utf-8") else name)(errors="replace")

    def read(size: int) -> bytes:
        while content := file.read(size):
            if text := decoder.decode(content):
                return text.encode("utf-8", "replace")
        return decoder.decode(b"", final=True).encode("utf-8", "replace")

    return read


class _Cutter:
    """Follows brackets and strings through the document, holding no more than one entry."""

    def __init__(self, read: Callable[[int], bytes], names: Sequence[str]) -> None:
        self.outside = bytearray()
        self._read = read
        self._names = {json.dumps(name).encode(): name for name in names}
        self._buffer = b""
        self._at = 0
        self._line = 1
        self._ended = False
        self._open: list[bytes] = []
        self._key = b""
        self._last = b""

    def closing(self) -> bytes:
        """The brackets that are still to come."""
        return b"".join(b"}" if one == b"{" else b"]" for one in reversed(self._open))

    def entries(self) -> Iterator[Entry]:
        """Every entry; BrokenJson where the document does not end as it should. What follows its end is left alone."""
        while token := self._token(_OUTSIDE):
            name = self._listed(token)
            if name is None:
                self._structure(token)
            elif token in (b"{", b"["):
                yield self._entry(name, token)
            elif token != b",":
                yield Entry(name, token, self._line)
        if self._open or not self.outside:
            raise BrokenJson(self._line, "the document breaks off" if self.outside else "the document is empty")

    def _listed(self, token: bytes) -> str | None:
        """The name of the list of which `token` begins or parts entries, None where it is something else."""
        if token == b"]":
            return None
        if self._open == [b"["]:
            return ""
        is_lone = self._open == [b"{"] and token == b"{" and self._last == b":"
        return self._names.get(self._key) if is_lone or self._open == [b"{", b"["] else None

    def _structure(self, token: bytes) -> None:
        if token in (b"{", b"["):
            self._open.append(token)
        elif token in (b"}", b"]"):
            if not self._open:
                raise BrokenJson(self._line, f"there is a {token.decode()} too many")
            self._open.pop()
        elif not self._open:
            return
        elif token == b":" and self._open == [b"{"]:
            self._key = self._last
        if len(self.outside) + len(token) > MAX_ENTRY:
            raise BrokenJson(self._line, f"more than {MAX_ENTRY} bytes are outside of the list of entries")
        self.outside += token + b" "
        self._last = token

    def _entry(self, name: str, opening: bytes) -> Entry:
        """From an opening bracket to the one that closes it."""
        line, depth = self._line, 1
        content = bytearray(opening)
        while depth:
            token = self._token(_INSIDE, content)
            if not token:
                raise BrokenJson(line, "the document breaks off inside of the entry that begins here")
            if len(content) > MAX_ENTRY:
                raise BrokenJson(line, f"the entry that begins here has more than {MAX_ENTRY} bytes")
            depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
        if self._open == [b"{"]:
            self.outside += b"[ ] "  # a lone entry where a list should be
            self._last = b"]"
        return Entry(name, bytes(content), line)

    def _token(self, pattern: re.Pattern[bytes], content: bytearray | None = None) -> bytes:
        """The next bracket, string or word; b"" at the end. What is passed over goes to `content`."""
        while True:
            found = pattern.search(self._buffer, self._at)
            is_whole = found is not None and found[0] != b'"' and (found.end() < len(self._buffer) or self._ended)
            if found is not None and is_whole:
                if content is not None:
                    content += self._buffer[self._at : found.end()]
                self._line += self._buffer.count(b"\n", self._at, found.end())
                self._at = found.end()
                return found[0]
            if self._ended:
                return b""
            self._refill(content, found.start() if found else len(self._buffer))

    def _refill(self, content: bytearray | None, keep: int) -> None:
        """More of the document behind what is not used yet, from `keep` on."""
        if content is not None:
            content += self._buffer[self._at : keep]
        self._line += self._buffer.count(b"\n", self._at, keep)
        rest = self._buffer[keep:]
        if len(rest) > MAX_ENTRY or (content is not None and len(content) > MAX_ENTRY):
            raise BrokenJson(self._line, f"a text or entry has more than {MAX_ENTRY} bytes, or no end")
        more = self._read(max(_CHUNK, len(rest)))  # doubling, since an open string is searched again from its start
        self._ended = not more
        self._buffer, self._at = rest + more, 0
