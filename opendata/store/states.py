"""The statuses of jobs, items, uploads and accounts, as they stand in the database, in answers and on pages."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """The life of a job. `waiting`: a person must decide; `incomplete`: items were rejected or the listing cut."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    ERROR = "error"


class ItemResult(StrEnum):
    """What became of one harvested or uploaded item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    REJECTED = "rejected"
    POSTPONED = "postponed"


class UploadStatus(StrEnum):
    """The life of a bulk upload."""

    RECEIVED = "received"
    CHECKING = "checking"
    CHECKED = "checked"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ProposalStatus(StrEnum):
    """What became of the proposal that two records are one. `split`: they were joined, and are two again."""

    OPEN = "open"
    JOINED = "joined"
    REJECTED = "rejected"
    SPLIT = "split"


class Role(StrEnum):
    """What a member of an organisation may do there, from least to most. A reviewer also accepts what is in review."""

    MEMBER = "member"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class UserState(StrEnum):
    """Whether an account can be used. `pending`: invited, and not signed in yet."""

    ACTIVE = "active"
    PENDING = "pending"
    BLOCKED = "blocked"


class Severity(StrEnum):
    """`error`: the item was not taken; `warning`: it was, and this should be looked at."""

    ERROR = "error"
    WARNING = "warning"


class CountKind(StrEnum):
    """What is counted by day."""

    VIEW = "view"
    DOWNLOAD = "download"
    SEARCH = "search"


class ReportState(StrEnum):
    """What became of a problem that a reader reported."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


class LinkKind(StrEnum):
    """What a link that was sent by mail is for."""

    INVITATION = "invitation"
    RESET = "reset"
    EMAIL = "email"


class ReviewAction(StrEnum):
    """What was done with a record in review, or said about it."""

    SUBMITTED = "submitted"
    PROPOSED = "proposed"
    COMMENT = "comment"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    TAKEN_BACK = "taken_back"
