"""Files in a bucket of Amazon S3 or of any server that speaks its protocol with signature version 4.

Credentials come from the environment or from boto3's own chain (profile, instance role), never from the settings.
"""

from __future__ import annotations

import io
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from opendata.errors import NotFound, Unavailable
from opendata.files.keys import is_key, place, receive, unknown
from opendata.files.storage import CHUNK, StoredFile

_IN_MEMORY = 8 * CHUNK
_FIRST_WINDOW, _LARGEST_WINDOW = CHUNK // 4, 8 * CHUNK
_ATTEMPTS = 3


class S3Store:
    """A FileStore in a bucket that exists already, with keys `<prefix>/ab/cd/<sha256>`. Making it sends no request."""

    def __init__(self, *, bucket: str, prefix: str = "", endpoint_url: str = "", region: str = "us-east-1") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.session.Session().client(
            "s3", endpoint_url=endpoint_url or None, region_name=region, config=_client_config(bool(endpoint_url))
        )

    def put(self, stream: BinaryIO, *, max_bytes: int) -> StoredFile:
        """Store all of `stream`. TooLarge if it has more than `max_bytes`; then, as after any error, nothing is kept.

        The bytes are taken down first, beyond 8 MB to a temporary file: the key is known only after the last of them.
        """
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            stored = receive(stream, spool, max_bytes=max_bytes)
            if self._stored_size(stored.checksum) != stored.byte_size:
                spool.seek(0)
                with self._answering():
                    self._client.upload_fileobj(spool, self._bucket, self._key(stored.checksum))
        return stored

    def put_path(self, path: Path, *, max_bytes: int) -> StoredFile:
        """Store the file at `path`, as `put`."""
        with path.open("rb") as stream:
            return self.put(stream, max_bytes=max_bytes)

    def open(self, checksum: str) -> BinaryIO:
        """A seekable reader, which fetches windows that grow while it is read in order. NotFound for an unknown key."""
        size = self.size(checksum)
        reader = _Windows(lambda start, end: self._fetch(checksum, start, end), size)
        return cast("BinaryIO", io.BufferedReader(reader))

    @contextmanager
    def local_path(self, checksum: str) -> Iterator[Path]:
        """A copy that lives while the context is open. NotFound for an unknown key."""
        with tempfile.TemporaryDirectory(prefix="opendata-") as folder:
            path = Path(folder) / checksum
            with self._answering(checksum):
                self._client.download_file(self._bucket, self._key(checksum), str(path))
            yield path

    def size(self, checksum: str) -> int:
        """Size in bytes. NotFound for an unknown key."""
        with self._answering(checksum):
            head = self._client.head_object(Bucket=self._bucket, Key=self._key(checksum))
        return int(head["ContentLength"])

    def exists(self, checksum: str) -> bool:
        """Whether the key is stored."""
        return is_key(checksum) and self._stored_size(checksum) is not None

    def delete(self, checksum: str) -> None:
        """Remove it; nothing happens for an unknown key."""
        if is_key(checksum):
            with self._answering():
                self._client.delete_object(Bucket=self._bucket, Key=self._key(checksum))

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with self._answering():
            for page in pages:
                for item in page.get("Contents", ()):
                    name = item["Key"].rpartition("/")[2]
                    if is_key(name) and item["Key"] == self._key(name):
                        yield name

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

    def _stored_size(self, checksum: str) -> int | None:
        try:
            return self.size(checksum)
        except NotFound:
            return None

    def _fetch(self, checksum: str, start: int, end: int) -> bytes:
        """Bytes `start` up to `end`, which is not among them. A connection that breaks off is tried again."""
        with self._answering(checksum):
            for attempt in range(1, _ATTEMPTS + 1):
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._key(checksum), Range=f"bytes={start}-{end - 1}"
                )
                try:
                    data = bytes(answer["Body"].read())
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
            if checksum and _is_missing(error):
                raise unknown(checksum) from None
            raise self._unavailable(error) from error
        except (BotoCoreError, Boto3Error, HTTPError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: object) -> Unavailable:
        return Unavailable(f"files: bucket {self._bucket}: {error}; look at [files] s3_… and credentials", part="files")


class _Windows(io.RawIOBase):
    """Reads an object by ranges. A window doubles while reading goes on in order, so that a jump to a few bytes costs
    little and a whole file few requests."""

    def __init__(self, fetch: Any, size: int) -> None:
        self._fetch, self._size = fetch, size
        self._position = self._start = 0
        self._held = b""
        self._window = _FIRST_WINDOW

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size:
            return 0
        held_until = self._start + len(self._held)
        if not self._start <= self._position < held_until:
            in_order = bool(self._held) and self._position == held_until
            self._window = min(self._window * 2, _LARGEST_WINDOW) if in_order else _FIRST_WINDOW
            self._held = self._fetch(self._position, min(self._position + self._window, self._size))
            self._start = self._position
        offset = self._position - self._start
        piece = self._held[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def _client_config(own_server: bool) -> ClientConfig:
    """Other servers know buckets by path, and not all know the checksum trailers that boto3 sends by default."""
    return ClientConfig(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        s3={"addressing_style": "path" if own_server else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _is_missing(error: ClientError) -> bool:
    """Whether the object is missing. An answer to HEAD has no body, and so 404 is all that it says."""
    return error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey")
