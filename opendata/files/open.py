"""The file store that the settings name."""

from __future__ import annotations

from opendata.config import Config
from opendata.files.local import LocalStore
from opendata.files.storage import FileStore


def open_store(config: Config) -> FileStore:
    """The store of `[files]`. A local folder is made when missing; a bucket must exist."""
    files = config.files
    if files.backend == "local":
        return LocalStore(config.below_home(files.folder))
    from opendata.files.s3 import S3Store  # boto3 takes half a second and 30 MB, which only a site with S3 should pay

    return S3Store(
        bucket=files.s3_bucket, prefix=files.s3_prefix, endpoint_url=files.s3_endpoint_url, region=files.s3_region
    )
