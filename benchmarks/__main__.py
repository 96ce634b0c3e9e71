"""`python -m benchmarks [NAME…] [--quick] [--large] [--keep FOLDER]`: measure, each figure beside its baseline."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Figure, machine
from benchmarks.sites import Scale, quick

NAMES = (
    "start",
    "harvest",
    "harvesting",
    "uploads",
    "reading",
    "search",
    "engine",
    "page",
    "memory",
    "help",
    "passages",
    "exports",
    "api",
    "growth",
)
"""The benchmarks, each a module of this package with a function `run(scale)`."""

LARGE = 100_000
"""Records of the largest source, with `--large`."""


def main(arguments: list[str]) -> int:
    """Run the benchmarks named, or all; 1 when one of them could not be run. A missed aim is printed, no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NAMES, []], help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run, not how fast")
    parser.add_argument("--large", action="store_true", help="harvesting: 100,000 records too; takes 15 minutes")
    parser.add_argument("--records", type=int, metavar="N", help="generated records of the sites that are asked")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the sites there, and use them next time")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="opendata-benchmarks-") as temporary:
        folder = (given.keep or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        scale = quick(folder) if given.quick else Scale(folder)
        if given.records:
            scale = replace(scale, stored=given.records)
        if given.large:
            scale = replace(scale, listed=(*scale.listed, LARGE))
        print(f"# {machine()}")
        return max(measured(name, scale) for name in given.names or NAMES)


def measured(name: str, scale: Scale) -> int:
    """Run one benchmark and print its figures; 1 when it broke."""
    begun = time.monotonic()
    try:
        figures: list[Figure] = importlib.import_module(f"benchmarks.{name}").run(scale)
    except (RuntimeError, OSError) as error:
        print(f"{name}: could not be measured: {error}", file=sys.stderr)
        return 1
    for figure in figures:
        print(figure, flush=True)
    print(f"# {name} took {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
