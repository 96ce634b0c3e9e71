"""What commands print: counts in the words of their number."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import opendata.cli
from opendata.cli.output import counted

MANY = re.compile(r"^ (records|studies|datasets|agencies|files|links|pairs|rows|sources|uploads|errors|warnings)\b")


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 studies"), (1, "1 study"), (2, "2 studies"), (21, "21 studies"), (1000, "1000 studies")]
)
def test_one_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "study", "studies") == said


def test_most_words_take_an_s() -> None:
    assert (counted(1, "file"), counted(3, "file")) == ("1 file", "3 files")


def test_no_command_prints_a_number_before_a_plural_of_its_own() -> None:
    found = []
    for path in sorted(Path(opendata.cli.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for value, words in pairwise(node.values if isinstance(node, ast.JoinedStr) else []):
                if isinstance(value, ast.FormattedValue) and isinstance(words, ast.Constant):
                    found += [f"{path.name}:{words.lineno}"] if MANY.match(str(words.value)) else []
    assert found == []
