"""The whole catalogue written in every format by `opendata export`, and its sitemaps: time, and memory that stays flat.

The most memory that the command had is set against that over a tenth of the records: a format that held its records
would need ten times as much beyond what the imports take.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks.measure import Figure
from benchmarks.sites import COMMAND, Scale, environment, filled, opened
from opendata.export.registry import STREAMS
from opendata.web.app import create_app

AIM_MIB = 250.0
AIM_SITEMAP_SECONDS = 1.0
LOOK_SECONDS = 0.1


def run(scale: Scale) -> list[Figure]:
    """Records a second and MiB at the highest, for each format; seconds for the last sitemap."""
    small = replace(scale, stored=max(100, scale.stored // 10))
    homes = filled(small), filled(scale)
    figures: list[Figure] = []
    for stream in STREAMS:
        _, least = _exported(homes[0], stream.name, scale.folder)
        seconds, most = _exported(homes[1], stream.name, scale.folder)
        figures.append(Figure(f"export {stream.name}", scale.stored / seconds, "records/s", more_is_better=True))
        figures.append(
            Figure(f"export {stream.name}: most memory", most, "MiB", least, f"{small.stored} records", AIM_MIB)
        )
    return [*figures, *_sitemaps(homes[1])]


def _exported(home: Path, form: str, folder: Path) -> tuple[float, float]:
    """Seconds of the command, and the most memory that it had, in MiB."""
    begun, most = time.monotonic(), 0.0
    command = (*COMMAND, "export", form, "--output", str(folder / f"all.{form}"))
    process = subprocess.Popen(command, env=environment(home), stderr=subprocess.DEVNULL)
    while process.poll() is None:
        # Of the process since it is this program: what a parent had before the start is not in it.
        most = max(most, _highest(process.pid))
        time.sleep(LOOK_SECONDS)
    if process.returncode:
        raise RuntimeError(f"opendata export {form} ended with {process.returncode}")
    return time.monotonic() - begun, most


def _highest(pid: int) -> float:
    """The most that a process ever held, in MiB; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _sitemaps(home: Path) -> list[Figure]:
    """Seconds for the index and for the last file of datasets, which is the longest way along the table."""
    with opened(home, SITE__URL="http://localhost") as catalogue:
        client = create_app(catalogue).test_client()
        seconds, index = _asked(client, "/sitemap.xml")
        last = max(index.count("/sitemap/dataset-"), 1)
        longest, _ = _asked(client, f"/sitemap/dataset-{last}.xml")
    return [
        Figure("sitemap index", seconds, "s", aim=AIM_SITEMAP_SECONDS),
        Figure(f"sitemap {last} of datasets", longest, "s", aim=AIM_SITEMAP_SECONDS),
    ]


def _asked(client: FlaskClient, path: str) -> tuple[float, str]:
    begun = time.monotonic()
    text = client.get(path).text
    return time.monotonic() - begun, text
