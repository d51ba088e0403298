"""The built wheel, installed into an empty environment elsewhere, runs the demo."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: object, cwd: Path) -> str:
    """Run a command that knows nothing of this checkout; what it prints."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTHON", "VIRTUAL_ENV", "NUMBA", "COV_"))
    }
    environment["CARECIRCLE_DATA"] = str(cwd / "data")
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.accept
def test_the_wheel_runs_the_demo_in_an_empty_environment(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", wheels, ROOT, cwd=ROOT)
    (wheel,) = wheels.glob("carecircle-*.whl")
    elsewhere = tmp_path / "elsewhere"
    venv.create(elsewhere / "env", with_pip=True)
    python = elsewhere / "env" / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--no-deps")
    run(*install, "-r", ROOT / "requirements.lock", cwd=elsewhere)
    run(*install, wheel, cwd=elsewhere)
    carecircle = elsewhere / "env" / "bin" / "carecircle"
    told = run(carecircle, "demo", "--out", "out", "--seconds", 3, "--lang", "en", cwd=elsewhere)
    assert (elsewhere / "out" / "index.html").exists()
    assert told.count("checks pass") == 3
    names = run(python, "-c", "import carecircle; print(carecircle.__file__)", cwd=elsewhere)
    assert str(elsewhere) in names
