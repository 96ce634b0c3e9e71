"""Identifiers: found in free text, checked, and written in one form.

DOI, ORCID, ROR, handle, ISBN, ISSN, URN; and those of Kazakhstan: the register number of a study (ИРН, AP05131234), the
number of its state registration (0118РК00123), contract numbers, and the 12-digit BIN/ИИН with its check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from opendata.catalog.values import Identifier

MAX_TEXT = 20_000
"""Characters of a text that are searched."""

# Cyrillic letters that look like Latin ones, in capitals: numbers are typed on either keyboard.
_TO_LATIN = str.maketrans("АВЕКМНОРСТХІ", "ABEKMHOPCTXI")
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTXI", "АВЕКМНОРСТХІ")
_DOI = re.compile(r"(?:(?<=doi\.org/)|(?<![\w/.]))(10\.\d{4,9}(?:\.\d+)*/[^\s\"<>{}|\\^`\[\]]+)", re.IGNORECASE)
_DOI_EDGE = re.compile(r"^(?:https?://)?(?:dx\.|www\.)?doi\.org/|^(?:info:doi/|urn:doi:|doi:?\s*)", re.IGNORECASE)
_ORCID = re.compile(r"(?<!\d)(\d{4})[-–]?(\d{4})[-–]?(\d{4})[-–]?(\d{3}[\dXxХх])(?!\d)")
_ROR = re.compile(r"(?:ror\.org/|\bror:\s*)(0[a-hj-km-np-tv-z0-9]{6}\d{2})\b", re.IGNORECASE)
_HANDLE = re.compile(r"(?:hdl\.handle\.net/|\bhdl:\s*|/handle/)(\d+(?:\.\d+)*/[^\s\"<>?#]+)", re.IGNORECASE)
_ISBN = re.compile(r"(?:ISBN(?:-1[03])?[\s:]*)((?:97[89][\s-]?)?(?:\d[\s-]?){9}[\dXxХх])(?!\d)", re.IGNORECASE)
_ISSN = re.compile(r"(?:e?ISSN(?:-L)?[\s:]*)(\d{4})[-–]?(\d{3}[\dXxХх])(?!\d)", re.IGNORECASE)
_URN = re.compile(r"\burn:[a-z0-9][a-z0-9-]{1,31}:[^\s\"<>]+", re.IGNORECASE)
# Kinds of funding in the register of the National Centre of State Scientific and Technical Expertise: grants (AP),
# programmes (BR, OR), commercialisation, instruments of earlier years; then the year's last digits and a number.
_REGISTER = re.compile(
    r"(?<![\w-])([AА][PР]|[BВ][RР]|[OО][RР]|[CС][PР]|[IІ][PР]|[PР][RР])[\s\u2010-\u2015-]?(\d{8})(?!\d)", re.IGNORECASE
)
_STATE = re.compile(
    r"(?<!\w)(0\d{3})[\s\u2010-\u2015-]?([РP][КKҚ](?:[ИIДDУU])?|[ИI][КK])[\s\u2010-\u2015-]?(\d{5})(?!\d)",
    re.IGNORECASE,
)
_CONTRACT = re.compile(
    r"(?:договор\w*|контракт\w*|шарт\w*|келісімшарт\w*|contract|agreement)[^\n№#]{0,40}?(?:№|#|\bno\.?|\bN\b|нөмірі?)\s*"
    r"([\w/.\u2010-\u2015-]{1,38}\w)",
    re.IGNORECASE,
)
# Plain searches that cost a tenth of the patterns above, and spare most texts those.
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")
_FIVE_DIGITS = re.compile(r"[0-9]{5}")
_CONTRACT_WORDS = ("договор", "контракт", "шарт", "contract", "agreement")
_NUMBER_SIGN = re.compile(r"^(?:№|#|N(?:o\b\.?|[°º]|\s))\s*", re.IGNORECASE)
_BIN = re.compile(r"(?<!\d)\d{12}(?!\d)")


def doi(text: str) -> str:
    """The DOI in `text` (bare, "doi:…", a doi.org address), lower case, without trailing punctuation; "" if none."""
    bare = _DOI_EDGE.sub("", text.strip()[:MAX_TEXT])
    found = _DOI.search(unquote(bare) if "%" in bare else bare)
    return _trimmed(found[1]).lower() if found else ""


def _trimmed(value: str) -> str:
    """Without the punctuation of the sentence around it; a bracket stays when it was opened inside."""
    value = value.rstrip(".,;:'\"»”’…*")
    surplus = value.count(")") - value.count("(")
    while surplus > 0 and value.endswith(")"):
        value = value[:-1].rstrip(".,;:'\"»”’")
        surplus -= 1
    return value


def orcid(text: str) -> str:
    """The ORCID in `text` as 0000-0002-1825-0097; "" if there is none with a right check digit (ISO 7064 mod 11-2)."""
    for found in _ORCID.finditer(text):
        digits = "".join(found.groups()).upper().replace("Х", "X")
        if _mod_11_2(digits):
            return "-".join(digits[n : n + 4] for n in range(0, 16, 4))
    return ""


def _mod_11_2(digits: str) -> bool:
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return (12 - total % 11) % 11 == (10 if digits[-1] == "X" else int(digits[-1]))


def ror(text: str) -> str:
    """The ROR identifier in `text` as https://ror.org/…; "" if there is none with right check digits (mod 97-10)."""
    found = _ROR.search(text) or re.fullmatch(r"\s*(0[a-hj-km-np-tv-z0-9]{6}\d{2})\s*", text, re.IGNORECASE)
    if found is None:
        return ""
    code = found[1].lower()
    number = 0
    for letter in code[1:7]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return f"https://ror.org/{code}" if 98 - (number * 100) % 97 == int(code[7:]) else ""


