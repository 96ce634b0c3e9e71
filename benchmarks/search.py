"""Search pages over HTTP with every facet, cards, passages and all: 300 queries of every kind, by 1 client and by 4.

Against /healthz of the same server, which is what one request costs that does nothing: `opendata serve --no-worker
--processes 1` over generated records. The stock executor of Whoosh answers; nothing is cached between the queries.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlencode

from benchmarks.generate import FORMATS, LANGUAGES, LICENSES, SEED, THEMES
from benchmarks.load import Answers, ask
from benchmarks.measure import Figure
from benchmarks.sites import Scale, filled, serving
from benchmarks.words import COMMON, RARE

Arguments = Sequence[tuple[str, str]]
AIM_MS = 250.0


def run(scale: Scale) -> list[Figure]:
    """p50 and p95 of the whole request."""
    asked = paths(scale.queries)
    with serving(filled(scale), processes=1) as server:
        ask(server.url, asked[:20])  # the index is opened by the first search
        nothing = ask(server.url, ["/healthz"] * scale.queries)
        one, four = ask(server.url, asked), ask(server.url, asked, connections=4)
    return [*_figures("1 client", one, nothing), *_figures("4 clients", four, nothing)]


def _figures(who: str, answers: Answers, nothing: Answers) -> list[Figure]:
    what = f"search, {who}"
    return [
        Figure(f"{what}: p50", answers.p50, "ms", nothing.p50, "/healthz"),
        Figure(f"{what}: p95", answers.p95, "ms", nothing.p95, "/healthz", aim=AIM_MS),
        Figure(f"{what}: searches", answers.per_second, "/s"),
    ]


def paths(count: int, seed: int = SEED + 1) -> list[str]:
    """That many search pages, every kind as often, in an order of chance that is the same for the same seed."""
    chance = random.Random(seed)
    kinds = list(KINDS.values())
    found = [f"/ru/search?{urlencode(kinds[number % len(kinds)](chance))}" for number in range(count)]
    chance.shuffle(found)
    return found


def _common(chance: random.Random) -> str:
    return chance.choice(COMMON[chance.choice(LANGUAGES)][:60])


def _rare(chance: random.Random) -> str:
    return chance.choice(RARE[chance.choice(LANGUAGES)])


def _pair(chance: random.Random) -> str:
    language = chance.choice(LANGUAGES)
    return " ".join(chance.sample(COMMON[language][:100], 2))


def _filters(chance: random.Random) -> Iterator[tuple[str, str]]:
    choices = (
        ("format", chance.choice(FORMATS)),
        ("license_id", chance.choice([one for one in LICENSES if one])),
        ("theme", chance.choice(THEMES)),
        ("organization", f"agency-{chance.randrange(20)}"),
        ("year", f"{chance.randint(1995, 2010)}..{chance.randint(2011, 2025)}"),
    )
    yield from chance.sample(choices, chance.choice((1, 2)))


KINDS: dict[str, Callable[[random.Random], Arguments]] = {
    "rare": lambda chance: [("q", _rare(chance))],
    "common": lambda chance: [("q", _common(chance))],
    "both of two": lambda chance: [("q", _pair(chance))],
    "either of two": lambda chance: [("q", _pair(chance).replace(" ", " OR "))],
    "phrase": lambda chance: [("q", f'"{_pair(chance)}"')],
    "beginning": lambda chance: [("q", f"{_common(chance)[:4]}*")],
    "filters alone": lambda chance: list(_filters(chance)),
    "word and filters": lambda chance: [("q", _common(chance)), *_filters(chance)],
    "newest first": lambda chance: [("q", _common(chance)), ("sort", "-issued")],
    "third page": lambda chance: [("q", _common(chance)), ("page", "3")],
}
"""The kinds of query by name."""
