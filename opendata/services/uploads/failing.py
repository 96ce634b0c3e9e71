"""The sheet of the failing rows in the file store, where whoever sent the upload fetches it.

It is named in the store before its bytes are there: whoever kills the job in between leaves nothing that nobody names.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from opendata.services.catalogue import Catalogue
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.forgetting import drop
from opendata.services.uploads.returning import write_failed
from opendata.services.uploads.tasks import Stopped, Task
from opendata.store.operations import Upload
from opendata.store.states import UploadStatus

MOST_BYTES = 1024**3


def keep_failed(catalogue: Catalogue, task: Task, at: tuple[UploadStatus, ...], checked: Checked) -> None:
    """Put the sheet of the failing rows in the place of an earlier one; none where no row fails.

    Stopped where the upload is in none of the statuses `at` any more.
    """
    if not checked.strays and all(one.is_good for one in checked.records):
        with catalogue.sessions.write.begin() as session:
            name_failed(catalogue, session, task, at, "")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "failed.xlsx"
        write_failed(checked, path, task.language)
        with path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        with catalogue.sessions.write.begin() as session:
            name_failed(catalogue, session, task, at, checksum)
        catalogue.files.put_path(path, max_bytes=MOST_BYTES)


def name_failed(
    catalogue: Catalogue, session: Session, task: Task, at: tuple[UploadStatus, ...], checksum: str
) -> None:
    """Note the checksum of the sheet ("": none) with the upload, and delete an earlier sheet. Stopped as above."""
    upload = session.get(Upload, task.upload_id, with_for_update=True)
    if upload is None or upload.status not in at:
        raise Stopped
    earlier, upload.failed_checksum = upload.failed_checksum, checksum
    session.flush()
    if earlier != checksum:
        drop(catalogue, session, earlier)
