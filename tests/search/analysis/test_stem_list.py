from __future__ import annotations

import pytest

from opendata.search.analysis import stem_list
from opendata.search.analysis.kazakh import AS_NOUN, AS_VERB
from opendata.search.analysis.skeleton import skeleton

WORDS = ["мектептер", "мектептің", "мектебі", "жазған", "жаздық", "жазады", "оқу", "қалаға"]


def test_a_stem_needs_two_words() -> None:
    stems = stem_list.mine(WORDS)
    assert stems == {"мектеп": AS_NOUN, "жаз": AS_VERB}


def test_a_word_that_comes_often_votes_once() -> None:
    assert stem_list.mine(["қалаға"] * 100) == {}


def test_no_words_no_stems() -> None:
    assert stem_list.mine([]) == {}
    assert stem_list.mine(["", "a", "ж", "жж", "日本語"]) == {}


def test_a_list_is_written_and_read_back() -> None:
    stems = stem_list.mine(WORDS)
    assert stem_list.load("# where from\n" + stem_list.dump(stems)) == stems
    assert stem_list.load("ас NV\n") == {"ас": AS_NOUN | AS_VERB}
    assert stem_list.load("") == {}


@pytest.mark.parametrize("line", ["мектеп", "мектеп X", "мектеп N V"])
def test_a_damaged_list_says_which_line(line: str) -> None:
    with pytest.raises(ValueError, match=line):
        stem_list.load(line)


def test_the_version_changes_with_the_list_only() -> None:
    stems = stem_list.mine(WORDS)
    assert stem_list.version(stems) == stem_list.version(dict(reversed(stems.items())))
    assert stem_list.version(stems) != stem_list.version({**stems, "жаз": AS_NOUN})


def test_stems_that_fall_together_in_the_skeleton_are_used_in_all_their_ways() -> None:
    assert stem_list.skeletal_stems({"тан": AS_NOUN, "таң": AS_VERB}) == {skeleton("тан"): AS_NOUN | AS_VERB}


def test_the_seed_is_of_stems() -> None:
    seed = stem_list.seed()
    assert len(seed) > 500
    assert {"адам", "азаматтық"} <= set(seed)
    assert all(len(stem) > 2 and stem[-1] not in "ую" and stem == stem.lower() for stem in seed)


def test_kazakh_words_are_taken_from_kazakh_paragraphs() -> None:
    text = "Қазақстанның өзендері мен көлдері\n\nРусский абзац о реках и озёрах\n\nAn English one"
    assert stem_list.kazakh_words([text]) == {"қазақстанның", "өзендері", "мен", "көлдері"}
