"""Sends one file to S3: a small one in one request, a large one in parts, several at the same time.

Every piece goes out with its SHA-256, which is in the signature as well, so that also a server that does not know the
checksums of objects refuses what arrives otherwise. What the server says of the whole is compared at the end.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from opendata.errors import Unavailable
from opendata.files.storage import StoredFile

log = logging.getLogger(__name__)

PART = 8 * 1024**2
"""Bytes of a part, and the most that goes in one request (Amazon S3: a part has 5 MiB or more, but for the last)."""
MOST_PARTS = 10_000
"""Parts that Amazon S3 takes for one object; of larger files the parts are larger."""
AT_ONCE = 4
"""Parts on their way at the same time; one more is held in memory."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way to one place. Errors of boto3 pass as they are; then, as after any error, nothing is kept."""

    client: Any
    bucket: str
    key: str
    stored: StoredFile

    def is_there(self) -> bool:
        """Whether a file of that key and size is stored already."""
        try:
            return int(self.client.head_object(**self._where)["ContentLength"]) == self.stored.byte_size
        except ClientError as error:
            if is_missing(error):
                return False
            raise

    def send(self, source: BinaryIO) -> None:
        """Send all of `source`. Unavailable where the bytes are not those of `stored`, here or when they arrived."""
        if self.stored.byte_size <= PART:
            body = source.read(PART + 1)
            self._require(hashlib.sha256(body).hexdigest() == self.stored.checksum, "changed while it was sent")
            expected = _base64(bytes.fromhex(self.stored.checksum))
            self.client.put_object(**self._where, Body=body, ChecksumSHA256=expected)
        else:
            expected = self._send_parts(source)
        self._verify(expected)

    def _send_parts(self, source: BinaryIO) -> str:
        """The checksum of the checksums of the parts, as the server makes it."""
        upload = self.client.create_multipart_upload(**self._where, ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            digest = hashlib.sha256()
            parts = list(self._parts(source, upload, digest))
            self._require(digest.hexdigest() == self.stored.checksum, "changed while it was sent")
            self.client.complete_multipart_upload(**self._where, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            self._abort(upload)
            raise
        return _base64(hashlib.sha256(b"".join(base64.b64decode(part["ChecksumSHA256"]) for part in parts)).digest())

    def _parts(self, source: BinaryIO, upload: str, digest: Any) -> Iterator[dict[str, Any]]:
        size = max(PART, -(-self.stored.byte_size // MOST_PARTS))
        waiting: deque[Future[dict[str, Any]]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, body in enumerate(iter(lambda: source.read(size), b""), 1):
                digest.update(body)
                if len(waiting) == AT_ONCE:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(self._part, upload, number, body))
            while waiting:
                yield waiting.popleft().result()

    def _part(self, upload: str, number: int, body: bytes) -> dict[str, Any]:
        checksum = _base64(hashlib.sha256(body).digest())
        answer = self.client.upload_part(
            **self._where, UploadId=upload, PartNumber=number, Body=body, ChecksumSHA256=checksum
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _abort(self, upload: str) -> None:
        """Where the server is away the parts stay there, until they are old enough to be tidied away."""
        try:
            self.client.abort_multipart_upload(**self._where, UploadId=upload)
        except (BotoCoreError, ClientError, HTTPError) as error:
            log.warning("parts of an upload were left key=%s upload=%s reason=%s", self.key, upload, error)

    def _verify(self, expected: str) -> None:
        """What stands there has the size, and the checksum if the server says one."""
        head = self.client.head_object(**self._where, ChecksumMode="ENABLED")
        said = str(head.get("ChecksumSHA256", "")).partition("-")[0]
        if head.get("ChecksumType") == "FULL_OBJECT":
            expected = _base64(bytes.fromhex(self.stored.checksum))
        if head["ContentLength"] != self.stored.byte_size or said not in ("", expected):
            self.client.delete_object(**self._where)
            self._require(False, "arrived otherwise than it was sent")

    def _require(self, holds: bool, trouble: str) -> None:
        if not holds:
            raise Unavailable(f"files: bucket {self.bucket}: a file {trouble}, and was not stored", part="files")

    @property
    def _where(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.key}


def is_missing(error: ClientError) -> bool:
    """Whether the object is missing. An answer to HEAD has no body, and so 404 is all that it says."""
    return error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
