"""What the pages of held files may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from opendata.errors import Problem
from opendata.services.content_decisions import HeldFile, Mark
from opendata.services.uploads.answering import UploadedFile
from opendata.web.contexts import Pagination


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent and cannot be taken: for which file (its id or checksum), the words given, what is wrong."""

    about: str = ""
    decision: str = ""
    reason: str = ""
    legal_ground: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldContext:
    """desk/held.html: files with the words of where each mark is."""

    files: tuple[tuple[HeldFile, tuple[tuple[str, str], ...]], ...]
    """(file, ((where, the line of the mark), …))"""
    total: int
    pagination: Pagination
    done: str = ""
    asked: Asked = Asked()


@dataclass(frozen=True, slots=True)
class HeldUploadContext:
    """desk/held_upload.html: the files of an upload that keep its rows back."""

    upload_url: str
    decide_url: str
    files: tuple[tuple[UploadedFile, tuple[tuple[str, str], ...]], ...]
    may_decide: bool
    asked: Asked = Asked()


def places(marks: Sequence[Mark]) -> tuple[tuple[str, str], ...]:
    """Where each mark is, in words, and its line."""
    return tuple((_where(mark.place), mark.excerpt) for mark in marks)


def _where(place: str) -> str:
    number = place.removeprefix("page ")
    return _("page %(page)s", page=number) if number != place else place
