from __future__ import annotations

import threading
import time

import pytest

from opendata.search.analysis import TrilingualAnalyser, default_analyser, explain

ANALYSER = default_analyser()


def keys(text: str) -> list[tuple[str, ...]]:
    return [token.keys for token in ANALYSER.index_keys(text)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Исследования", ("R:исследование", "X:исследования")),
        ("ЗЕРТТЕУЛЕРДІҢ", ("S:zertte", "X:зерттеулердің")),
        ("Studies", ("E:studi", "X:studies")),
        ("и\u0306од", ("R:йод", "X:йод")),
        ("ﬁsh", ("E:fish", "X:fish")),
        ("иссле\u00adдо\u200bвания", ("R:исследование", "X:исследования")),
        ("the", ("X:the",)),
        ("және", ("X:және",)),
        ("также", ("X:также",)),
        ("2019", ("X:2019",)),
        ("BR21881930", ("E:br", "X:br21881930", "X:br", "X:21881930")),
        ("COVID19", ("X:covid19",)),
        ("日本", ("X:日本",)),
    ],
)
def test_keys_of_a_word(word: str, expected: tuple[str, ...]) -> None:
    assert keys(word) == [expected]


def keys_in(text: str, word: str) -> set[str]:
    (found,) = {token.keys for token in ANALYSER.index_keys(text) if text[token.start : token.end] == word}
    return {key for key in found if not key.startswith("X:")}


def test_a_word_has_the_keys_of_the_languages_it_may_be_in() -> None:
    russian = "Приказ об утверждении правил проведения конкурса научных работ Шымкент"
    kazakh = "Шымкент қаласының экологиясы туралы ғылыми есеп"
    assert keys_in(russian, "конкурса") == {"R:конкурс"}
    assert keys_in(kazakh, "экологиясы") == {"S:ekologia"}
    assert "R:конкурс" in keys_in(f"{kazakh} конкурса", "конкурса")
    assert keys_in(kazakh, "қаласының") == {"S:kala"}
    assert keys_in(f"{russian} қаласы", "қаласы") == {"S:kala"}, "its letters say that it is Kazakh"
    latin = "Qazaqstan Respublikasynyñ ūlttyq ekonomika ministrligi"
    assert "S:ekonomika" in keys_in(latin, "ekonomika")
    assert keys_in("The water of Kazakhstan", "water") == {"E:water"}


def test_paragraphs_are_judged_one_by_one() -> None:
    text = "Өзендер мен көлдердің жағдайы\n\nПриказ об утверждении правил проведения конкурса"
    assert keys_in(text, "конкурса") == {"R:конкурс"}


def finds(asked: str, stands: str) -> bool:
    held = {key for token in ANALYSER.index_keys(stands) for key in token.keys}
    return any(key in held for token in ANALYSER.query_tokens(asked) for key in token.keys)


@pytest.mark.parametrize(
    "asked",
    ["өзен", "өзендер", "озен", "озендердеги", "ozen", "özenderde", "o'zen", "ÓZEN", "ѳзен", "өз\u00adен", "c2ekt"],
)
def test_one_word_is_found_however_it_is_typed(asked: str) -> None:
    stands = "Сәулелер туралы" if asked == "c2ekt" else "Өзендердің жағдайы және су сапасы"
    assert finds(asked, stands)


def test_russian_is_found_by_any_form_and_reading() -> None:
    text = "Приказ о стекле и людях, утверждённый министерством"
    assert all(finds(asked, text) for asked in ("стекло", "человек", "утвердить", "ghbrfp", "министерства"))
    assert not finds("стена", text)


def test_a_wrong_layout_is_asked_in_both_readings() -> None:
    (token,) = ANALYSER.query_tokens("pfrjy")
    assert {"R:закон", "E:pfrji"} <= set(token.keys)
    assert token.surface == "X:pfrjy"
    (several,) = ANALYSER.query_tokens("cj;fktybt")
    assert "R:сожаление" in several.keys
    assert [part.surface for part in several.parts] == ["X:cj", "X:fktybt"]


def test_english_is_not_taken_for_kazakh() -> None:
    assert [token.keys for token in ANALYSER.query_tokens("quality research")] == [("E:qualiti",), ("E:research",)]


def test_the_version_names_what_keys_depend_on() -> None:
    version = TrilingualAnalyser().version
    assert version == TrilingualAnalyser().version == ANALYSER.version
    assert all(part in version for part in ("endings-", "stems-", "triples-", "pymorphy3-dicts-ru-"))
    assert TrilingualAnalyser({"өзен": 1}).version != version


def test_a_mined_list_changes_keys() -> None:
    assert TrilingualAnalyser({}).kazakh_stem("мектебі") == "mek"
    assert TrilingualAnalyser({"мектеп": 1}).kazakh_stem("мектебі") == "mektep"


def test_a_hint_decides_short_texts_only() -> None:
    def hinted(text: str, language: str) -> set[str]:
        return {key[0] for token in ANALYSER.index_keys(text, language) for key in token.keys}

    assert hinted("проект", "ru") == {"R", "X"}
    assert hinted("проект", "kk") == {"S", "R", "X"}
    assert hinted("өзен", "ru") == {"S", "X"}
    assert hinted("проект", "xx") == hinted("проект", "")


def test_a_word_broken_at_the_end_of_a_line_is_one_word_and_its_parts() -> None:
    (token,) = ANALYSER.index_keys("ғылыми-\n  техникалық")
    assert {"X:ғылымитехникалық", "X:ғылыми", "X:техникалық"} <= set(token.keys)
    assert "R:исследование" in keys("иссле-\nдования")[0]
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
    assert {key for token in ANALYSER.query_tokens(word) for key in token.keys} & stored


def test_a_probe_begins_every_form() -> None:
    forms = {"исследование": "исследованиями", "study": "studies", "вода": "воде", "өзен": "өзен"}
    for asked, stands in forms.items():
        (token,) = ANALYSER.query_tokens(asked)
        assert any(stands.startswith(probe) for probe in token.probes), asked


def test_common_words_say_nothing_alone() -> None:
    assert [token.common for token in ANALYSER.query_tokens("вода и мен the fish")] == [False, True, True, True, False]


def test_explain_shows_tokens_as_typed() -> None:
    assert [(one.token, one.keys) for one in explain(ANALYSER, "Су сапасы", "kk")] == [
        ("Су", ("S:su", "R:су", "X:су")),
        ("сапасы", ("S:sapa", "X:сапасы")),
    ]


def test_threads_get_the_same_stems() -> None:
    words = [
        f"{start}{end}" for start in ("исследовани", "зерттеулері", "studie") for end in ("е", "нен", "s", "х")
    ] * 50
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
