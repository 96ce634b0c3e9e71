"""What every test's own site would otherwise do anew: compile templates and addresses, hash passwords dearly, and start
processes that read files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from opendata.services import passwords
from tests.children import keep_children

DEAR = passwords._hasher
"""The hasher of a real site."""
Builder = Callable[..., tuple[str, str]]


def make_quick() -> None:
    """Every site of this process keeps what an earlier one compiled, and one round over 8 KiB hashes a password."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}
    Rule._compile_builder = _kept(Rule._compile_builder)  # type: ignore[method-assign]
    keep_children()
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


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


def _kept(compile_builder: Callable[..., Builder]) -> Callable[..., Builder]:
    """Compiles what makes the addresses of a route once: that is most of the time in which a site is made."""
    held: dict[tuple[Any, ...], Builder] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Builder:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in held:
            held[key] = compile_builder(rule, append_unknown)
        return held[key]

    return compiled
