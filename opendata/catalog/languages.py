"""Languages: one code (ISO 639-1 where there is one) for the many ways of writing it, names, and a cheap guess."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale

from opendata.catalog.values import LANGUAGES, Text

# ISO 639-2 (terminological and bibliographic) to 639-1, for the languages that repositories of the region and of
# Europe really use (loc.gov/standards/iso639-2).
_THREE = (
    "kaz:kk rus:ru eng:en kir:ky uzb:uz tat:tt bak:ba tuk:tk tgk:tg aze:az uig:ug tur:tr ukr:uk bel:be mon:mn zho:zh "
    "chi:zh jpn:ja kor:ko deu:de ger:de fra:fr fre:fr spa:es por:pt ita:it nld:nl dut:nl pol:pl ces:cs cze:cs slk:sk "
    "slo:sk slv:sl hrv:hr srp:sr bos:bs mkd:mk mac:mk bul:bg ron:ro rum:ro hun:hu fin:fi est:et lav:lv lit:lt swe:sv "
    "dan:da nor:no nob:nb nno:nn isl:is ice:is gle:ga cym:cy wel:cy eus:eu baq:eu cat:ca glg:gl ell:el gre:el sqi:sq "
    "alb:sq hye:hy arm:hy kat:ka geo:ka heb:he ara:ar fas:fa per:fa pus:ps urd:ur hin:hi ben:bn tam:ta tel:te mal:ml "
    "kan:kn mar:mr guj:gu pan:pa nep:ne sin:si tha:th vie:vi ind:id msa:ms may:ms tgl:tl mya:my bur:my khm:km lao:lo "
    "bod:bo tib:bo swa:sw amh:am hau:ha yor:yo zul:zu afr:af lat:la epo:eo"
)
_NO_LANGUAGE = {"other", "und", "mul", "mis", "zxx", "unknown", "n/a", "none"}
_KAZAKH = re.compile("[әғқңөұүһі]")
_CYRILLIC = re.compile("[а-яёәғқңөұүһі]")
_LATIN = re.compile("[a-z]")
_ENGLISH = re.compile(
    r"\b(?:the|of|and|in|for|on|to|with|from|by|an|is|are|at|as)\b|(?:ing|ness|ship|ysis|ght|wth|ity|ty|ly|ment|ies)\b"
)
_FOREIGN_LATIN = re.compile(
    r"[à-öø-ÿāăąćčďđēęěğīįıłńňōőœřśşšţťūůűųźżž]"
    r"|\b(?:der|die|das|und|für|des|les|et|du|aux|el|los|las|y|het|een|van|della|dei|il|e|da|do)\b"
)
_RUSSIAN = re.compile(r"[ыъэё]|(?:ого|ение|ость|ская|ский|ции|ция)\b|\w\s+\w")
_NEITHER = re.compile(r"[єґўђјљњћџѓќѕѣ]|ї|ськ|ння\b|\b(?:та|і|та)\b|(?:ів|ії|ці)\b")
"""Letters and endings of Ukrainian, Belarusian, Serbian and Macedonian, which share і or the rest with ours."""


@cache
def _codes() -> dict[str, str]:
    three = dict(pair.split(":") for pair in _THREE.split())
    known = {code: code for code in three.values()} | three
    for own in (*LANGUAGES, "de", "fr", "es", "it"):
        for code, name in Locale(own).languages.items():
            if code in known and "_" not in code:
                short = name.casefold().removesuffix(" тілі").removesuffix(" language")
                known.setdefault(name.casefold(), known[code])
                known.setdefault(short, known[code])
    return known | {
        "kz": "kk",
        "казахский язык": "kk",
        "русский язык": "ru",
        "английский язык": "en",
        "castilian": "es",
    }


def language_code(text: str) -> str:
    """The ISO 639-1 code of "kaz", "ru-RU", "en_US", "Қазақ тілі", "Russian" or a language's URI; "" if unknown.

    A well-formed three-letter code without a two-letter one is kept as it is (ISO 639-3).
    """
    return _code(text.strip()[:200])


@lru_cache(maxsize=4096)
def _code(text: str) -> str:
    bare = text.casefold()
    if "/" in bare:
        bare = bare.rstrip("/").rsplit("/", 1)[-1]
    if not bare or bare in _NO_LANGUAGE:
        return ""
    known = _codes()
    if bare in known:
        return known[bare]
    for part in re.split(r"[-_,;(\s]+", bare):
        if part in known:
            return known[part]
    return bare if re.fullmatch(r"[a-z]{3}", bare) else ""


@cache
def _three_letters() -> dict[str, str]:
    three = [pair.split(":") for pair in _THREE.split()]
    return {code: long for long, code in reversed(three)}  # the terminological code stands first


def three_letters(code: str) -> str:
    """The ISO 639-3 code of an ISO 639-1 one, itself if it is one already; "" for what is neither."""
    return _three_letters().get(code) or (code if re.fullmatch(r"[a-z]{3}", code) else "")


@lru_cache(maxsize=1024)
def language_name(code: str) -> Text:
    """What the language `code` is called in Kazakh, Russian and English (CLDR); the code itself where CLDR has none."""
    names = {own: Locale(own).languages.get(code, code) for own in LANGUAGES}
    return Text(**names, original="en")


_WORD = re.compile(r"[^\W\d_]+")
_PROSE = 25
"""Words from which on a text is judged by its words; fewer are judged by their letters and endings."""
_SLICE = 7_000
"""Characters of the beginning, the middle and the end of a long text that are looked at."""
_FUNCTION_WORDS = {
    "ru": "и в во на с со по для не что от к ко из о об при или за до как это его её их а но же также после между под "
    "над был была было были является являются который которая которые том числе согласно если чем она они он "
    "все так г года год лет настоящего",
    "en": "the of and to in is for that with on as are be by this from or at it was which not we were has have can "
    "will their these been its our but they",
    "de": "der die das und für mit von den ist nicht des im ein eine zu auf werden dem sind sich bei als auch wird",
    "fr": "le la les des et du une dans est que pour un sur par au aux en ce qui sont avec pas ou été cette",
    "es": "el los las una del que con para por un se es como más su al lo sus o fue",
    "it": "il della che di per una del con sono le dei nel alla è si da gli non delle",
    "pt": "os dos uma não com para que do da em um por mais ao na no as foi é",
    "nl": "het een van en de op zijn voor met dat niet te aan er ook bij",
}
"""The commonest words that carry no meaning: a fifth to a third of the words of prose in that language."""
_SPEAKS_FOR = {
    word: tuple(code for code, others in _FUNCTION_WORDS.items() if word in others.split())
    for words in _FUNCTION_WORDS.values()
    for word in words.split()
}
_SHARE = {"ru": 0.2, "kk": 0.5}
"""How many words of prose speak for its language; of other languages 0.3."""


def detect_language(text: str) -> str:
    """The language of a title, an abstract or a whole document; "" when unsure.

    Prose is judged by its commonest words, Kazakh by the words with a letter of its own, and the language of most of
    it wins: a Russian report stays Russian however many Kazakh names it holds. Shorter texts are kk, ru or en by
    letters and endings: a Kazakh title of several words without one Kazakh letter is taken for Russian, and a single
    word is seldom decided.
    """
    lower = _sample(text).casefold()
    words = _WORD.findall(lower)
    if len(words) >= _PROSE and (found := _language_of_prose(words)):
        return found
    guess = _language_of_letters(lower[:2000])
    # Many words none of which speaks for Kazakh or English are another language that looks like it; but a table in
    # Russian has no such words either.
    few = len(words) < 4 * _PROSE
    return guess if few or (guess == "ru" and _is_russian("".join(words))) else ""


def _language_of_letters(lower: str) -> str:
    cyrillic, latin = len(_CYRILLIC.findall(lower)), len(_LATIN.findall(lower))
    if cyrillic >= 3 and cyrillic >= latin:
        return _cyrillic_language(lower, cyrillic)
    english = latin >= 3 and _ENGLISH.search(lower) and not _FOREIGN_LATIN.search(lower)
    return "en" if english else ""


def _sample(text: str) -> str:
    """All of a short text; of a long one three parts, for a cover or a contents list may be in another language."""
    if len(text) <= 3 * _SLICE:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_SLICE], text[middle : middle + _SLICE], text[-_SLICE:]))


def _language_of_prose(words: list[str]) -> str:
    """The language that most of the words speak for, "" where too few speak, or too few different ones."""
    votes: dict[str, list[str]] = {}
    for word in words:
        own = _KAZAKH.search(word) and not _NEITHER.search(word)
        for code in ("kk",) if own else _SPEAKS_FOR.get(word, ()):
            votes.setdefault(code, []).append(word)
    weighed = {code: len(found) / _SHARE.get(code, 0.3) for code, found in votes.items()}
    best = max(weighed, key=lambda code: weighed[code], default="")
    if not best or weighed[best] < 0.15 * len(words) or len(set(votes[best])) < (3 if best in LANGUAGES else 6):
        return ""
    if best == "kk":
        return best if _is_kazakh("".join(votes["kk"]), "".join(words)) else ""
    return best if best != "ru" or _is_russian("".join(words)) else ""


def _is_kazakh(voting: str, letters: str) -> bool:
    """Whether the voting words are Kazakh, and all letters not those of its neighbours, who share some with it."""
    own = len(re.findall("[іғқұ]", voting))
    return own >= 0.03 * len(voting) and len(re.findall("[ҙҡҫҳўҷӣӯҝҗєїґјӱҥӧ]", letters)) <= 0.1 * own


def _is_russian(letters: str) -> bool:
    """Whether the letters are Russian and not those of the other Slavic languages, whose small words are like its."""
    cyrillic = len(_CYRILLIC.findall(letters))
    return letters.count("ы") >= 0.005 * cyrillic and len(re.findall("[єїґўђјљњћџѓќѕӕ]", letters)) <= 0.01 * cyrillic


def _cyrillic_language(lower: str, letters: int) -> str:
    kazakh = _KAZAKH.findall(lower)
    if set(kazakh) - {"і"} and len(kazakh) >= max(1, 0.015 * letters):
        return "kk"
    if _NEITHER.search(lower):
        return ""
    if kazakh:
        return "kk"
    return "ru" if _RUSSIAN.search(lower) else ""
