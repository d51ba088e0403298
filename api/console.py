"""Talking to a person at a terminal: progress, stopping, faults, results."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.words import word
from base.faults import Fault, FaultError, Lang
from optimizer.stop import Progress as SolverNews
from scenarios.model import Text
from scenarios.report import Fact

__all__ = ["Job", "job_progress", "show_facts", "show_faults", "show_warnings"]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


_MOST_OF_A_KIND = 50
"""A layer of the wrong kind has as many faults as rows."""


class Job:
    """A running job: shows the solver's news and knows whether the user asked to stop."""

    def __init__(self, progress: Progress, name: str, lang: Lang, seconds: float | None) -> None:
        self._progress = progress
        self._lang = lang
        self._name = name
        self._stopped = False
        self._task = progress.add_task(name, total=seconds, news=word("reading", lang))

    def cancelled(self) -> bool:
        """True once the user asked to stop."""
        return self._stopped

    def hear(self, news: SolverNews) -> None:
        """Show the solver's incumbent and bound."""
        parts = [word("solving", self._lang)]
        if news.incumbent is not None:
            parts.append(word("incumbent", self._lang, value=f"{news.incumbent:,}"))
        if news.bound is not None:
            parts.append(word("bound", self._lang, value=f"{news.bound:,}"))
        self._progress.update(self._task, completed=news.seconds, news=self._told(*parts))

    def say(self, key: str) -> None:
        """Show what the job does now."""
        self._progress.update(self._task, news=self._told(word(key, self._lang)))

    def finish(self) -> None:
        """Fill the bar."""
        total = self._progress.tasks[self._task].total or 1
        self._progress.update(self._task, total=total, completed=total, news="")

    def stop(self) -> None:
        """Ask the solver to stop with its best answer."""
        self._stopped = True
        self._progress.update(self._task, news=self._told())

    def _told(self, *parts: str) -> str:
        """The news; once the user asked to stop, that stays in front of it."""
        stopping = (word("stopping", self._lang),) if self._stopped else ()
        return " · ".join((*stopping, *parts))


@contextmanager
def job_progress(name: str, lang: Lang, seconds: float | None) -> Iterator[Job]:
    """A progress bar for one job; the first Ctrl-C stops the solve, the second one aborts."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[news]}"),
    )
    with Progress(*columns, console=err, transient=False) as progress:
        job = Job(progress, name, lang, seconds)
        with _first_interrupt_stops(job.stop):
            yield job
        job.finish()


@contextmanager
def _first_interrupt_stops(stop: Callable[[], None]) -> Iterator[None]:
    def on_interrupt(signum: int, frame: FrameType | None) -> None:
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = signal.signal(signal.SIGINT, on_interrupt)
    except ValueError:  # not the main thread (tests, embedding): nothing to catch
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def show_faults(error: FaultError, lang: Lang) -> None:
    """Print faults, one a line, on standard error; of one kind no more than can be read."""
    err.print(f"[bold red]{word('faults', lang, count=len(error.faults))}[/]")
    told: Counter[str] = Counter()
    for fault in error.faults:
        told[fault.code] += 1
        if told[fault.code] <= _MOST_OF_A_KIND:
            err.print(fault.text(lang), markup=False)
    for code, count in told.items():
        if count > _MOST_OF_A_KIND:
            left = count - _MOST_OF_A_KIND
            err.print(word("more_faults", lang, count=f"{left:,}", code=code), markup=False)


def show_warnings(warnings: Iterable[Fault], lang: Lang) -> None:
    """Print what the user should know though nothing is broken."""
    for warning in warnings:
        err.print("[yellow]![/]", end=" ")
        err.print(warning.text(lang), markup=False)


def show_facts(facts: Iterable[Fact], lang: Lang) -> None:
    """Print an answer's headline figures, as its report shows them."""
    for fact in facts:
        label, value = _in(fact.label, lang), _in(fact.value, lang)
        note = f"  ({_in(fact.note, lang)})" if fact.note else ""
        out.print(f"  {label}{'：' if lang == 'zh' else ': '}{value}{note}", markup=False)


def _in(text: str | Text, lang: Lang) -> str:
    return text if isinstance(text, str) else str(getattr(text, lang))
