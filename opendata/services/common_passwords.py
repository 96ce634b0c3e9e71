"""Passwords that are guessed first: those that many people have, runs of keys, repeats, and what everybody knows of the
account itself (NIST SP 800-63B §3.1.1.2 asks for the same).

The lists are those of the package zxcvbn. Its estimate is not used: it takes seconds over fifty characters made for it,
and keeps what it knows of one person where the next thread finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from opendata.search.analysis.layout import TO_ENGLISH

MIN_KINDS = 5
"""Different characters that a password has at least."""
MIN_OWN = 6
"""Letters and digits that a password has beside what everybody knows of its owner."""
MOST_ADDED = 6
"""Digits and signs around a listed word that do not make it another."""
SHORTEST_UNIT = 10
"""A shorter piece that is repeated stays what it is."""

_LOOKALIKE = str.maketrans("@4831!0$57", "aabeiiosst")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "01234567890",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "1234567890-=",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_LOCAL = (
    "пароль", "секрет", "пользователь", "администратор", "казахстан", "алматы", "астана", "россия", "привет", "любовь",
    "солнышко", "қазақстан", "құпиясөз", "әкімші", "сәлем", "отчизна", "родина", "мама", "максим", "наташа", "марина",
)  # fmt: skip
"""Words that stand in no list of English speakers, and first in the guesses about ours."""
_WORD = re.compile(r"\w{3,}")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def is_common(password: str, personal: Iterable[str] = ()) -> bool:
    """Whether it is among the first that are tried. `personal`: names, addresses and titles around the account."""
    forms = set(_forms(password))
    known = [word.casefold() for text in personal for word in _WORD.findall(text)]
    return (
        len(set(password.casefold())) < MIN_KINDS
        or _is_repeated(password.casefold())
        or any(_is_listed(form) or _is_run(form) for form in forms)
        or any(_is_personal(form, known) for form in forms)
    )


def _forms(password: str) -> Iterator[str]:
    """As it is; typed with the other keyboard; and both with letters for the signs that look like them."""
    for form in (password.casefold(), password.casefold().translate(TO_ENGLISH)):
        yield form
        yield form.translate(_LOOKALIKE)


def _is_listed(form: str) -> bool:
    core = _EDGES.sub("", form)
    bare = form.translate(str.maketrans("", "", " .-_"))
    return form in _lists() or bare in _lists() or (len(form) - len(core) <= MOST_ADDED and core in _lists())


def _is_run(form: str) -> bool:
    """Keys or letters in their own order, there or back, but for a few around them."""
    for run in _RUNS:
        for row in (run, run[::-1]):
            longest = max((end - start for start, end in _common_spans(form, row)), default=0)
            if longest >= 4 and len(form) - longest < MIN_OWN:
                return True
    return False


def _common_spans(form: str, row: str) -> Iterator[tuple[int, int]]:
    """Where a piece of `form` stands in `row` as well: each as long as it goes. A password is short: 200 signs."""
    start = 0
    while start < len(form):
        end = start
        while end < len(form) and form[start : end + 1] in row:
            end += 1
        yield start, end
        start = max(end, start + 1)


def _is_repeated(form: str) -> bool:
    return any(
        (form[:size] * (len(form) // size + 1))[: len(form)] == form
        for size in range(1, min(SHORTEST_UNIT, len(form) // 2 + 1))
    )


def _is_personal(form: str, known: Iterable[str]) -> bool:
    left = form
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != form and sum(sign.isalnum() for sign in left) < MIN_OWN


@cache
def _lists() -> frozenset[str]:
    # Read when the first password is chosen: no process needs them at its start.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    local = {form for word in _LOCAL for form in (word, word.translate(TO_ENGLISH))}
    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words if len(word) > 3) | local