def handle(text: str) -> str:
    """The handle in an address or after "hdl:", as prefix/suffix; "" if there is none."""
    found = _HANDLE.search(text)
    return _trimmed(found[1]) if found else ""


def isbn(text: str) -> str:
    """An ISBN as 13 digits (ten-digit ones are converted); "" unless the check digit is right."""
    digits = re.sub(r"[\s–-]", "", text).upper().replace("Х", "X").removeprefix("ISBN").lstrip(":")
    if re.fullmatch(r"\d{9}[\dX]", digits):
        total = sum((10 - n) * (10 if digit == "X" else int(digit)) for n, digit in enumerate(digits))
        return _isbn13("978" + digits[:9]) if total % 11 == 0 else ""
    if re.fullmatch(r"97[89]\d{10}", digits):
        return digits if _isbn13(digits[:12]) == digits else ""
    return ""


def _isbn13(first_twelve: str) -> str:
    total = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(first_twelve))
    return f"{first_twelve}{(10 - total % 10) % 10}"


def issn(text: str) -> str:
    """An ISSN as 1234-5679; "" unless the check digit is right."""
    digits = re.sub(r"[\s–-]", "", text).upper().replace("Х", "X").removeprefix("ISSN").lstrip(":")
    if not re.fullmatch(r"\d{7}[\dX]", digits):
        return ""
    total = sum((8 - n) * (10 if digit == "X" else int(digit)) for n, digit in enumerate(digits))
    return f"{digits[:4]}-{digits[4:]}" if total % 11 == 0 else ""


def register_number(text: str) -> str:
    """The register number (ИРН) in `text`, in Latin capitals: "АР05131234" typed in Cyrillic is AP05131234."""
    found = _REGISTER.search(text)
    return found[1].upper().translate(_TO_LATIN) + found[2] if found else ""


def registration_number(text: str) -> str:
    """The number of state registration in `text`, its letters in Cyrillic capitals: 0118РК00123; "" if none."""
    found = _STATE.search(text)
    if found is None:
        return ""
    letters = found[2].upper().translate(_TO_CYRILLIC).translate(str.maketrans("ҚIDU", "КИДУ"))
    return found[1] + letters.replace("І", "И") + found[3]


def contract_form(number: str) -> str:
    """A contract number in one form: without "№" before it, without spaces, its dashes plain."""
    bare = _NUMBER_SIGN.sub("", number.strip())
    return re.sub(r"\s*([-/.])\s*", r"\1", re.sub(r"[\u2010-\u2015\u2212]", "-", bare)).strip()


def folded_number(number: str) -> str:
    """What two spellings of one number have in common: its letters in Latin capitals, its digits, and nothing else."""
    return "".join(letter for letter in number.upper().translate(_TO_LATIN) if letter.isalnum())


def in_both_scripts(number: str) -> tuple[str, ...]:
    """A number with its letters in Latin and in Cyrillic capitals: the same to whoever reads it on paper."""
    return tuple(dict.fromkeys((number.upper().translate(_TO_LATIN), number.upper().translate(_TO_CYRILLIC))))


def contract_number(text: str) -> str:
    """The number that follows "договор … №" (or its like in Kazakh and English) in `text`; "" if there is none."""
    found = _CONTRACT.search(text)
    return found[1] if found and any(letter.isdigit() for letter in found[1]) else ""


