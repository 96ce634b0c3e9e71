"""Amounts of money as people write them: "12 500 000,00 тг", "12,500,000.00", "12,5 млн", "500 USD"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_CURRENCIES = {
    "KZT": ("kzt", "тг", "тнг", "тенге", "теңге", "₸", "tenge"),
    "USD": (
        "usd",
        "$",
        "доллар",
        "долларов",
        "долларов сша",
        "доллар сша",
        "долл",
        "долл сша",
        "us dollars",
        "dollars",
    ),
    "EUR": ("eur", "€", "евро", "еуро", "euro"),
    "RUB": ("rub", "rur", "руб", "рублей", "рубль", "рубля", "₽", "ресей рублі"),
    "GBP": ("gbp", "£"),
    "CNY": ("cny", "¥", "юаней", "юань"),
}
"""The currencies that contracts for research are written in here, by ISO 4217 code."""
_BY_WORD = {word: code for code, words in _CURRENCIES.items() for word in words}
_FACTORS = (
    (10**9, re.compile(r"\b(?:млрд|миллиард\w*|billion)\b")),
    (10**6, re.compile(r"\b(?:млн|миллион\w*|million)\b")),
    (10**3, re.compile(r"\b(?:тыс|тысяч\w*|мың|thousand|k)\b")),
)
_NUMBER = re.compile(r"[0-9][0-9\s.,'’]*")
MOST = Decimal(10**16)


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` in units of the currency, with two decimals; `currency` is "" where the text names none."""

    value: Decimal
    currency: str = ""


def parse(text: str, heading: str = "") -> Amount | None:
    """The amount that `text` gives; None where it is none or can be read in two ways ("12.500").

    The heading may say "тыс." or "млн" for all cells below it, and name the currency.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    found = _NUMBER.search(plain)
    if found is None or plain[: found.start()].rstrip().endswith(("-", "−")):
        return None
    words = f"{plain[: found.start()]} {plain[found.end() :]}"
    own = _factor(words)
    factor = own if own > 1 else _factor(heading.casefold())
    number = _number(found[0].strip(" .,'’"), decimal=factor >= 10**6)
    if number is None or not _is_understood(words):
        return None
    value = (number * factor).quantize(Decimal("0.01"))
    return Amount(value, _named(words) or _named(heading)) if value < MOST else None


def currency(text: str) -> str:
    """The ISO 4217 code of a currency: its code, a sign or a word for it; "" where it is not known."""
    word = " ".join(re.sub(r"[.,()]+", " ", text).split()).casefold()
    if word in _BY_WORD:
        return _BY_WORD[word]
    return word.upper() if re.fullmatch(r"[a-z]{3}", word) else ""


def _number(digits: str, *, decimal: bool) -> Decimal | None:
    """The number that `digits` with their separators make."""
    groups = re.sub(r"[\s'’]+", " ", digits)
    if " " in groups and not _is_grouped(re.split("[.,]", groups)[0], " "):
        return None
    compact = groups.replace(" ", "")
    separators = [sign for sign in compact if sign in ".,"]
    if len(set(separators)) == 2:
        last = separators[-1]
        whole, _, part = compact.rpartition(last)
        if separators.count(last) > 1 or not _is_grouped(whole, separators[0]):
            return None
        return Decimal(f"{re.sub('[.,]', '', whole)}.{part}")
    if len(separators) > 1:
        return Decimal(re.sub("[.,]", "", compact)) if _is_grouped(compact, separators[0]) else None
    whole, _, part = compact.replace(",", ".").partition(".")
    # "12.500" may be twelve and a half or twelve thousand five hundred; of millions it is plain.
    doubtful = len(part) == 3 and len(whole) < 4 and whole != "0" and not decimal
    return None if doubtful else Decimal(f"{whole}.{part or 0}")


def _is_grouped(whole: str, separator: str) -> bool:
    first, *rest = whole.split(separator)
    return 0 < len(first) < 4 and all(len(group) == 3 for group in rest)


def _factor(words: str) -> int:
    return next((factor for factor, pattern in _FACTORS if pattern.search(words)), 1)


def _named(text: str) -> str:
    """The currency that is named among `text`."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    for word in (*re.findall(r"[^\W\d_]+", folded), *re.findall(r"[₸$€₽£¥]", folded)):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return ""


def _is_understood(words: str) -> bool:
    """Whether nothing but a unit, a currency and their like stands beside the number."""
    for _, pattern in _FACTORS:
        words = pattern.sub(" ", words)
    rest = re.sub(r"\b(?:сша|ндс|с|без|учетом|учётом|в|т|ч|ққс|vat|incl|excl|us)\b", " ", words)
    rest = re.sub(r"[₸$€₽£¥().,:;/=–—-]", " ", rest)
    return all(word in _BY_WORD for word in rest.split())
