"""Settings name the store; boto3 is loaded only for a site that uses S3."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from opendata.config import Config
from opendata.files.local import LocalStore
from opendata.files.open import open_store
from opendata.settings import FilesSettings


def test_local_folder_is_below_home(tmp_path: Path) -> None:
    store = open_store(Config(home=tmp_path))
    assert isinstance(store, LocalStore)
    assert store.folder == tmp_path / "files"


def test_s3_is_opened_without_a_request(tmp_path: Path) -> None:
    files = FilesSettings(backend="s3", s3_bucket="catalogue", s3_endpoint_url="http://127.0.0.1:9")
    assert type(open_store(replace(Config(home=tmp_path), files=files))).__name__ == "S3Store"


def test_local_store_does_not_load_boto3(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from opendata.config import Config; "
        f"from opendata.files.open import open_store; open_store(Config(home=Path({str(tmp_path)!r}))); "
        "sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
