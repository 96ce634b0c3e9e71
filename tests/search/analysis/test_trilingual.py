from __future__ import annotations

import threading
import time

import pytest

from opendata.search.analysis import default_analyser, explain

ANALYSER = default_analyser()


def keys(text: str) -> list[tuple[str, ...]]:
    return [token.keys for token in ANALYSER.index_keys(text)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Исследования", ("R:исследован", "X:исследования")),
        ("ЗЕРТТЕУЛЕРДІҢ", ("X:зерттеулердің",)),
        ("Studies", ("E:studi", "X:studies")),
        ("ещё", ("R:ещ", "X:еще")),
        ("и\u0306од", ("R:йод", "X:йод")),
        ("ﬁsh", ("E:fish", "X:fish")),
        ("иссле\u00adдо\u200bвания", ("R:исследован", "X:исследования")),
        ("the", ("X:the",)),
        ("2019", ("X:2019",)),
        ("BR21881930", ("E:br", "X:br21881930", "X:br", "X:21881930")),
        ("COVID19", ("X:covid19",)),
    ],
)
def test_keys_of_a_word(word: str, expected: tuple[str, ...]) -> None:
    assert keys(word) == [expected]


def test_a_word_broken_at_the_end_of_a_line_is_one_word_and_its_parts() -> None:
    (token,) = ANALYSER.index_keys("ғылыми-\n  техникалық")
    assert {"X:ғылымитехникалық", "X:ғылыми", "X:техникалық"} <= set(token.keys)
    assert "R:исследован" in keys("иссле-\nдования")[0]
    assert len(keys("конец-\nНачало")) == 2, "a capital letter begins another word"


@pytest.mark.parametrize("code", ["03.29.00", "84(2)", "614.2:616-053", "ISO/IEC-27001", "0000-0002-1825-0097"])
def test_a_code_is_kept_whole_and_in_parts(code: str) -> None:
    text = f"шифр ({code}), далее"
    tokens = list(ANALYSER.index_keys(text))
    whole = next(token for token in tokens if f"X:{code.lower()}" in token.keys)
    assert text[whole.start : whole.end] == code
    (asked,) = ANALYSER.query_tokens(code)
    assert set(asked.keys) <= set(whole.keys)
    held = {key for token in tokens for key in token.keys}
    assert {part.surface for part in asked.parts} <= held


def test_places_are_those_of_the_raw_text() -> None:
    text = "«Өзен»  иссле\u00adдо-\nвания (ё́лка) d’accord"
    assert [text[t.start : t.end] for t in ANALYSER.index_keys(text)] == [
        "Өзен",
        "иссле\u00adдо-\nвания",
        "ё́лка",
        "d’accord",
    ]
    positions = [t.position for t in ANALYSER.index_keys("a b-c 03.29.00 d")]
    assert positions == [0, 1, 1, 2, 3, 3, 4, 5, 6]


@pytest.mark.parametrize("word", ["исследование", "studies", "ғылыми", "03.29.00", "Река", "84(2)", "BR21881930"])
def test_a_query_word_finds_itself(word: str) -> None:
    stored = {key for token in ANALYSER.index_keys(word) for key in token.keys}
    assert set(ANALYSER.query_keys(word)) <= stored


def test_a_probe_begins_every_form() -> None:
    forms = {"исследование": "исследованиями", "study": "studies", "вода": "воде", "өзен": "өзен"}
    for asked, stands in forms.items():
        (token,) = ANALYSER.query_tokens(asked)
        assert any(stands.startswith(probe) for probe in token.probes), asked


def test_common_words_say_nothing_alone() -> None:
    assert [token.common for token in ANALYSER.query_tokens("вода и мен the fish")] == [False, True, True, True, False]


def test_explain_shows_tokens_as_typed() -> None:
    assert [(one.token, one.keys) for one in explain(ANALYSER, "Су сапасы", "kk")] == [
        ("Су", ("R:су", "X:су")),
        ("сапасы", ("R:сапас", "X:сапасы")),
    ]


def test_threads_get_the_same_stems() -> None:
    words = [f"исследовани{end}{n}" for n in ("", "х") for end in "еяюй"] * 50
    wanted = [keys(word) for word in words]
    wrong: list[str] = []

    def work() -> None:
        wrong.extend(word for word, expected in zip(words, wanted, strict=True) if keys(word) != expected)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("piece", ["a", "a.", "a-\n", "я\u0306", "(", "a(", "'", "a'", "1.", "\u00ad"])
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    started = time.monotonic()
    for _token in ANALYSER.index_keys(piece * 200_000):
        pass
    assert time.monotonic() - started < 5
