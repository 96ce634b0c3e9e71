"""Files in a bucket of Amazon S3 or of any server that speaks its protocol with signature version 4.

Credentials come from the environment or from boto3's own chain (profile, instance role), never from the settings.
"""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from opendata.errors import ConfigError, NotFound, Unavailable
from opendata.files.kept import KeptCopies
from opendata.files.keys import Nowhere, is_key, place, receive, unknown
from opendata.files.s3_reading import Windows
from opendata.files.s3_sending import PART, Sending, is_missing
from opendata.files.storage import Leftover, StoredFile

_ATTEMPTS = 3
_CONNECTIONS = 32
"""Kept open by one process; readers and parts of uploads share them."""


@dataclass(frozen=True, slots=True)
class Links:
    """That addresses are given out, for how many seconds, and the server as browsers reach it ("": as we do)."""

    seconds: int
    endpoint_url: str = ""


class S3Store:
    """A FileStore in a bucket that exists already, with keys `<prefix>/ab/cd/<sha256>`. Making it sends no request."""

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str = "",
        endpoint_url: str = "",
        region: str = "us-east-1",
        scratch: Path | None = None,
        links: Links | None = None,
    ) -> None:
        """`scratch`: the folder for files on their way, with room for the largest; the system's own where None."""
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._scratch = scratch
        self._kept = KeptCopies(scratch / "kept") if scratch else None
        self._client = _client(endpoint_url, region)
        self._link_seconds = links.seconds if links else 0
        self._link_client = _client(links.endpoint_url, region) if links and links.endpoint_url else self._client

    def put(self, stream: BinaryIO, *, max_bytes: int) -> StoredFile:
        """Store all of `stream`. TooLarge if it has more than `max_bytes`; then, as after any error, nothing is kept.

        The bytes are taken down first, beyond 8 MB to a temporary file: the key is known only after the last of them.
        """
        with closing(_Spool(self._scratch)) as spool:
            stored = receive(stream, spool, max_bytes=max_bytes)
            self._send(spool.from_start(), stored)
        return stored

    def put_path(self, path: Path, *, max_bytes: int) -> StoredFile:
        """Store the file at `path`, as `put`, without a temporary file."""
        with path.open("rb") as stream:
            stored = receive(stream, Nowhere(), max_bytes=max_bytes)
            stream.seek(0)
            self._send(stream, stored)
        return stored

    def open(self, checksum: str) -> BinaryIO:
        """A seekable reader, which fetches windows that grow while it is read in order. NotFound for an unknown key."""
        return self._reader(checksum, self.size(checksum))

    @contextmanager
    def local_path(self, checksum: str, *, keep: bool = False) -> Iterator[Path]:
        """A copy that lives while the context is open. NotFound for an unknown key, Unavailable for a damaged file.

        With `keep` one that was fetched before serves again, as long as the store has the file.
        """
        try:
            size = self.size(checksum)
        except NotFound:
            self._forget(checksum)
            raise
        fetch = partial(self._copy, checksum, size)
        with ExitStack() as stack:
            with _on_disk(self._scratch):
                if keep and self._kept:
                    path = stack.enter_context(self._kept.path(checksum, size, fetch))
                else:
                    folder = tempfile.TemporaryDirectory(prefix="opendata-", dir=_made(self._scratch))
                    path = Path(stack.enter_context(folder)) / checksum
                    fetch(path)
            yield path

    def _copy(self, checksum: str, size: int, path: Path) -> None:
        with self._reader(checksum, size) as reader, path.open("wb") as copy:
            came = receive(reader, copy, max_bytes=size)
        if came.checksum != checksum:
            raise Unavailable(f"files: bucket {self._bucket}: {checksum} is damaged: restore it", part="files")

    def _forget(self, checksum: str) -> None:
        if self._kept and is_key(checksum):
            self._kept.drop(checksum)

    def size(self, checksum: str) -> int:
        """Size in bytes. NotFound for an unknown key."""
        with self._answering(checksum):
            head = self._client.head_object(Bucket=self._bucket, Key=self._key(checksum))
        return int(head["ContentLength"])

    def exists(self, checksum: str) -> bool:
        """Whether the key is stored."""
        try:
            return is_key(checksum) and self.size(checksum) >= 0
        except NotFound:
            return False

    def delete(self, checksum: str) -> None:
        """Remove it; nothing happens for an unknown key."""
        if is_key(checksum):
            self._forget(checksum)
            with self._answering():
                self._client.delete_object(Bucket=self._bucket, Key=self._key(checksum))

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        return (one.checksum for one in self.stored())

    def stored(self) -> Iterator[StoredFile]:
        """Every key with its size in bytes, in no order."""
        for item in self._listed(self._prefix):
            name = item["Key"].rpartition("/")[2]
            if is_key(name) and item["Key"] == self._key(name):
                yield StoredFile(name, int(item["Size"]))

    def link(self, checksum: str, *, disposition: str, media_type: str) -> str:
        """An address that gives the file to anybody for a short while, "" where the settings do not allow it."""
        if not self._link_seconds:
            return ""
        asked = {"Bucket": self._bucket, "Key": self._key(checksum), "ResponseCacheControl": "no-cache"}
        asked |= {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
        with self._answering():
            return str(
                self._link_client.generate_presigned_url("get_object", Params=asked, ExpiresIn=self._link_seconds)
            )

    def leftovers(self) -> Iterator[Leftover]:
        """Uploads in parts that were begun and not ended, and what a broken-off check left; in no order."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with self._answering():
            for page in pages:
                for one in page.get("Uploads", ()):
                    yield Leftover(one["Key"], one["Initiated"].astimezone(dt.UTC), one["UploadId"])
        for item in self._listed(f"{self._prefix}incoming/"):
            yield Leftover(item["Key"], item["LastModified"].astimezone(dt.UTC))

    def discard(self, leftover: Leftover) -> None:
        """Remove a leftover; nothing happens for one that is gone."""
        where = {"Bucket": self._bucket, "Key": leftover.name}
        with self._answering():
            try:
                if leftover.token:
                    self._client.abort_multipart_upload(**where, UploadId=leftover.token)
                else:
                    self._client.delete_object(**where)
            except self._client.exceptions.NoSuchUpload:
                return

    def check(self) -> None:
        """Raise Unavailable when the store cannot be read and written now."""
        where = {"Bucket": self._bucket, "Key": f"{self._prefix}incoming/{uuid.uuid4()}"}
        with self._answering():
            self._client.put_object(**where, Body=b"check")
            written = self._client.get_object(**where)["Body"].read()
            self._client.delete_object(**where)
        if written != b"check":
            raise Unavailable(f"files: bucket {self._bucket} does not give back what is written to it", part="files")

    def _key(self, checksum: str) -> str:
        return self._prefix + place(checksum)

    def _reader(self, checksum: str, size: int) -> BinaryIO:
        reader = Windows(lambda start, end: self._fetch(checksum, start, end), size)
        return cast("BinaryIO", io.BufferedReader(reader))

    def _listed(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with self._answering():
            for page in pages:
                yield from page.get("Contents", ())

    def _send(self, source: BinaryIO, stored: StoredFile) -> None:
        """Send it unless it stands there in that size."""
        sending = Sending(self._client, self._bucket, self._key(stored.checksum), stored)
        with self._answering():
            if not sending.is_there():
                sending.send(source)

    def _fetch(self, checksum: str, start: int, end: int) -> bytes:
        """Bytes `start` up to `end`, which is not among them. A connection that breaks off is tried again."""
        with self._answering(checksum):
            for attempt in range(1, _ATTEMPTS + 1):
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._key(checksum), Range=f"bytes={start}-{end - 1}"
                )
                try:
                    with closing(answer["Body"]) as body:
                        data = bytes(body.read())
                except (HTTPError, BotoCoreError):
                    if attempt == _ATTEMPTS:
                        raise
                else:
                    break
        if len(data) != end - start:
            raise Unavailable(f"files: bucket {self._bucket} gave {len(data)} of {end - start} bytes", part="files")
        return data

    @contextmanager
    def _answering(self, checksum: str = "") -> Iterator[None]:
        """A missing object is NotFound where `checksum` says what was asked for; all other trouble is Unavailable."""
        try:
            yield
        except ClientError as error:
            if checksum and is_missing(error):
                self._require_bucket()
                raise unknown(checksum) from None
            raise self._unavailable(error) from error
        except (BotoCoreError, Boto3Error, HTTPError) as error:
            raise self._unavailable(error) from error

    def _require_bucket(self) -> None:
        """An answer to HEAD has no body: whether the object is missing or all of the bucket must be asked for."""
        with self._answering():
            self._client.head_bucket(Bucket=self._bucket)

    def _unavailable(self, error: object) -> Unavailable:
        return Unavailable(f"files: bucket {self._bucket}: {error}; look at [files] s3_… and credentials", part="files")


class _Spool:
    """What was received: in memory, beyond one part in a temporary file. A full disk is Unavailable."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file = tempfile.SpooledTemporaryFile(max_size=PART, dir=str(_made(folder)) if folder else None)  # noqa: SIM115 -- closed below

    def write(self, data: bytes) -> None:
        with _on_disk(self._folder):
            self._file.write(data)

    def from_start(self) -> BinaryIO:
        """All of it, to be read."""
        with _on_disk(self._folder):
            self._file.seek(0)
        return cast("BinaryIO", self._file)

    def close(self) -> None:
        with suppress(OSError):  # the close of a file on a full disk fails again
            self._file.close()


def _made(folder: Path | None) -> Path | None:
    with _on_disk(folder):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _on_disk(folder: Path | None) -> Iterator[None]:
    """Trouble with the disk of temporary files is Unavailable."""
    try:
        yield
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise Unavailable(
            f"files: no temporary copy can be made in {where}: {error.strerror or error}; look at the disk",
            part="files",
        ) from error


def _client(endpoint_url: str, region: str) -> Any:
    """ConfigError for an address that is none, or a profile that is not there."""
    try:
        return boto3.session.Session().client(
            "s3", endpoint_url=endpoint_url or None, region_name=region, config=_client_config(bool(endpoint_url))
        )
    except (ValueError, BotoCoreError) as error:
        raise ConfigError(f"[files] s3_endpoint_url or the credentials of S3: {error}") from error


def _client_config(own_server: bool) -> ClientConfig:
    """Other servers know buckets by path, and not all know the checksum trailers that boto3 sends by default."""
    return ClientConfig(
        signature_version="s3v4",
        max_pool_connections=_CONNECTIONS,
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        s3={"addressing_style": "path" if own_server else "auto", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
