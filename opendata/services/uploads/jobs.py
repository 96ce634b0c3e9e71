"""The jobs of an upload, which the worker runs: its check and its publication.

Either may be killed anywhere and is run again. A file that cannot be taken ends its upload; when store or files are
away, the error goes on to the worker, which tries again later.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from opendata.errors import CatalogueError, Unavailable
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.inspecting import inspect
from opendata.services.uploads.publishing import publish_chosen
from opendata.services.uploads.tasks import Stopped, begin, fail
from opendata.store.base import answering
from opendata.store.states import UploadStatus

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check(catalogue: Catalogue, upload_id: UUID) -> None:
    """Check a received upload: its rows, problems and failing rows are written down, nothing is published."""
    with _ending(catalogue, upload_id, UploadStatus.CHECKING):
        task = begin(catalogue, upload_id, (UploadStatus.RECEIVED, UploadStatus.CHECKING))
        with catalogue.files.local_path(task.checksum) as path:
            inspect(catalogue, task, path)


def publish(catalogue: Catalogue, upload_id: UUID, user_id: UUID | None = None) -> None:
    """Publish the chosen rows of a checked upload in the name of `user_id`, else of the one who sent it."""
    with _ending(catalogue, upload_id, UploadStatus.PUBLISHING):
        task = begin(catalogue, upload_id, (UploadStatus.PUBLISHING,), user_id)
        with catalogue.files.local_path(task.checksum) as path:
            publish_chosen(catalogue, task, path)


@contextmanager
def _ending(catalogue: Catalogue, upload_id: UUID, at: UploadStatus) -> Iterator[None]:
    """What errors mean for the upload."""
    try:
        with answering():
            yield
    except Stopped:
        return
    except Unavailable:
        raise
    except CatalogueError as error:
        fail(catalogue, upload_id, at, error)
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(f"There is no room on the disk: {error}", part="files") from error
        raise
