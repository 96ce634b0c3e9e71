"""The colours of tokens.css are read by everybody, in both modes: WCAG 2.2, 1.4.3 and 1.4.11."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import opendata

CSS = Path(opendata.__file__).parent / "static/css"

TEXT = [
    *[(ink, ground) for ink in ("ink", "ink-soft", "link") for ground in ("paper", "surface", "surface-sunk")],
    *[("link-visited", ground) for ground in ("paper", "surface")],
    *[(tone, f"{tone}-soft") for tone in ("good", "bad", "warn", "quiet")],
    ("brand-strong", "brand-soft"),
    ("brand-strong", "surface"),
    ("brand-strong", "paper"),
    ("surface", "brand"),
    ("surface", "brand-strong"),
    ("mark-ink", "mark"),
    ("on-deep", "deep"),
    ("on-deep", "deep-line"),
    ("on-deep-soft", "deep"),
    ("on-deep", "hero-ornament"),
    ("on-deep-soft", "hero-ornament"),
    ("bad", "paper"),
    ("ink", "brand-soft"),
    ("ink-soft", "brand-soft"),
]
"""Colour of letters, colour behind them: 4.5 to 1."""

SHAPES = [
    *[(shape, ground) for shape in ("line-strong", "brand", "focus") for ground in ("paper", "surface")],
    ("gold", "deep"),
]
"""Borders of fields, boxes, the ring of the focus: 3 to 1."""


@cache
def colours(mode: str) -> dict[str, str]:
    """The custom properties of a mode; dark ones over light ones."""
    light, dark = (CSS / "tokens.css").read_text("utf-8").split("prefers-color-scheme: dark")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if mode == "dark" else {})


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(mode: str, one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted(luminance(colours(mode)[name]) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_letters_stand_out(mode: str) -> None:
    assert {pair: round(contrast(mode, *pair), 2) for pair in TEXT if contrast(mode, *pair) < 4.5} == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_shapes_stand_out(mode: str) -> None:
    assert {pair: round(contrast(mode, *pair), 2) for pair in SHAPES if contrast(mode, *pair) < 3} == {}


def test_colours_are_named_in_tokens_alone() -> None:
    for name in ("base", "layout", "components"):
        text = (CSS / f"{name}.css").read_text("utf-8")
        outside_print = text.partition("@media print")[0]
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", outside_print) == [], name


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in CSS.glob("*.css"):
        assert "http" not in file.read_text("utf-8").replace('a[href^="http"]', ""), file.name
