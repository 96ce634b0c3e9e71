"""What threads have freed goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import threading
from opendata.cli.memory import settle

settle()

def use():
    for size in (30_000_000, 20_000_000, 10_000_000, 400_000):
        held = [bytearray(size) for _ in range(3)]
        kept.append(bytearray(1_000))
        del held

kept = []
threads = [threading.Thread(target=use) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("RssAnon")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library here is not glibc")
def test_large_things_that_many_threads_freed_are_no_longer_held() -> None:
    run = subprocess.run((sys.executable, "-c", SCRIPT), capture_output=True, text=True, check=True)
    assert int(run.stdout) < 40_000
