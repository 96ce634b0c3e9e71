"""Runs a plan over the postings of an index in numpy: which documents match, and how well.

Every part of a plan becomes an array of scores, one a document, zero where it does not match; parts are joined by
adding. A list of postings is handled with a few calls however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendata.search.columns import Mask, Numbers
from opendata.search.parser import Is
from opendata.search.phrases import in_a_row
from opendata.search.plan import AnyOf, Beginning, InARow, OneWord, Part, Plan
from opendata.search.ranking import ALSO, CLOSE, EXACT, K1, NEAR
from opendata.search.whoosh_state import State

Scores = NDArray[np.float32]

VALUE_SCORE = np.float32(1e-6)
"""What the value of a filter among alternatives adds: enough to count as found."""
WHOLE = 1_000_000.0
"""Documents that hold everything come first: no score of words is as high."""


@dataclass(frozen=True, slots=True)
class Found:
    """Scores of all documents, zero where they do not match. `unverified`: matches whose report text holds the words
    of a phrase, but perhaps not in a row; None for none."""

    scores: Scores
    unverified: Mask | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """The documents that match. `scores` are None where no words were asked for; `order` is what relevance goes by.

    `whole` are those of them that hold everything; None when all of them do. The others come closest.
    """

    mask: Mask
    scores: Scores | None = None
    order: NDArray[np.float64] | None = None
    unverified: Mask | None = None
    whole: Mask | None = None


class Executor:
    """Runs plans over one state of an index."""

    def __init__(self, state: State) -> None:
        self._state = state

    def run(self, plan: Plan, *, enough: int = 1) -> Matches:
        """The matching documents that are live; where they are fewer than `enough`, those that come closest too."""
        allowed = self._allowed(plan)
        if not plan.words:
            return Matches(allowed)
        scores, counts, unverified = self._all(plan.words)
        whole = (counts == len(plan.words)) & allowed
        for other in plan.also:
            theirs, held, _unverified = self._all(other)
            matching = (held == len(other)) & allowed
            if unverified is not None:
                unverified = unverified & ~(matching & ~whole)
            scores = np.where(matching, np.maximum(np.where(whole, scores, 0), ALSO * theirs), scores)
            whole |= matching
        if np.count_nonzero(whole) >= enough:
            return Matches(whole, scores, scores.astype(np.float64), unverified)
        some = whole | self._closest(plan, scores, allowed)
        return Matches(some, scores, scores + WHOLE * whole, unverified, whole)

    def _closest(self, plan: Plan, scores: Scores, allowed: Mask) -> Mask:
        """Documents that hold some of the words and score nearly as well as the best of them; phrases are kept whole
        as long as any document has them."""
        held = allowed & (scores > 0)
        phrases = [part for part in plan.words if isinstance(part, InARow)]
        if phrases:
            _scores, counts, _unverified = self._all(phrases)
            if (with_phrases := held & (counts == len(phrases))).any():
                held = with_phrases
        best = scores[held].max(initial=0)
        held &= scores >= CLOSE * best
        return held

    def lacks(self, parts: Iterable[Part], docs: Numbers) -> list[tuple[str, ...]]:
        """Per document, the parts that it does not match, as typed."""
        held = [(part.text, self._find(part).scores[docs] > 0) for part in parts if not isinstance(part, Is)]
        return [tuple(text for text, mask in held if not mask[n]) for n in range(len(docs))]

    def own_scores(self, part: Part) -> Scores:
        """The scores of a part, zero where it does not match; phrases are sought in the records' own texts alone."""
        return self._phrase(part.keys, in_text=False).scores if isinstance(part, InARow) else self._find(part).scores

    def _allowed(self, plan: Plan) -> Mask:
        allowed = self._state.live
        for value in plan.values:
            allowed = allowed & self._state.counting.mask(value.name, (value.value,))
        for parts in plan.unwanted:
            allowed = allowed & ~self._unwanted(parts)
        return allowed

    def _unwanted(self, parts: Sequence[Part]) -> Mask:
        """Documents that hold all of it. Words of an unwanted phrase that stand in report text exclude no document:
        they are everywhere in a long report."""
        _scores, counts, unverified = self._all(parts)
        found: Mask = counts == len(parts)
        return found if unverified is None else found & ~unverified

    def _all(self, parts: Sequence[Part]) -> tuple[Scores, NDArray[np.int16], Mask | None]:
        """The sum of the scores of the parts, how many of them each document matches, and which are unverified."""
        scores, counts = self._zeros(), np.zeros(self._state.size, np.int16)
        unverified: Mask | None = None
        for part in parts:
            found = self._find(part)
            scores += found.scores
            counts += found.scores > 0
            if found.unverified is not None:
                unverified = found.unverified if unverified is None else unverified | found.unverified
        return scores, counts, unverified

    def _find(self, part: Part) -> Found:
        if isinstance(part, OneWord):
            return Found(self._word(part))
        if isinstance(part, InARow):
            return self._phrase(part.keys)
        if isinstance(part, Beginning):
            return Found(self._beginning(part.key))
        if isinstance(part, Is):
            return Found(self._state.counting.mask(part.name, (part.value,)) * VALUE_SCORE)
        return self._any(part)

    def _any(self, part: AnyOf) -> Found:
        """The sum of the alternatives; unverified where no verified one matches."""
        scores = self._zeros()
        doubtful, sure = np.zeros(self._state.size, np.bool_), np.zeros(self._state.size, np.bool_)
        for parts in part.alternatives:
            found, counts, unverified = self._all(parts)
            matching = counts == len(parts)
            scores += np.where(matching, found, np.float32(0))
            if unverified is None:
                sure |= matching
            else:
                doubtful |= matching & unverified
                sure |= matching & ~unverified
        doubtful &= ~sure
        return Found(scores, doubtful if doubtful.any() else None)

    def _word(self, word: OneWord) -> Scores:
        """The best of the keys, not their sum; more where the document has the word just as it was typed."""
        scores = self._best(word.keys)
        if word.parts:
            scores = np.maximum(scores, self._phrase(word.parts, in_text=False).scores)
        if word.keys != (word.surface,):
            for base, listed in self._state.listed(word.surface):
                scores[base + listed.docs] *= np.float32(1 + EXACT)
        return scores

    def _best(self, keys: Sequence[str]) -> Scores:
        scores = self._zeros()
        for key in keys:
            parts = self._state.listed(key)
            idf = self._idf(sum(len(listed.docs) for _base, listed in parts))
            for base, listed in parts:
                docs = base + listed.docs if base else listed.docs
                mine = saturated(listed.weights, idf)
                scores[docs] = mine if key is keys[0] else np.maximum(scores[docs], mine)
        return scores

    def _beginning(self, key: str) -> Scores:
        """Every word that begins so counts as the same word."""
        weights, encoded = self._zeros(), key.encode("utf-8", "replace")
        for base, segment in self._state.parts:
            mine = weights[base : base + segment.size]
            for found, term in segment.beginning(encoded):
                listed = self._state.listed_term(segment, found, term)
                mine[listed.docs] += listed.weights
        idf = self._idf(int(np.count_nonzero(weights)))
        return saturated(weights, idf)

    def _phrase(self, keys: tuple[str, ...], *, in_text: bool = True) -> Found:
        """Documents that hold the keys in a row in their own texts, or all of them in report text."""
        if len(keys) == 1:
            return Found(self._best(keys))
        sure, doubtful = np.zeros(self._state.size, np.bool_), np.zeros(self._state.size, np.bool_)
        for base, segment in self._state.parts:
            rows, together = in_a_row(segment, keys)
            sure[base + rows] = True
            if in_text:
                doubtful[base + together] = True
        scores = self._zeros()
        if sure.any() or doubtful.any():
            for key in dict.fromkeys(keys):
                scores += self._best((key,))
        scores *= sure * np.float32(1 + NEAR) + doubtful
        return Found(scores, doubtful if doubtful.any() else None)

    def _idf(self, documents: int) -> float:
        """How much a key says that so many documents hold, deleted ones included."""
        every = max(self._state.documents, documents)
        return float(np.log(1 + (every - documents + 0.5) / (documents + 0.5)))

    def _zeros(self) -> Scores:
        return np.zeros(self._state.size, np.float32)


def saturated(weights: Scores, idf: float) -> Scores:
    """The score of a key of that rarity: it rises with the weight, but ever less."""
    scores: Scores = weights * np.float32(idf * (K1 + 1)) / (weights + np.float32(K1))
    return scores
