"""Ctrl-C from outside: the first keeps the best answer so far, the second leaves nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.result import StopReason
from tests.demo_town import demo_scenario

ROOT = Path(__file__).parents[2]
_PATIENCE = 120
"""Seconds after which a command that does not end counts as hung."""


class Command:
    """A command of the command line as a process, its progress read as it comes."""

    def __init__(self, *args: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", *map(str, args), "--lang", "en"],
            cwd=ROOT,
            env={"PATH": "", "COLUMNS": "200", "FORCE_COLOR": "1", "HOME": str(Path.home())},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._said = b""
        self._ended = False
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        while piece := self.process.stderr.read1(4096):  # type: ignore[attr-defined]
            with self._more:
                self._said += piece
                self._more.notify_all()
        self.process.stderr.close()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def wait_for(self, words: str) -> None:
        with self._more:
            self._more.wait_for(lambda: self._ended or words in self.said, _PATIENCE)
        assert words in self.said, self.said

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        code = self.process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        return code

    @property
    def said(self) -> str:
        return self._said.decode("utf-8", errors="replace")


@pytest.fixture
def solving(tmp_path: Path) -> Iterator[Command]:
    """An hour's solve that has an answer already."""
    command = Command(
        *("visits", demo_scenario(), "--seconds", 3600),
        *("--out", tmp_path / "out", "--data", tmp_path / "data"),
    )
    try:
        command.wait_for("best ")
        yield command
    finally:
        command.process.kill()
        command.end()


def test_first_interrupt_writes_the_best_answer_so_far(solving: Command, tmp_path: Path) -> None:
    solving.interrupt()
    assert solving.end() == 0, solving.said
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["result"]["stop_reason"] == str(StopReason.USER)
    assert summary["served"] > 0
    assert (tmp_path / "out" / "sheets" / "carers.html").is_file()


def test_second_interrupt_leaves_nothing_half_written(solving: Command, tmp_path: Path) -> None:
    solving.interrupt()
    solving.wait_for("press again")
    solving.interrupt()
    assert solving.end() == 130, solving.said
    assert "Aborted" in solving.said
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out-*"))
