"""What every test's own site would otherwise do anew: compile templates and addresses, read messages, hash passwords
dearly, and start processes that read files.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, MethodType
from typing import Any

from argon2 import PasswordHasher
from babel.support import Translations
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from opendata.services import passwords
from tests.children import keep_children

DEAR = passwords._hasher
"""The hasher of a real site."""


def make_quick() -> None:
    """Every site of this process keeps what an earlier one compiled, and one round over 8 KiB hashes a password."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}
    Rule.compile = _compiled_once(Rule.compile)  # type: ignore[method-assign]
    Translations.load = _loaded_once(Translations.load)  # type: ignore[method-assign]
    keep_children()
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CompiledTemplates(BytecodeCache):
    """Keeps them in memory, by name and checksum of their source."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill `bucket` with what was compiled before, if anything was."""
        bucket.code = self._held.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        self._held[bucket.key, bucket.checksum] = bucket.code


def _compiled_once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Reads each address of the table of routes once: that is most of the time in which a site is made."""
    held: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def compiled(rule: Rule) -> None:
        routes = rule.map
        assert routes is not None
        where = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults), routes.host_matching)
        key = (*where, frozenset(routes.converters.items()))
        if key not in held:
            compile_rule(rule)
            builders = (rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
            held[key] = (rule._parts, rule._trace, rule._converters, frozenset(rule.arguments), *builders)
        rule._parts, rule._trace, rule._converters, arguments, build, build_unknown = held[key]
        rule.arguments.update(arguments)
        rule._build, rule._build_unknown = MethodType(build, rule), MethodType(build_unknown, rule)

    return compiled


def _loaded_once(load: Callable[..., Any]) -> Callable[..., Any]:
    """Reads each file of messages once."""
    held: dict[str, Any] = {}

    def loaded(*where: Any, **more: Any) -> Any:
        key = repr((where, more))
        if key not in held:
            held[key] = load(*where, **more)
        return held[key]

    return loaded
