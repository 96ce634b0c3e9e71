"""The second start of `make run`, which is `opendata serve --demo`, until the first page has come whole.

Against an interpreter that only imports what any such site needs (Flask, SQLAlchemy, gunicorn) and ends. The first
start, which loads the demonstration, comes before and is not measured. Medians.
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.measure import Figure, median
from benchmarks.sites import Scale, serving

BARE = (sys.executable, "-W", "ignore", "-c", "import flask, sqlalchemy.orm, gunicorn.app.base")
STARTS = 5


def run(scale: Scale) -> list[Figure]:
    """Seconds."""
    home = scale.folder / "demo"
    with serving(home, processes=2, arguments=("--demo",), ready="/"):
        pass
    starts, bare = [], []
    for _ in range(STARTS if scale.repeats > 1 else 1):
        begun = time.perf_counter()
        with serving(home, processes=2, arguments=("--demo",), ready="/"):
            starts.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        subprocess.run(BARE, check=True)
        bare.append(time.perf_counter() - begun)
    return [Figure("second start until the first page", median(starts), "s", median(bare), "bare imports", aim=3.0)]
