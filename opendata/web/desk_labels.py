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
    "upload_status": {
        "received": _l("Waiting for the check"),
        "checking": _l("Being checked"),
        "checked": _l("Checked, not published"),
        "publishing": _l("Being published"),
        "published": _l("Published in the catalogue"),
        "undone": _l("Taken back"),
        "cancelled": _l("Cancelled"),
        "failed": _l("Not taken"),
    },
    "upload_step": {
        "received": _l("The check begins in a moment."),
        "checking": _l("Checking the table."),
        "publishing": _l("Publishing."),
    },
    "upload_rows": {
        "": _l("All rows"),
        "new": _l("New rows"),
        "changed": _l("Changed"),
        "unchanged": _l("Unchanged"),
        "problems": _l("With problems"),
        "warnings": _l("With warnings"),
        "left": _l("Not chosen"),
    },
    "upload_will": {
        "created": _l("new"),
        "updated": _l("will change"),
        "restored": _l("comes back"),
        "unchanged": _l("unchanged"),
        "rejected": _l("has problems"),
    },
    "upload_did": {
        "created": _l("published"),
        "updated": _l("changed"),
        "restored": _l("restored"),
        "unchanged": _l("unchanged"),
        "rejected": _l("left out"),
        "postponed": _l("not published"),
    },
    "upload_undone": {
        "created": _l("withdrawn"),
        "updated": _l("as before"),
        "restored": _l("withdrawn"),
        "unchanged": _l("unchanged"),
        "rejected": _l("left out"),
        "postponed": _l("not published"),
    },
    "upload_conflict": {
        "none": _l("No row is chosen. Tick at least one good row."),
        "received": _l("The file is waiting for its check. Wait until that is done."),
        "checking": _l("The file is being checked just now. Wait until that is done."),
        "checked": _l("Nothing of this upload was published yet."),
        "publishing": _l("The upload is being published just now. Wait until that is done."),
        "published": _l("The upload was published meanwhile."),
        "undone": _l("The upload was taken back already."),
        "cancelled": _l("The upload was cancelled. Upload the table again."),
        "failed": _l("The file could not be taken. Mend it and upload it again."),
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
        "chosen": _l("Your choice was saved."),
        "answered": _l("The report was answered."),
        "dismissed": _l("The report was dismissed."),
        "file_opened": _l("The file is open now. It can be found in a moment."),
        "file_withheld": _l("The file stays withheld. Its page gives the legal ground."),
    },
}
