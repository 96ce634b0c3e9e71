"""Bulk uploads taken step by step, and what the store says of them afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select

from opendata.catalog.records import RecordState
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import jobs, steps
from opendata.store.datasets import Dataset
from opendata.store.operations import Upload, UploadRow
from tests.services.uploads.conftest import HEADINGS

GOOD = ("A-1", "Водные ресурсы Или", "Отчёт", "31.12.2023", "")
BAD = ("A-2", "Вторая", "Отчётт", "32.13.2023", "нет.pdf")
THIRD = ("A-3", "Третья", "Отчёт", "2024", "")


def many(number: int) -> list[tuple[str, ...]]:
    """A table with that many good rows."""
    return [HEADINGS, *((f"N-{each}", f"Отчёт номер {each}", "Отчёт", "2024", "") for each in range(number))]


def head(catalogue: Catalogue, upload_id: UUID) -> Upload:
    with catalogue.sessions.read() as session:
        return session.get_one(Upload, upload_id)


def results(upload: Upload) -> dict[str, int]:
    """What became of the rows. Warnings are left out: made-up rows are much alike, and are told so."""
    return {name: number for name, number in upload.counts.items() if name != "warnings"}


def rows(catalogue: Catalogue, upload_id: UUID) -> Sequence[UploadRow]:
    with catalogue.sessions.read() as session:
        wanted = select(UploadRow).where(UploadRow.upload_id == upload_id).order_by(UploadRow.position)
        return session.scalars(wanted).all()


def published(catalogue: Catalogue) -> int:
    """How many records the public sees."""
    with catalogue.sessions.read() as session:
        wanted = select(func.count()).select_from(Dataset).where(Dataset.state == RecordState.PUBLISHED)
        return session.scalar(wanted) or 0


def confirm(catalogue: Catalogue, upload_id: UUID, only: Collection[int] | None = None) -> None:
    """Publish, without waiting for a worker."""
    steps.publish(catalogue, SYSTEM, upload_id, only=only)
    jobs.publish(catalogue, upload_id)
