"""The words for what the desk shows: states of jobs, results, roles, kinds of work. `labels.label` finds them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

DESK_LABELS: Mapping[str, Mapping[str, LazyString]] = {
    "job_status": {
        "new": _l("New"),
        "in_progress": _l("Running"),
        "waiting": _l("Waiting for a decision"),
        "complete": _l("Complete"),
        "incomplete": _l("Incomplete"),
        "cancelled": _l("Cancelled"),
        "error": _l("Failed"),
    },
    "item_result": {
        "created": _l("created"),
        "updated": _l("updated"),
        "unchanged": _l("unchanged"),
        "withdrawn": _l("withdrawn"),
        "restored": _l("restored"),
        "rejected": _l("rejected"),
        "postponed": _l("postponed"),
    },
    "severity": {"error": _l("Error"), "warning": _l("Warning")},
    "role": {"member": _l("Member"), "editor": _l("Editor"), "admin": _l("Administrator")},
    "frequency": {
        "": _l("By hand only"),
        "manual": _l("By hand only"),
        "hourly": _l("Every hour"),
        "daily": _l("Every day"),
        "weekly": _l("Every week"),
        "monthly": _l("Every month"),
    },
    "work": {
        "index": _l("Writing the index"),
        "harvest": _l("Harvesting sources"),
        "fetch": _l("Fetching linked files"),
        "read": _l("Reading the text of files"),
        "ocr": _l("Recognising scanned pages"),
    },
    "report_state": {
        "all": _l("All"),
        "new": _l("Waiting for an answer"),
        "answered": _l("Answered"),
        "dismissed": _l("Dismissed"),
    },
    "truth": {"true": _l("yes"), "false": _l("no")},
    "done": {
        "added": _l("The source was added. Nothing was harvested yet."),
        "removed": _l("The source was removed. Its records stay in the catalogue."),
        "queued": _l("The harvest is queued and begins in a moment."),
        "waiting": _l("A harvest of this source waits already."),
        "revoked": _l("The token was revoked and no longer opens anything."),
        "password": _l("Your password was changed. You were signed out everywhere else."),
        "answered": _l("The report was answered."),
        "dismissed": _l("The report was dismissed."),
    },
}
