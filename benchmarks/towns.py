"""Demo towns for the suites: made once per version of the generator, kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from scenarios.demo import generate, write_town
from scenarios.district import District, open_district
from scenarios.files import load_scenario
from scenarios.model import Scenario
from scenarios.town.sizes import SizeName

__all__ = ["TOWN_SEED", "open_town", "town_file"]

TOWN_SEED = 0
_HOUSE = Path(__file__).resolve().parent.parent
_MADE_BY = ("scenarios/demo.py", "scenarios/town", "scenarios/tables", "scenarios/catalogue.py")


def town_file(size: SizeName, seed: int = TOWN_SEED) -> Path:
    """The scenario file of a demo town; the town is generated where it is not there yet."""
    folder = _cache() / f"{size}-{seed}-{_digest()}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        write_town(generate(size, seed), part)
        try:
            part.rename(folder)
        except OSError:  # another process was faster: its town is the same
            shutil.rmtree(part)
    return folder / "scenario.yaml"


def open_town(size: SizeName, seed: int = TOWN_SEED) -> tuple[Scenario, Path, District]:
    """Scenario, its folder, and its streets."""
    scenario, folder = load_scenario(town_file(size, seed))
    return scenario, folder, open_district(scenario, folder)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "carecircle" / "benchmark-towns"


def _digest() -> str:
    """Hash of the sources that make a town, so that a changed generator makes new towns."""
    digest = hashlib.sha256()
    for name in _MADE_BY:
        path = _HOUSE / name
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
