from __future__ import annotations

import pytest

from opendata.search.analysis.alphabets import cyrillic, skeletal
from opendata.search.analysis.endings import endings
from opendata.search.analysis.kazakh import AS_NOUN, AS_VERB, MAX_LETTERS, Stemmer
from opendata.search.analysis.skeleton import skeleton

PLAIN = Stemmer(cyrillic())
COARSE = Stemmer(skeletal())


def one_key(words: str, stemmer: Stemmer = PLAIN) -> bool:
    return len({stemmer(word) for word in words.split()}) == 1


@pytest.mark.parametrize(
    "forms",
    [
        "қала қалалар қаланың қаланы қалаға қалада қаладан қаламен қалаларыңызға қалаларында",
        "өзен өзендер өзенде өзеннің өзендердегі өзендердегілердің өзенге өзенмен өзендері",
        "қазақ қазақтар қазақпен қазаққа қазағы қазағының",
        "көмек көмегі көмегімен көмекке",
        "халық халқы халқының халықтар",
        "ауыз аузы аузында",
        "орын орны орнында",
        "бала баласы баласынша балаша баланікі баладай балалармыз",
        "үй үйдей үйлер үйі үйде",
        "жаз жазды жаздық жазған жазғандықтан жазады жазар жазбақ жазбақпын жазып жазыпты жазғысы жазыңыз",
        "кел келмеді келмегендіктен келмейді келмес келмейінше келсек келіңіздер келгелі келетін",
        "жаз жазамайды жазамаған",
        "баста бастады бастаймын бастау бастаған бастап",
        "сөйле сөйлейді сөйлеген сөйлесе сөйлеуші",
        "жарияла жариялайды жариялаған жариялау",
        "қой қояды қою қойған",
        "оқу оқыды оқиды оқуға оқушы оқыған",
        "деді дейді деген",
        "жеді жейді жеген",
        "жоспарлаған жоспарланған",
        "жазды жазылды жазылған",
        "дәрігер дәрігері",
        "альбом альбомы альбомдар",
        "ивановтың ивановқа иванов",
    ],
)
def test_forms_of_a_word_have_one_key(forms: str) -> None:
    assert one_key(forms), {word: PLAIN(word) for word in forms.split()}
    coarse = {word: COARSE(skeleton(word)) for word in forms.split()}
    assert len(set(coarse.values())) == 1, coarse


@pytest.mark.parametrize(
    "others",
    ["су суық", "тас тасқын", "бала балық", "жер жел", "сан сана", "өкше өк", "ел ем"],
)
def test_other_words_have_other_keys(others: str) -> None:
    assert len({PLAIN(word) for word in others.split()}) == 2


@pytest.mark.parametrize("word", ["", "а", "су", "ел", "тт", "ғ", "я" * 3, "п" * 50, "қала" * 30])
def test_short_and_impossible_words_stay(word: str) -> None:
    assert PLAIN(word) == word or word == "я" * 3
    assert len(word) > MAX_LETTERS or len(PLAIN(word)) <= len(word)


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("қалағе", "ғе"),  # a front ending after back vowels
        ("үйға", "ға"),
        ("өзентің", "тің"),  # н takes -нің
        ("тасда", "да"),  # с takes -та
        ("баламбен", "бен"),
    ],
)
def test_harmony_and_the_letter_before_decide(word: str, ending: str) -> None:
    assert (word[: -len(ending)], ending) not in {(one.stem, one.ending) for one in PLAIN.candidates(word)}


@pytest.mark.parametrize(
    ("word", "stem", "tracks"),
    [
        ("тасты", "та", "NV"),  # nothing of two letters that ends in a vowel
        ("жуық", "жу", "N"),
        ("бұзадар", "бұзад", "VR"),  # verbs do not end in д
        ("сөйлейді", "сөйл", "V"),  # its last vowel would have gone to the ending
        ("бастайды", "баст", "V"),
        ("тілім", "тіл", "N"),
        ("аты", "а", "NV"),
        ("қамша", "қа", "N"),
    ],
)
def test_stems_not_to_be_believed(word: str, stem: str, tracks: str) -> None:
    assert (stem, True) not in {(one.stem, one.track in tracks) for one in PLAIN.candidates(word)}


@pytest.mark.parametrize("forms", ["өзен өзенде өзендер өзеннің", "өнім өнімде өнімнің", "адам адамда адамның"])
def test_the_skeleton_does_not_take_the_end_of_a_short_stem_for_my_and_thy(forms: str) -> None:
    assert len({COARSE(skeleton(word)) for word in forms.split()}) == 1


def test_loanwords_take_endings_of_both_kinds() -> None:
    assert one_key("роль рольдер рольдар рольге")
    assert one_key("киевте киевтың киев")


def test_a_listed_word_is_not_cut_and_a_listed_stem_is_preferred() -> None:
    assert PLAIN("мектептеріміздегі") == "мек"
    listed = Stemmer(cyrillic(), {"мектеп": AS_NOUN, "кітап": AS_NOUN, "зертте": AS_VERB})
    assert {listed(word) for word in ("мектептеріміздегі", "мектебі", "мектеп")} == {"мектеп"}
    assert {listed(word) for word in ("кітабында", "кітап", "кітаптар")} == {"кітап"}
    assert {listed(word) for word in ("зерттеулерінде", "зерттеген", "зерттейді")} == {"зертте"}


def test_a_listed_noun_is_seen_without_its_fleeting_vowel() -> None:
    listed = Stemmer(cyrillic(), {"халық": AS_NOUN})
    assert listed("халқынан") == listed("халық") == "халқ"


def test_a_verb_on_the_list_yields_to_a_listed_noun_in_the_locative() -> None:
    listed = Stemmer(cyrillic(), {"жолда": AS_VERB, "жол": AS_NOUN})
    assert listed("жолда") == "жол"
    assert Stemmer(cyrillic(), {"жолда": AS_VERB})("жолда") == "жолда"


def test_the_skeleton_forgives_what_keyboards_cannot_write() -> None:
    for typed in ("озендердеги", "озендердегы", "өзендердегі", "ózenderdegi", "o'zenderdegi", "özenderdegı"):
        assert COARSE(skeleton(typed)) == COARSE(skeleton("өзен")), typed


def test_every_ending_can_stand_somewhere() -> None:
    table = endings()
    assert 20_000 < len(table) < 35_000
    assert all(one.classes and one.harmony in "bf" for conditions in table.values() for one in conditions)
    assert {one.track for conditions in table.values() for one in conditions} == set("NVRPUA")
    assert max(map(len, table)) <= 24
