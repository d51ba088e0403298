"""``python -m benchmarks run|list|compare|report|count|fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.compare import compare as compare_records
from benchmarks.fetch import FetchError
from benchmarks.fetch import fetch as fetch_set
from benchmarks.instructions import CountError
from benchmarks.instructions import count as count_instructions
from benchmarks.micro import MICROS
from benchmarks.record import Record, read_records, write_records
from benchmarks.report import write_report
from benchmarks.runner import available_peers, run_suite
from benchmarks.sources import SOURCES
from benchmarks.suite import Limits, Suite, matching
from benchmarks.suites import SUITES

app = typer.Typer(
    name="benchmarks",
    help="The solver benchmark suite: every solver on the same work, peers beside us.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
DEFAULT_DATA = Path("../shared/bench")


@app.command("list")
def list_suites(data: Annotated[Path | None, typer.Option(help="Data folder.")] = None) -> None:
    """List the suites with their instances, peers and objective."""
    table = Table("suite", "instances", "seconds", "peers", "objective")
    for suite in SUITES.values():
        cases = suite.cases(_data(data))
        count = str(len(cases)) if cases else "no data"
        peers = ", ".join(suite.peers) or "-"
        table.add_row(suite.name, count, f"{suite.seconds:g}", peers, suite.about)
    out.print(table)


@app.command()
def run(
    suite: Annotated[str, typer.Option("--suite", help="Suite's name, or `all`.")],
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    instances: Annotated[str, typer.Option(help="Shell patterns, comma-separated.")] = "*",
    seconds: Annotated[float | None, typer.Option(help="Limit per solve.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of every solver.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds, from 0.")] = 1,
    peers: Annotated[str, typer.Option(help="Comma-separated, or `all` installed ones.")] = "",
    iterations: Annotated[int | None, typer.Option(help="Iteration limit (repeatable).")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="File of records.")] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder for solutions.")] = None,
) -> None:
    """Run a suite and print one line per solve."""
    records: list[Record] = []
    for chosen in _suites(suite):
        cases = matching(chosen.cases(_data(data)), instances)
        if not cases:
            err.print(f"{chosen.name}: no instance fits {instances!r} (is --data right?)")
            continue
        limits = Limits(
            seconds or chosen.seconds, threads, iterations=iterations, solutions=solutions
        )
        usable = _peers(chosen, peers)
        done = run_suite(
            chosen,
            cases,
            limits,
            seeds=seeds,
            peers=usable,
            published_seconds=seconds is None,
            tell=_tell,
        )
        for record in done:
            records.append(record)
            out.print(_line(record), markup=False)
            if out_file is not None:
                write_records(out_file, records)
    if not records:
        raise typer.Exit(2)
    if any(r.status == "failed" and r.solver == "carecircle" for r in records):
        raise typer.Exit(1)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="File of records.")],
    new: Annotated[Path, typer.Argument(help="File of records.")],
    tolerance: Annotated[float, typer.Option(help="Loss that is let pass.")] = 1e-4,
) -> None:
    """Say where the newer run is worse; exit with 1 if it is anywhere."""
    changes = compare_records(_read(old), _read(new), tolerance)
    for change in changes:
        loss = "" if change.loss is None else f" by {change.loss:.3%}"
        out.print(f"{change.suite} {change.instance} {change.solver}: {change.what}{loss}")
    if changes:
        raise typer.Exit(1)
    out.print("no solver got worse")


@app.command()
def report(
    files: Annotated[list[Path], typer.Argument(help="Files of records.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
) -> None:
    """Write report.md and report.html (one page, no outside requests)."""
    records = [record for path in files for record in _read(path)]
    for path in write_report(records, out_dir):
        out.print(str(path), markup=False)


@app.command()
def count(
    names: Annotated[list[str] | None, typer.Argument(help="Kernels; none for all.")] = None,
) -> None:
    """Count the instructions of the micro-benchmarks (needs valgrind)."""
    for name in names or list(MICROS):
        if name not in MICROS:
            raise typer.BadParameter(f"no kernel {name!r}; there are: {', '.join(MICROS)}")
        try:
            instructions = count_instructions(name, tell=_tell)
        except CountError as error:
            err.print(str(error), markup=False)
            raise typer.Exit(1) from None
        out.print(f"{name:18} {instructions:16,}", markup=False)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Sets; none to list them.")] = None,
    data: Annotated[Path, typer.Option(help="Data folder to fill.")] = Path("bench-data"),
) -> None:
    """Download public sets by name, for people with a network."""
    if not names:
        for name, public in SOURCES.items():
            out.print(f"{name:10} {public.about}", markup=False)
        return
    for name in names:
        if name not in SOURCES:
            raise typer.BadParameter(f"no set {name!r}; there are: {', '.join(SOURCES)}")
        try:
            fetch_set(SOURCES[name], data, tell=_tell)
        except FetchError as error:
            err.print(str(error), markup=False)
            raise typer.Exit(1) from None
    out.print(f"use them with --data {data}", markup=False)


def _read(path: Path) -> list[Record]:
    try:
        return read_records(path)
    except (OSError, ValueError, TypeError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None


def _suites(name: str) -> list[Suite]:
    if name == "all":
        return list(SUITES.values())
    if name not in SUITES:
        raise typer.BadParameter(f"no suite {name!r}; there are: {', '.join(SUITES)}")
    return [SUITES[name]]


def _peers(suite: Suite, wanted: str) -> list[str]:
    if wanted == "all":
        return available_peers(suite, suite.peers)[0]
    usable, missing = available_peers(suite, [p for p in wanted.split(",") if p])
    for text in missing:
        err.print(text, markup=False)
    return usable


def _data(given: Path | None) -> Path | None:
    folder = given or DEFAULT_DATA
    if given is not None and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder")
    return folder.resolve() if folder.is_dir() else None


def _tell(text: str) -> None:
    err.print(text, style="dim", markup=False)


def _line(record: Record) -> str:
    def show(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    parts = (
        f"{record.suite:14} {record.instance:28} {record.solver:12} {record.status:10}",
        f"objective {show(record.objective, ',.2f')}",
        f"gap {show(record.gap, '.3%')}",
        f"proved {show(record.proved_gap, '.3%')}",
        f"{show(record.seconds, '.2f')} s",
        f"{show(record.peak_mb, ',.0f')} MB",
        " ".join(f"{key} {value:,.4g}" for key, value in record.metrics.items()),
        record.note,
    )
    return "  ".join(part for part in parts if part)


if __name__ == "__main__":
    app()
