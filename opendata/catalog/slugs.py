"""Names in addresses, transliterated from Kazakh and Russian by our own table.

The table follows what people expect to read and type: Kazakh letters go to the plain Latin letter nearest to them,
Russian ones the way the road signs and passports have made familiar, so that ш is sh and й is y.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opendata.catalog.values import Text

MAX_LENGTH = 80
FALLBACK = "record"

_LETTERS = (
    "ә:a ғ:g қ:q ң:n ө:o ұ:u ү:u һ:h і:i а:a б:b в:v г:g д:d е:e ё:yo ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p "
    "р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ы:y э:e ю:yu я:ya є:ye ї:i ґ:g ў:u ђ:dj љ:lj њ:nj ћ:c џ:dz "
    "ѓ:gj ќ:kj ө:o ү:u ҷ:j ҳ:h қ:q ӯ:u ӣ:i ғ:g ҹ:ch ə:a ß:ss æ:ae œ:oe ø:o đ:d ð:d þ:th ł:l ı:i ŋ:n ħ:h"
)
"""Letter and what it becomes; letters that are in no pair are taken apart by Unicode, or left out."""
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
_SILENT = dict.fromkeys("ъьʹʺ'’ʼ`´", "")
_TABLE = str.maketrans(dict(pair.split(":") for pair in _LETTERS.split()) | _DASHES | _SILENT)
_DECOMPOSABLE_TWIN = str.maketrans({"й": "y", "ё": "yo", "ї": "i", "ў": "u", "ѓ": "gj", "ќ": "kj", "ӣ": "i", "ӯ": "u"})
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\Z")


def slug(text: str | Text, max_length: int = MAX_LENGTH) -> str:
    """A name of a-z, 0-9 and single hyphens, at most `max_length` long (cut between words where that is possible).

    Never empty, and never what could be taken for something else in an address: a bare number gets the prefix of the
    fallback ("record-2019"), and so does a UUID, since /dataset/<uuid> means the id.
    """
    if isinstance(text, Text):
        text = next((one for one in map(text.inside, _order(text)) if one), text.other)
    return _slug(text[:1000], max_length)


def _order(text: Text) -> tuple[str, ...]:
    """The original first: that is how its own publisher would name it."""
    return (text.original, "ru", "kk", "en")


@lru_cache(maxsize=2048)
def _slug(text: str, max_length: int) -> str:
    lower = unicodedata.normalize("NFC", text).casefold()
    latin = lower.translate(_DECOMPOSABLE_TWIN).translate(_TABLE)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode("ascii")
    name = _cut(re.sub(r"[^a-z0-9]+", "-", plain).strip("-"), max_length)
    if not name or name.isdigit() or _UUID.match(name):
        name = _cut(f"{FALLBACK}-{name}".strip("-"), max_length)
    return name


def _cut(name: str, max_length: int) -> str:
    if len(name) <= max_length:
        return name
    whole_words = name[: max_length + 1].rpartition("-")[0]
    return (whole_words if len(whole_words) > max_length // 2 else name[:max_length]).strip("-")
