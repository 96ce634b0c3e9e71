"""Markdown as people write it in CKAN's notes, made into the plain text that we store."""

from __future__ import annotations

import re

_MAX = 200_000
"""Characters beyond which a text is taken as it is."""
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\s]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\((https?://[^()\s]{1,2000}|mailto:[^()\s]{1,300})\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
_STRONG = re.compile(r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]{1,1000}?)(?<=\S)\1(?![\w*])")
_UNDERLINED = re.compile(r"(?<![\w_])(_{1,3})(?=\S)([^_\n]{1,1000}?)(?<=\S)\1(?![\w_])")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.{1,1000}?)[ \t]*#*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]{0,12})[*+][ \t]+(?=\S)", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:[-*_=][ \t]*){3,80}$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|-])")


def markdown_to_text(text: str) -> str:
    """The text without Markdown's signs, links as "words (address)", list items with "- "; plain text as it is."""
    if len(text) > _MAX or not any(sign in text for sign in "*_#[<\\="):
        return text
    text = _LINK.sub(_link, _AUTOLINK.sub(r"\1", _IMAGE.sub(r"\1", text)))
    text = _BULLET.sub(r"\1- ", _HEADING.sub(r"\1", _RULE.sub("", text)))
    text = _UNDERLINED.sub(r"\2", _STRONG.sub(r"\2", text))
    return _ESCAPE.sub(r"\1", text)


def _link(found: re.Match[str]) -> str:
    words, address = found[1].strip(), found[2].removeprefix("mailto:")
    return words if address in words else f"{words} ({address})"
