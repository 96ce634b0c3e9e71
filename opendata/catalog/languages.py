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


@lru_cache(maxsize=1024)
def language_name(code: str) -> Text:
    """What the language `code` is called in Kazakh, Russian and English (CLDR); the code itself where CLDR has none."""
    names = {own: Locale(own).languages.get(code, code) for own in LANGUAGES}
    return Text(**names, original="en")


def detect_language(text: str) -> str:
    """kk, ru or en by letters and the commonest endings and words; "" when unsure. For titles and abstracts.

    A Kazakh title of several words without one Kazakh letter is taken for Russian; a single word is seldom decided.
    """
    lower = text[:2000].casefold()
    cyrillic, latin = len(_CYRILLIC.findall(lower)), len(_LATIN.findall(lower))
    if cyrillic >= 3 and cyrillic >= latin:
        return _cyrillic_language(lower, cyrillic)
    english = latin >= 3 and _ENGLISH.search(lower) and not _FOREIGN_LATIN.search(lower)
    return "en" if english else ""


def _cyrillic_language(lower: str, letters: int) -> str:
    kazakh = _KAZAKH.findall(lower)
    if set(kazakh) - {"і"} and len(kazakh) >= max(1, 0.015 * letters):
        return "kk"
    if _NEITHER.search(lower):
        return ""
    if kazakh:
        return "kk"
    return "ru" if _RUSSIAN.search(lower) else ""
