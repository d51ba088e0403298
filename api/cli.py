"""The command line: ``carecircle demo|site|plan|visits|week|meals|check|network|templates|schema``.

Exit codes: 0 done; 1 no feasible answer, or violations found; 2 faulty input (numbered faults,
nothing written); 130 aborted. Commands import what they need when they run, so that ``--help``
answers at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.codes import CANNOT_WRITE
from api.words import preferred_lang, word
from base.faults import FaultError, Lang

__all__ = ["app", "main"]

app = typer.Typer(
    name="carecircle",
    help=word("app"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _Lang(StrEnum):
    zh = "zh"
    en = "en"


class _Size(StrEnum):
    S = "S"
    M = "M"
    L = "L"


JobName = Literal["site", "plan", "visits", "meals", "week"]

ScenarioArg = Annotated[Path, typer.Argument(help=word("scenario_arg"), show_default=False)]
OutOpt = Annotated[Path, typer.Option("--out", help=word("out_opt"), show_default=False)]
LangOpt = Annotated[_Lang | None, typer.Option("--lang", help=word("lang_opt"), show_default=False)]
SecondsOpt = Annotated[
    float | None, typer.Option("--seconds", min=0.1, help=word("seconds_opt"), show_default=False)
]
SeedOpt = Annotated[int | None, typer.Option("--seed", help=word("seed_opt"), show_default=False)]
DataOpt = Annotated[Path | None, typer.Option("--data", help=word("data_opt"), show_default=False)]


@app.command(help=word("site"))
def site(
    scenario: ScenarioArg,
    out: OutOpt,
    seconds: SecondsOpt = None,
    seed: SeedOpt = None,
    lang: LangOpt = None,
) -> None:
    """Propose sites for a scenario."""
    _run_job("site", scenario, out, seconds=seconds, seed=seed, lang=_lang(lang))


@app.command(help=word("plan"))
def plan(
    scenario: ScenarioArg,
    out: OutOpt,
    seconds: SecondsOpt = None,
    seed: SeedOpt = None,
    lang: LangOpt = None,
) -> None:
    """Plan a network of sites over years."""
    _run_job("plan", scenario, out, seconds=seconds, seed=seed, lang=_lang(lang))


@app.command(help=word("visits"))
def visits(
    scenario: ScenarioArg,
    out: OutOpt,
    seconds: SecondsOpt = None,
    seed: SeedOpt = None,
    data: DataOpt = None,
    lang: LangOpt = None,
) -> None:
    """Plan a day of home visits."""
    chosen = _lang(lang)
    _run_job("visits", scenario, out, seconds=seconds, seed=seed, data=data, lang=chosen)


@app.command(help=word("week"))
def week(
    scenario: ScenarioArg,
    out: OutOpt,
    seconds: SecondsOpt = None,
    seed: SeedOpt = None,
    data: DataOpt = None,
    lang: LangOpt = None,
) -> None:
    """Plan a week of home visits."""
    chosen = _lang(lang)
    _run_job("week", scenario, out, seconds=seconds, seed=seed, data=data, lang=chosen)


@app.command(help=word("meals"))
def meals(
    scenario: ScenarioArg,
    out: OutOpt,
    seconds: SecondsOpt = None,
    seed: SeedOpt = None,
    data: DataOpt = None,
    lang: LangOpt = None,
) -> None:
    """Plan the delivery of a meal."""
    chosen = _lang(lang)
    _run_job("meals", scenario, out, seconds=seconds, seed=seed, data=data, lang=chosen)


@app.command(help=word("demo"))
def demo(
    out: Annotated[Path, typer.Option("--out", help=word("out_opt"))] = Path("demo-out"),
    size: Annotated[_Size, typer.Option("--size", help=word("size_opt"))] = _Size.S,
    seed: Annotated[int, typer.Option("--seed", help=word("town_seed_opt"))] = 0,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help=word("demo_seconds_opt"))
    ] = 8.0,
    lang: LangOpt = None,
) -> None:
    """Generate a town and plan its sites, visits and meals."""
    from api.demo_tour import tour

    chosen = _lang(lang)
    with _faults_end_the_command(chosen):
        clean = tour(out, size=size.value, seed=seed, seconds=seconds, lang=chosen)
    if not clean:
        raise typer.Exit(1)


@app.command(help=word("check"))
def check(
    folder: Annotated[Path, typer.Argument(help=word("dir_arg"), show_default=False)],
    lang: LangOpt = None,
) -> None:
    """Check written answers."""
    from api.jobs import check_folder

    chosen = _lang(lang)
    with _faults_end_the_command(chosen):
        clean = check_folder(folder, chosen)
    if not clean:
        raise typer.Exit(1)


@app.command(help=word("network"))
def network(
    source: Annotated[Path, typer.Argument(help=word("source_arg"), show_default=False)],
    layer: Annotated[str | None, typer.Option("--layer", help=word("layer_opt"))] = None,
    crs: Annotated[str, typer.Option("--crs", help=word("crs_opt"))] = "EPSG:4326",
    name: Annotated[str | None, typer.Option("--name", help=word("name_opt"))] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", help=word("drop_opt"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=word("network_out_opt"))] = None,
    lang: LangOpt = None,
) -> None:
    """Read streets and report their components."""
    from api.jobs import describe_network

    chosen = _lang(lang)
    with _faults_end_the_command(chosen):
        describe_network(source, layer, crs, name, drop or [], out, chosen)


@app.command(help=word("templates"))
def templates(
    folder: Annotated[Path, typer.Argument(help=word("templates_arg"), show_default=False)],
    lang: LangOpt = None,
) -> None:
    """Write empty office tables."""
    from api.console import out as console
    from scenarios.tables import write_templates

    chosen = _lang(lang)
    with _faults_end_the_command(chosen):
        folder.mkdir(parents=True, exist_ok=True)
        for path in write_templates(folder, chosen):
            console.print(word("written", chosen, path=path), markup=False)


@app.command(help=word("schema"))
def schema() -> None:
    """Print the JSON Schema of scenario files."""
    from scenarios.files import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line."""
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        typer.echo(word("aborted"), err=True)
        raise SystemExit(130) from None


def _lang(given: _Lang | None) -> Lang:
    return given.value if given is not None else preferred_lang()


@contextmanager
def _faults_end_the_command(lang: Lang) -> Iterator[None]:
    """Show faults one by one and end with exit code 2; end with 130 after Ctrl-C."""
    try:
        yield
    except FaultError as error:
        _show(error, lang)
        raise typer.Exit(2) from None
    except OSError as error:
        _show(FaultError([CANNOT_WRITE(error.filename, why=error.strerror or str(error))]), lang)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo(word("aborted", lang), err=True)
        raise typer.Exit(130) from None


def _show(error: FaultError, lang: Lang) -> None:
    from api.console import show_faults

    show_faults(error, lang)


def _run_job(
    name: JobName,
    scenario: Path,
    out: Path,
    *,
    lang: Lang,
    seconds: float | None,
    seed: int | None,
    data: Path | None = None,
) -> None:
    from api.jobs import run_job

    with _faults_end_the_command(lang):
        answered = run_job(name, scenario, out, seconds=seconds, seed=seed, data=data, lang=lang)
    if not answered:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
