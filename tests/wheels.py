"""Builds the wheel of this checkout, and installs it where nothing of the checkout can be seen."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent


class CannotBuild(Exception):
    """The tools for building are not to be had; the message says why."""


def copy_of_the_project(target: Path) -> Path:
    """What git would commit if everything not ignored were added, so that no leftover of this machine helps."""
    if (ROOT / ".git").exists():
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    else:
        skipped = {".venv", "data", "dist", "build", "__pycache__"}
        files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        names = [str(path) for path in files if not skipped & set(path.parts) and path.suffix not in (".pyc", ".mo")]
    for name in names:
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def build_wheel(project: Path, target: Path) -> Path:
    """The wheel of `project`, in `target`. CannotBuild where hatchling is neither here nor on an index."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(target), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        said = done.stdout + done.stderr
        if "No matching distribution found" in said or "ConnectionError" in said or "Failed to establish" in said:
            raise CannotBuild(f"hatchling cannot be installed here: {said[-300:]}")
        raise AssertionError(said)
    return next(target.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """A new virtual environment with the wheel in it; the path of its `opendata`.

    The libraries that it needs are those of the environment that runs the tests, which spares the network; its
    editable installation of this project is not among them, because `.pth` files inside a folder so named are not read.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True
    )
    return folder / "bin/opendata"
