"""Counting instructions: what two runs differ by, and what is said where none can be counted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instructions import CountError, count
from benchmarks.micro import MICROS


def _stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named valgrind that comes before any other."""
    path = folder / "valgrind"
    path.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(instructions, "_compile", lambda *_: None)


def test_what_two_runs_have_in_common_falls_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "print('==1== Collected : ' + str(1000 + 70 * int(sys.argv[-1])), file=sys.stderr)"
    _stand_in(tmp_path, told, monkeypatch)
    assert count("reach", tell=lambda _: None) == 70


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('no such tool', file=sys.stderr); sys.exit(3)", "failed with 3: no such tool"),
        ("print('all is well', file=sys.stderr)", "told no count"),
    ],
)
def test_a_run_without_a_count_says_why(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(tmp_path, script, monkeypatch)
    with pytest.raises(CountError, match=said):
        count("reach", tell=lambda _: None)


def test_without_valgrind_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CountError, match="apt-get install valgrind"):
        count("reach", tell=lambda _: None)


@pytest.mark.parametrize("name", list(MICROS))
def test_every_piece_of_work_runs_twice(name: str) -> None:
    work = MICROS[name]()
    work()
    work()
