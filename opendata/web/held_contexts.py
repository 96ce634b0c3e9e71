"""What the pages of held files may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.errors import Problem
from opendata.services.content_decisions import HeldFile
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
