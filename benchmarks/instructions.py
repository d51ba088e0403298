"""Instruction counts of the micro-benchmarks, which do not change with the load of a machine.

Valgrind's callgrind counts the instructions of a whole process. A piece of work is done n times in
one process and 2 n times in another; what both have in common (imports, inputs, the first time)
falls out of the difference. Kernels are compiled for a generic processor, so that counts compare
between machines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["CountError", "count"]

_TIMES = 3
_TOTAL = re.compile(r"Collected\s*:\s*(\d+)")
_HOUSE = Path(__file__).resolve().parent.parent
_SETTINGS = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class CountError(Exception):
    """No count came of it; the text says why and what to do."""


def count(name: str, *, tell: Callable[[str], None], times: int = _TIMES) -> int:
    """Instructions of one piece of work.

    Args:
        name: a key of ``benchmarks.micro.MICROS``.
        tell: hears what is being done.
        times: repetitions of the shorter run.

    Raises:
        CountError: valgrind is not there, or a run failed.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CountError("valgrind is not installed (Debian: apt-get install valgrind)")
    environment = {**os.environ, **_SETTINGS}
    tell(f"{name}: compiling")
    _compile(name, environment)
    totals = []
    for repeats in (times, 2 * times):
        tell(f"{name}: counting {repeats} times")
        options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"]
        command = [valgrind, *options, sys.executable, "-m", "benchmarks.micro", name, str(repeats)]
        totals.append(_total(_run(command, environment)))
    return (totals[1] - totals[0]) // times


def _compile(name: str, environment: Mapping[str, str]) -> None:
    """Fill the cache of kernels: compiling under valgrind would take an hour."""
    _run([sys.executable, "-m", "benchmarks.micro", name, "1"], environment)


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 (our own modules, under valgrind)
        command, env=environment, cwd=_HOUSE, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise CountError(f"{command[-2]} failed with {done.returncode}: {last}")
    return done.stderr


def _total(told: str) -> int:
    found = _TOTAL.search(told)
    if found is None:
        raise CountError("valgrind told no count; is its tool callgrind installed?")
    return int(found[1])
