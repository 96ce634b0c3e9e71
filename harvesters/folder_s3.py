"""The objects of an S3 bucket prefix as files: listed page by page, opened when they are needed.

Requests go through the harvest's own client, signed in their address (AWS Signature Version 4 as query parameters, by
botocore). boto3 would open its own connections, past the guard against addresses inside the house, past pace, size cap
and the stop of a run; a check of the endpoint beforehand could be undone by the next answer of its DNS, or a redirect.

A signed address is as good as a key for an hour, so none may appear in a message: errors name the plain one.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote, unquote_plus, urlencode, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from lxml import etree

from harvesters.links import is_address
from opendata.errors import SourceError, TooLarge
from opendata.harvesting.client import FetchError
from opendata.harvesting.contract import Client
from opendata.harvesting.paging import LOOP, Loop
from opendata.harvesting.xml import MalformedXml, children, local_name, parse, text_of
from opendata.reading.archive import MAX_ENTRY_BYTES, Entry
from opendata.reading.filenames import is_skipped, shown

PER_PAGE = 1000
"""Keys in one answer; no server gives more."""
_SECONDS = 3600
"""How long a signed address is good: retries and the waits that a server asks for are within it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]\Z", re.IGNORECASE)
_REGION = re.compile(r"[a-z0-9-]{1,40}\Z", re.IGNORECASE)
_ARCHIVED = frozenset(("GLACIER", "DEEP_ARCHIVE"))


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket and what keys must begin with ("" or ending in /), at an endpoint without a closing /."""

    endpoint: str
    region: str
    bucket: str
    prefix: str

    @classmethod
    def of(cls, url: str, options: Mapping[str, str]) -> Address:
        """From s3://bucket/prefix and the options. SourceError for what is none."""
        try:
            parts = urlsplit(url.strip())
        except ValueError as error:
            raise SourceError(f"{url!r} is not an address: {error}") from error
        region = options.get("region", "") or "us-east-1"
        if not _REGION.match(region):
            raise SourceError(f"{region!r} is not the name of a region")
        endpoint = (options.get("endpoint", "") or f"https://s3.{region}.amazonaws.com").rstrip("/")
        if not is_address(endpoint) or "@" in urlsplit(endpoint).netloc or urlsplit(endpoint).query:
            raise SourceError("the option endpoint is not an http address without user, password and query")
        if not _NAME.match(parts.netloc):
            raise SourceError("the address names no bucket: it is s3://bucket/prefix, and access keys are credentials")
        prefix = unquote(parts.path).strip("/")
        return cls(endpoint, region, parts.netloc, f"{prefix}/" if prefix else "")


class Bucket:
    """The objects below a prefix. `marks` holds, after the listing, the ETag of each by its path."""

    def __init__(self, client: Client, address: Address, credentials: Mapping[str, str]) -> None:
        """Without `access_key_id` and `secret_access_key` in the credentials the bucket must be public."""
        self._client = client
        self._address = address
        key, secret = credentials.get("access_key_id", ""), credentials.get("secret_access_key", "")
        token = credentials.get("session_token") or None
        self._auth = (
            S3SigV4QueryAuth(Credentials(key, secret, token), "s3", address.region, expires=_SECONDS) if key else None
        )
        self.marks: dict[str, str] = {}

    def entries(self, *, recursive: bool) -> Iterator[Entry]:
        """Every object below the prefix, by key; a refused one says why. SourceError for a listing that breaks off."""
        token = ""
        loop = Loop()
        while True:
            root = self._page(token, recursive=recursive)
            encoded = text_of(next(iter(children(root, "EncodingType")), None)) == "url"
            for element in children(root, "Contents"):
                said = {local_name(child): text_of(child) for child in element}
                key = unquote_plus(said.get("Key", "")) if encoded else said.get("Key", "")
                if entry := self._entry(key, said):
                    yield entry
            if text_of(next(iter(children(root, "IsTruncated")), None)) != "true":
                return
            token = text_of(next(iter(children(root, "NextContinuationToken")), None))
            if not token or loop.seen(token):
                raise SourceError(LOOP.format(what="a token") if token else "the listing breaks off without a token")

    def _page(self, token: str, *, recursive: bool) -> etree._Element:
        query = {"encoding-type": "url", "list-type": "2", "max-keys": str(PER_PAGE), "prefix": self._address.prefix}
        if token:
            query["continuation-token"] = token
        if not recursive:
            query["delimiter"] = "/"
        plain = f"{self._address.endpoint}/{self._address.bucket}"
        try:
            answer = self._client.get(self._signed(plain, query), accept="application/xml")
        except FetchError as error:
            raise self._unreadable(plain, error) from None
        try:
            root = parse(answer.content)
        except MalformedXml as error:
            raise SourceError(f"{plain} gave no listing that can be read: {error}") from error
        if local_name(root) != "ListBucketResult":
            raise SourceError(f"{plain} answered <{local_name(root)}>, not a listing. Is this an S3 endpoint?")
        return root

    def _entry(self, key: str, said: Mapping[str, str]) -> Entry | None:
        path = shown(key.removeprefix(self._address.prefix)).lstrip("/")
        if not path or key.endswith("/") or not key.startswith(self._address.prefix) or is_skipped(path):
            return None
        size = int(said["Size"]) if said.get("Size", "").isdecimal() and len(said["Size"]) < 19 else 0
        if said.get("StorageClass") in _ARCHIVED:
            return Entry(path, size, refused="it is archived: its store must bring it back first")
        if size > MAX_ENTRY_BYTES:
            return Entry(path, size, refused=f"it has {size} bytes; the cap is {MAX_ENTRY_BYTES}")
        self.marks[path] = said.get("ETag", "").strip('"') or said.get("LastModified", "")
        return Entry(path, size, lambda: self._open(key, size))

    def _open(self, key: str, size: int) -> BinaryIO:
        """The object's bytes, from a file that is gone when it is closed."""
        plain = f"{self._address.endpoint}/{self._address.bucket}/{quote(key, safe='/~')}"
        handle, name = tempfile.mkstemp(prefix="opendata-object-")
        os.close(handle)
        target = Path(name)
        try:
            self._client.download(self._signed(plain, {}), target, max_bytes=max(size, 1))
            return target.open("rb")
        except FetchError as error:
            raise self._unreadable(plain, error) from None
        except TooLarge:
            raise SourceError(f"{plain} has become larger than the {size} bytes that were listed") from None
        finally:
            target.unlink(missing_ok=True)

    def _signed(self, plain: str, query: Mapping[str, str]) -> str:
        """`plain` with its query, and with a signature where there are keys."""
        sorted_query = urlencode(sorted(query.items()), quote_via=quote, safe="~")
        url = f"{plain}?{sorted_query}" if query else plain
        if self._auth is None:
            return url
        request = AWSRequest(method="GET", url=url)
        self._auth.add_auth(request)
        return str(request.url)

    def _unreadable(self, plain: str, error: FetchError) -> FetchError:
        hints = {
            403: "access is denied: check the keys of the source and what they may do",
            404: "there is no such bucket or object",
        }
        return FetchError(plain, error.status, hints.get(error.status, error.reason))
