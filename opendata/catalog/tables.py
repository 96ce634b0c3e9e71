"""Reads the tables of opendata/catalog/data: the controlled lists that people edit without touching Python."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from opendata.catalog.values import LANGUAGES, Text


def table(name: str) -> dict[str, Any]:
    """The whole of data/`name`.toml. Not cached: every reader keeps what it makes of it."""
    return tomllib.loads(files("opendata.catalog").joinpath("data", f"{name}.toml").read_text("utf-8"))


def text(values: Mapping[str, str]) -> Text:
    """A Text of a table's { kk, ru, en }; the original is the only language there is, or English."""
    there = [code for code in LANGUAGES if values.get(code)]
    original = there[0] if len(there) == 1 else "en"
    return Text(kk=values.get("kk", ""), ru=values.get("ru", ""), en=values.get("en", ""), original=original)
