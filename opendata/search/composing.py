"""Between a query and the boxes of a form: all of these words, a phrase, any of these, none of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opendata.catalog.identifiers import in_both_scripts
from opendata.search.parser import Either, Is, Leaf, Phrase, Prefix, Wanted, Word, parse


@dataclass(frozen=True, slots=True)
class Boxes:
    """What stands in each box of the form. `every` may hold any syntax, the others words and phrases."""

    every: str = ""
    phrase: str = ""
    any: str = ""
    none: str = ""


def compose(boxes: Boxes) -> str:
    """The query that the boxes come to."""
    every, none = parse(boxes.every, exact=True), parse(boxes.none, exact=True)
    phrase = boxes.phrase.replace('"', " ").strip()
    parts = [_text(node) for node in every.wanted]
    parts += [f'"{phrase}"'] if phrase else []
    parts += [" OR ".join(_texts(parse(boxes.any, exact=True).leaves()))]
    parts += [f"-{text}" for text in (*map(_leaf, every.unwanted), *_texts(none.leaves()), *_texts(none.unwanted))]
    return " ".join(part for part in parts if part)


def decompose(q: str) -> Boxes:
    """The boxes that come to `q`; the first phrase and the first alternatives have a box, the rest stays as typed."""
    tree = parse(q, exact=True)
    phrase = next((node for node in tree.wanted if isinstance(node, Phrase)), None)
    choice = next((node for node in tree.wanted if isinstance(node, Either) and not _spells_one(node)), None)
    return Boxes(
        every=" ".join(_text(node) for node in tree.wanted if node is not phrase and node is not choice),
        phrase=phrase.text if phrase else "",
        any=" ".join(_texts(choice.nodes)) if choice else "",
        none=" ".join(_texts(tree.unwanted)),
    )


def _spells_one(node: Either) -> bool:
    """Whether these are the spellings of one number and not alternatives of a person."""
    texts = tuple(leaf.text for leaf in node.nodes if isinstance(leaf, Word))
    return len(texts) == len(node.nodes) and in_both_scripts(texts[0]) == texts


def _text(node: Wanted) -> str:
    if isinstance(node, Either):
        return _leaf(node.nodes[0]) if _spells_one(node) else " OR ".join(_texts(node.nodes))
    return _leaf(node)


def _texts(leaves: Iterable[Leaf]) -> list[str]:
    """Each once as it is typed, and a number only once in whatever letters."""
    given = list(dict.fromkeys(leaves))
    latin = {in_both_scripts(leaf.text)[0] for leaf in given if isinstance(leaf, Word)}
    return [_leaf(leaf) for leaf in given if not _is_twin(leaf, latin, given)]


def _is_twin(leaf: Leaf, latin: set[str], given: list[Leaf]) -> bool:
    """Whether it is the Cyrillic spelling of a number that stands there in Latin letters too."""
    if not isinstance(leaf, Word) or leaf.text in latin or not any(map(str.isdigit, leaf.text)):
        return False
    both = in_both_scripts(leaf.text)
    return leaf.text == both[-1] and Word(both[0]) in given


def _leaf(leaf: Leaf) -> str:
    if isinstance(leaf, Is):
        return f'{leaf.name}:"{leaf.value}"' if " " in leaf.value else f"{leaf.name}:{leaf.value}"
    if isinstance(leaf, Phrase):
        return f'"{leaf.text}"'
    if isinstance(leaf, Prefix):
        return f"{leaf.text}*"
    name, colon, value = leaf.text.partition(":")
    if colon and " " in value and " " not in name:
        return f'{name}:"{value}"'
    # A blank within a word was an asterisk.
    return "*".join(leaf.text.split())
