"""What helps to search: completion while one types, other spellings, records on the same subject, and their lists.

Completion against reading through every label once, as a list without any index must; spelling against comparing the
word with every word there is. Both are measured in the same process over the same lists.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.generate import SEED
from benchmarks.measure import Figure, percentile
from benchmarks.sites import Scale, filled, opened
from benchmarks.words import COMMON, RARE
from opendata.search.completion import words_of
from opendata.search.spelling import distance
from opendata.services import completing, wordlists
from opendata.services.catalogue import Catalogue
from opendata.services.related import records_like
from opendata.store import queries

COMPLETION_AIM_MS, ALIKE_AIM_MS, MIB_AIM = 20.0, 10.0, 20.0
FIRST, COMPARED = 10, 5
"""Words that are compared with all others, which takes long."""


def run(scale: Scale) -> list[Figure]:
    """Milliseconds, seconds and MiB."""
    with opened(filled(scale)) as catalogue:
        made = wordlists.refresh(catalogue)
        chance = random.Random(SEED + 2)
        typed = [_beginning(chance) for _ in range(scale.queries)]
        wrong = [_mistyped(chance) for _ in range(scale.queries)]
        return [
            Figure(f"lists of {made.entries} things and {made.words} words: made", made.seconds, "s"),
            *_memory(catalogue, made),
            *_completion(catalogue, typed),
            *_spelling(catalogue, wrong),
            *_alike(catalogue, scale.queries),
        ]


def _memory(catalogue: Catalogue, made: wordlists.Made) -> list[Figure]:
    sizes = {path.name.partition("-")[0]: path.stat().st_size / 2**20 for path in catalogue.words.files()}
    words = max(made.words, 1)
    return [
        Figure("spelling: mapped for 100,000 words", sizes["spelling"] * 100_000 / words, "MiB", aim=MIB_AIM),
        Figure("completion: mapped", sizes["completion"], "MiB"),
    ]


def _completion(catalogue: Catalogue, typed: Sequence[str]) -> list[Figure]:
    completer = catalogue.words.completer()
    if completer is None:
        raise RuntimeError("there is no list to complete from")
    labels = completer.labels()
    taken = _timed([partial(completing.complete, catalogue, one) for one in typed])
    scanned = _timed([partial(_scan, labels, one) for one in typed[:20]])
    baseline = (percentile(scanned, 0.5), f"reading {len(labels)} labels")
    return [
        Figure("completion: p50", percentile(taken, 0.5), "ms", *baseline),
        Figure("completion: p95", percentile(taken, 0.95), "ms", aim=COMPLETION_AIM_MS),
    ]


def _scan(labels: Sequence[str], typed: str) -> list[str]:
    folded = typed.casefold()
    return [label for label in labels if folded in label.casefold()]


def _spelling(catalogue: Catalogue, wrong: Sequence[str]) -> list[Figure]:
    speller = catalogue.words.speller()
    if speller is None:
        raise RuntimeError("there are no words to compare with")
    words = speller.words()
    taken = _timed([partial(speller.near, word) for word in wrong])
    compared = _timed([partial(_compare, words, word) for word in wrong[:COMPARED]])
    baseline = (percentile(compared, 0.5), f"comparing with {len(words)} words")
    return [
        Figure("other spellings: p50", percentile(taken, 0.5), "ms", *baseline),
        Figure("other spellings: p95", percentile(taken, 0.95), "ms"),
    ]


def _compare(words: Sequence[str], wrong: str) -> list[str]:
    return [word for word in words if distance(wrong, word, 2) <= 2]


def _alike(catalogue: Catalogue, count: int) -> list[Figure]:
    with catalogue.sessions.read() as session:
        records = queries.records(session, queries.dataset_ids_after(session, None, count))
    taken = _timed([partial(records_like, catalogue, record) for record in records])
    return [
        Figure("records on the same subject: p50", percentile(taken, 0.5), "ms"),
        Figure("records on the same subject: p95", percentile(taken, 0.95), "ms", aim=ALIKE_AIM_MS),
    ]


def _timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of each; the first were called before, since they read what is read once."""
    for call in calls[:FIRST]:
        call()
    taken = []
    for call in calls:
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _beginning(chance: random.Random) -> str:
    """What somebody has typed so far: two to seven letters of a word, at times after another word."""
    language = chance.choice(list(COMMON))
    word = chance.choice(COMMON[language] if chance.random() < 0.7 else RARE[language])
    before = f"{chance.choice(COMMON[language])} " if chance.random() < 0.3 else ""
    return before + word[: chance.randint(2, 7)]


def _mistyped(chance: random.Random) -> str:
    language = chance.choice(list(COMMON))
    word = chance.choice([word for word in COMMON[language] if len(words_of(word)) == 1 and len(word) > 4])
    place = chance.randrange(1, len(word))
    return word[:place] + word[place + 1 :]
