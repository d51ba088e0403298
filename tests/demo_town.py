"""The demo town S, generated and written once per test process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from scenarios.demo import generate, write_town


@cache
def demo_scenario() -> Path:
    """The scenario file of the town; its folder must not be changed."""
    folder = Path(tempfile.mkdtemp(prefix="carecircle-town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_town(generate("S", seed=0), folder / "town")
