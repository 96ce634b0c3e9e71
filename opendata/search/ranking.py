"""What the ranking of results is made of: one place for every constant, and how each was chosen.

BM25F: what a word is worth in a document is the sum over the fields of `weight · tf / (1 - b + b · length / usual
length)`, lengths in words, and then goes through `w · (K1 + 1) / (w + K1)`. A title is short and chosen with care, so
it weighs most and its length hardly matters. A report's text weighs little and its length little too: a long report is
long because it says more, and must not be buried for it.
"""

from __future__ import annotations

from collections.abc import Mapping

K1 = 1.6
"""How soon a word that is repeated stops adding; chosen of 1.2, 1.4, 1.6 and 2.0 on all
collections' odd queries."""

FIELD_WEIGHTS: Mapping[str, float] = {
    "title": 3.0,
    "keywords": 2.0,
    "abstract": 1.0,
    "toc": 1.0,
    "other": 1.0,
    "body": 0.5,
}
"""The searched fields and what a word in each is worth."""

LENGTH_SHARES: Mapping[str, float] = {
    "title": 0.5,
    "keywords": 0.3,
    "abstract": 0.7,
    "toc": 0.5,
    "other": 0.3,
    "body": 0.25,
}
"""b of BM25F per field: 0 does not mind the length of the field at all, 1 counts only how dense the word stands."""

QUESTION_WORDS, FEW_RECORDS = 4, 10
"""A query of so many words is a question: when fewer records than that hold them all, the closest others follow. On the
odd queries of Cranfield and KazQAD that gives nDCG@10 of 0.41 and 0.80; 0.25 and 0.61 when only the few with all words
are shown, or those with at least half of them, most words first."""
CLOSE = 0.25
"""Records that hold only some of the words are given when their score is at least this share of the best one's."""
EXACT = 0.1
"""What a word adds that stands in the document exactly as it was typed: this share of its score."""
NEAR = 0.2
"""What words add that stand next to each other in title, keywords or abstract; half of it one word apart, and so on."""
NEAR_DISTANCE = 8
"""Words further apart than this add nothing."""
NEAR_CANDIDATES = 200
"""The best documents are looked at for how near the words stand."""
ALSO = 0.3
"""What a suggested translation of the query is worth beside the query itself."""
