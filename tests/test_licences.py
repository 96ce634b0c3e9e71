"""Nothing that is needed to run the catalogue is under the GPL or AGPL; the LGPL is fine for a library in Python."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
COPYLEFT = re.compile(r"(?<!L)(?:\bA?GPL|General Public License)", re.IGNORECASE)


def needed(requirements: list[str], extra: str = "") -> dict[str, Distribution]:
    """Everything that `requirements` draw in on this machine, by name. What its markers exclude is left out."""
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(one), extra) for one in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name in found and not requirement.extras:
            continue
        found[name] = distribution(name)
        for wanted in ("", *requirement.extras):
            waiting += [(Requirement(one), wanted) for one in found[name].requires or ()]
    return found


def licence(of: Distribution) -> str:
    """What the package says of itself: the SPDX expression, else the classifiers, else the free field's first line."""
    if expression := of.metadata.get("License-Expression"):
        return str(expression)
    classifiers = [one for one in of.metadata.get_all("Classifier") or () if one.startswith("License ::")]
    return "; ".join(classifiers) or str(of.metadata.get("License") or "").strip().partition("\n")[0]


def is_copyleft(text: str) -> bool:
    """Whether every choice that `text` leaves is the GPL or AGPL."""
    lesser = re.sub(r"(GNU )?(Lesser|Library) General Public License|LGPL", "", text, flags=re.IGNORECASE)
    choices = re.split(r"\bOR\b", lesser)
    return all(COPYLEFT.search(choice) for choice in choices)


def test_what_runs_the_catalogue_is_not_under_gpl() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    packages = needed(requirements)
    assert len(packages) > len(requirements)
    problems = [f"{name}: {licence(one)}" for name, one in sorted(packages.items()) if is_copyleft(licence(one))]
    assert not problems, "\n".join(problems)


def test_every_package_states_a_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    silent = [
        name
        for name, one in needed(project["dependencies"]).items()
        if not licence(one) and not any("licen" in str(path).lower() for path in one.files or ())
    ]
    assert not silent


def test_what_counts_as_copyleft() -> None:
    assert is_copyleft("GPL-3.0-or-later")
    assert is_copyleft("License :: OSI Approved :: GNU Affero General Public License v3")
    assert is_copyleft("AGPL-3.0")
    assert not is_copyleft("LGPL-3.0-only")
    assert not is_copyleft("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)")
    assert not is_copyleft("MIT OR GPL-2.0")
    assert not is_copyleft("Apache-2.0")


def test_missing_package_is_not_passed_over() -> None:
    try:
        needed(["no-such-package-at-all"])
    except PackageNotFoundError:
        return
    raise AssertionError("a package that is not installed was passed over")
