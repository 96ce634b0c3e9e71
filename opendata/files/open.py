"""The file store that the settings name."""

from __future__ import annotations

from opendata.config import Config
from opendata.errors import ConfigError
from opendata.files.local import LocalStore
from opendata.files.storage import FileStore


def open_store(config: Config, backend: str = "") -> FileStore:
    """The store of `[files]`: the one in use, or the one of this kind. A folder is made when missing; a bucket must
    exist. ConfigError where the settings do not say which.
    """
    files = config.files
    if (backend or files.backend) == "local":
        return LocalStore(config.below_home(files.folder))
    if not files.s3_bucket:
        raise ConfigError("[files] s3_bucket is empty: name the bucket of the S3 store.")
    from opendata.files.s3 import Links, S3Store  # boto3 takes half a second and 30 MB, for a site with S3 alone

    return S3Store(
        bucket=files.s3_bucket,
        prefix=files.s3_prefix,
        endpoint_url=files.s3_endpoint_url,
        region=files.s3_region,
        scratch=config.home / "incoming",
        links=Links(files.s3_links_seconds, files.s3_links_endpoint_url) if files.s3_links else None,
    )
