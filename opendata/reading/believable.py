"""Which properties of a document may be believed: people leave what their office program or its template put there."""

from __future__ import annotations

import datetime as dt
import re

from opendata.reading import titlemarks as marks

FIRST_YEAR = 1985
"""Earlier dates are those of systems that count from 1601, 1899, 1904, 1970 or 1980 and were given nothing."""

# The dates of templates: PowerPoint 2007, Excel 2007 and 2016, Word by python-docx, PowerPoint by python-pptx.
_TEMPLATES = frozenset({"2006-08-16", "2006-09-16", "2015-06-05", "2013-12-23", "2013-01-27"})
_WORD = r"(?:[^\W\d_]['’])?[^\W\d_]{2,}(?:['’-][^\W\d_]{2,})*"
_NAME = re.compile(rf"{_WORD},?(?: (?:{_WORD}|[^\W\d_]\.(?:[^\W\d_]\.)?)){{1,3}}")
_NOBODY = re.compile(
    r"\b(?:user|admin|administrator|windows|microsoft|office|owner|author|unknown|guest|customer|home|computer|pc|test"
    r"|preferred|valued)\b|пользовател|администратор|владелец|компьютер|проректор|\bдиректор|қолданушы|әкімші|\bотдел",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"\b(?:universit|institut|ministr|department|agency|committee|laborator|cent(?:er|re)\b|bureau|council|llp|ltd|inc\b)",
    re.IGNORECASE,
)


def person(author: str) -> str:
    """`author` where it is the name of a person (two to four names, some of them initials), else ""."""
    fits = _NAME.fullmatch(author) and all(word[0].isupper() for word in author.split())
    return author if fits and not _NOBODY.search(author) and not body(author) else ""


def body(author: str) -> str:
    """`author` where it names an institution, else ""."""
    named = _BODY.search(author) or marks.BODY.search(author)
    return author if named and len(author.split()) >= 2 and len(author) <= 200 else ""


def day(created: str, today: dt.date) -> str:
    """`created` where a document can have been made then: not before computers were, not in days to come, and not on
    the day of a template; else "".
    """
    if not created[:4].isdigit() or created[:10] in _TEMPLATES:
        return ""
    return created if int(created[:4]) >= FIRST_YEAR and created <= today.isoformat() else ""
