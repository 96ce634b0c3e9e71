"""What a benchmark gives: figures, each beside its baseline and its aim; and how time and memory are taken."""

from __future__ import annotations

import math
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `baseline` is measured in the same run and says what it is; `aim` is a bound in `unit`.

    `more_is_better` tells rates from times and bytes, and which side of the aim is the good one.
    """

    what: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_is: str = ""
    aim: float | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the baseline the value is; None without a baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def aim_is_met(self) -> bool | None:
        """Whether the value is on the good side of the aim; None where there is no aim."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.more_is_better else self.value <= self.aim

    def __str__(self) -> str:
        parts = [f"{self.what:<58} {_shown(self.value):>8} {self.unit:<10}"]
        if self.ratio is not None:
            parts.append(f"{self.ratio:7.2f} x {self.baseline_is} ({_shown(self.baseline or 0)})")
        if self.aim is not None:
            sign = ">=" if self.more_is_better else "<="
            parts.append(f"aim {sign} {self.aim:g}: {'met' if self.aim_is_met else 'NOT MET'}")
        return "  ".join(parts).rstrip()


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 … 1) of `values` lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def memory(pid: int) -> dict[str, float]:
    """Rss, Pss and Private of a process in MiB; Pss shares what several processes map among them. Linux only."""
    found: dict[str, float] = {"Rss": 0.0, "Pss": 0.0, "Private": 0.0}
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return found  # it has just ended
    for line in lines:
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss", "Private_Clean", "Private_Dirty"):
            found[name.partition("_")[0]] += int(rest.split()[0]) / 1024
    return found


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that live, theirs included."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            direct = [int(one) for one in (task / "children").read_text("ascii").split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *children(child)]
    return found


def machine() -> str:
    """This machine in one line: what figures may be compared on, and how busy it is by others."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    total = next((int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{model}, {os.cpu_count()} cores, {total} GiB, Linux {platform.release()}, "
        f"Python {sys.version.split()[0]}, load average {os.getloadavg()[0]:.2f}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8", "replace").splitlines()
