"""Pairs of datasets that may be one, for a person to decide."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base
from opendata.store.states import ProposalStatus
from opendata.store.types import BigId, UTCDateTime, choice


class MatchProposal(Base):
    """That `dataset_id` and `other_id` may be one dataset: how sure that is (`score`, 0 to 1) and why.

    A pair is kept once, the lower id first, also when decided, so that it is not proposed again. `moved` is what
    joining them moved, so that it can be undone.
    """

    __tablename__ = "match_proposals"
    __table_args__ = (
        Index("uq_match_proposals_pair", "dataset_id", "other_id", unique=True),
        Index("ix_match_proposals_status", "status", "id"),
        Index("ix_match_proposals_score", "status", "score", "id"),
        Index("ix_match_proposals_decided", "decided", "id"),
        CheckConstraint("dataset_id <> other_id", name="two_datasets"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    score: Mapped[float] = mapped_column(Float, default=0.0)
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    status: Mapped[ProposalStatus] = mapped_column(choice(ProposalStatus, "status"), default=ProposalStatus.OPEN)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    decided: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    moved: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
