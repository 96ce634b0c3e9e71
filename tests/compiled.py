"""Templates compiled once per test process: each test has a site of its own, and compiling is most of a page."""

from __future__ import annotations

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Keeps them in memory, by name and checksum of their source."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill `bucket` with what was compiled before, if anything was."""
        if held := self._held.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(held)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        self._held[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