_FIRST_WEIGHTS = range(1, 12)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def is_bin(digits: str) -> bool:
    """Whether 12 digits are a БИН or ИИН with a right check digit (weights mod 11, twice) and a possible month."""
    if not (len(digits) == 12 and digits.isascii() and digits.isdigit()):
        return False
    check = sum(int(d) * w for d, w in zip(digits, _FIRST_WEIGHTS, strict=False)) % 11
    if check == 10:
        check = sum(int(d) * w for d, w in zip(digits, _SECOND_WEIGHTS, strict=False)) % 11
    return check == int(digits[11]) and 1 <= int(digits[2:4]) <= 12


def is_personal_number(digits: str) -> bool:
    """Whether the number is a person's (ИИН) and not a body's (БИН).

    The fifth digit tells: a day of birth begins with 0..3, a body's kind is 4, 5 or 6. The seventh digit of a person's
    number is century and sex, 1..6.
    """
    return is_bin(digits) and digits[4] in "0123" and 1 <= int(digits[4:6]) <= 31 and digits[6] in "123456"


def bin_number(text: str) -> str:
    """The first valid БИН (of a body, never a person's ИИН) in `text`; "" if there is none.

    The fifth digit of a body's number is 4, 5 or 6; in a person's it begins the day of birth.
    """
    return next((one for one in _BIN.findall(text) if is_bin(one) and one[4] in "456"), "")


def dois_in(text: str) -> Iterator[Identifier]:
    """Every DOI in `text`."""
    return (Identifier("doi", doi(found[0])) for found in _DOI.finditer(text) if doi(found[0]))


def ror_address(text: str) -> str:
    """The ROR identifier that `text` gives as an address or after "ror:"; "" if there is none."""
    return ror(text) if _ROR.search(text) else ""


def may_hold_numbers(text: str) -> bool:
    """Whether a look for numbers of studies and contracts in `text` is worth its while: a quick and generous guess."""
    return bool(_FIVE_DIGITS.search(text)) or any(word in text.lower() for word in _CONTRACT_WORDS)


def register_numbers_in(text: str, sure: Callable[[str, int, str], bool]) -> Iterator[str]:
    """What looks like a register number in `text`, as it stands there; `sure(text, where, what)` says if it is one."""
    if not _EIGHT_DIGITS.search(text):
        return iter(())
    return (found[0] for found in _REGISTER.finditer(text) if sure(text, found.start(), found[0]))


def registrations_in(text: str) -> Iterator[str]:
    """Every number of state registration in `text`, as it stands there."""
    if not _FIVE_DIGITS.search(text):
        return iter(())
    return (found[0] for found in _STATE.finditer(text))


def contract_numbers_in(text: str) -> Iterator[str]:
    """The number after each "договор … №" and its like in `text`."""
    lowered = text.lower()
    if not any(word in lowered for word in _CONTRACT_WORDS):
        return iter(())
    return (found[1] for found in _CONTRACT.finditer(text) if any(letter.isdigit() for letter in found[1]))


def identifiers_in(text: str) -> tuple[Identifier, ...]:
    """Every identifier that can be told for certain in `text`, each once, in the order of the kinds above."""
    text = text[:MAX_TEXT]
    return tuple(dict.fromkeys(Identifier(scheme, value) for scheme, value in _found(text) if value))


_IN_TEXT: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("doi", _DOI, doi),
    ("handle", _HANDLE, handle),
    ("isbn", _ISBN, isbn),
    ("issn", _ISSN, issn),
    ("register_number", _REGISTER, register_number),
    ("registration_number", _STATE, registration_number),
    ("contract_number", _CONTRACT, contract_number),
)


def _found(text: str) -> Iterator[tuple[str, str]]:
    if not any(letter.isdigit() for letter in text):
        return
    for scheme, pattern, read in _IN_TEXT:
        for found in pattern.finditer(text):
            whole = found[0] if scheme not in ("isbn", "issn") else "".join(found.groups())
            yield scheme, read(whole)
    for found in _URN.finditer(text):
        if not found[0].lower().startswith("urn:doi:"):
            yield "urn", _trimmed(found[0])


def identifier(text: str) -> Identifier:
    """The identifier that a field of its own holds: of a known kind, else a uri, else other."""
    found = identifiers_in(text)
    if found:
        return found[0]
    bare = text.strip()
    for scheme, read in (("isbn", isbn), ("issn", issn)):
        if value := read(bare):
            return Identifier(scheme, value)
    return Identifier("uri" if re.match(r"[a-z][a-z0-9+.-]*://", bare, re.IGNORECASE) else "other", bare)
