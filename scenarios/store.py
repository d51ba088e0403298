"""A run as a folder: written whole or not at all.

``problem.npz`` (the arrays), ``answer.json`` (ids and indices, with the hash of the arrays),
``summary.json``, ``result.gpkg`` (all map layers), a GeoJSON per layer, a CSV per table and
``report.html``. Everything is written into a folder beside the wanted one, which takes its place
at the end. :mod:`scenarios.recheck` reads such a folder back.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from base.faults import FaultError, Lang
from geo.layers import write_geojson, write_layers
from geo.tables_out import write_csv
from scenarios.codes import FOLDER_IN_USE
from scenarios.meals import MealsRun
from scenarios.meals_report import meals_outcome
from scenarios.outcome import SCHEMA_VERSION, Outcome
from scenarios.plan.outcome import plan_outcome
from scenarios.plan.run import PlanRun
from scenarios.recheck import check_run
from scenarios.report import write_report
from scenarios.siting.report import siting_outcome
from scenarios.siting.run import SitingRun
from scenarios.visits import VisitsRun
from scenarios.visits.report import visits_outcome
from scenarios.week.report import week_outcome
from scenarios.week.run import WeekRun

__all__ = ["Run", "check_run", "outcome_of", "refuse_other_files", "write_run"]

Run = SitingRun | PlanRun | VisitsRun | MealsRun | WeekRun

_OUTCOMES: Mapping[type, Callable[[Any], Outcome]] = {
    SitingRun: siting_outcome,
    PlanRun: plan_outcome,
    VisitsRun: visits_outcome,
    MealsRun: meals_outcome,
    WeekRun: week_outcome,
}


def outcome_of(run: Run) -> Outcome:
    """Sheets, layers, summary and report of a run."""
    return _OUTCOMES[type(run)](run)


def refuse_other_files(out_dir: Path) -> None:
    """Refuse a folder that an answer may not replace.

    Raises:
        FaultError: the folder holds other files, or is none (CC-S250).
    """
    if not _may_replace(out_dir):
        raise FaultError([FOLDER_IN_USE(out_dir)])


def write_run(
    run: Run,
    out_dir: Path,
    *,
    lang: Lang = "zh",
    outcome: Outcome | None = None,
    more: Callable[[Path], None] | None = None,
) -> Path:
    """Write everything about a run into a folder.

    A folder that holds an earlier answer is replaced; one that holds anything else is refused.

    Args:
        run: the run.
        out_dir: the folder; made where it is missing.
        lang: language of the CSV files, and the one in which the report opens.
        outcome: the run's outcome where it is at hand.
        more: writes further files into the folder before it takes its place.

    Returns:
        Path of the report.

    Raises:
        FaultError: the folder holds other files (CC-S250).
    """
    out_dir = Path(out_dir)
    refuse_other_files(out_dir)
    outcome = outcome or outcome_of(run)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
    try:
        _write_files(run, outcome, part, lang)
        if more is not None:
            more(part)
        part.chmod(0o755)  # mkdtemp's own rights would shut out other users of the office
        _take_place(part, out_dir)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out_dir / "report.html"


def _may_replace(out_dir: Path) -> bool:
    if not out_dir.exists():
        return True
    if not out_dir.is_dir():
        return False
    return (out_dir / "answer.json").is_file() or not any(out_dir.iterdir())


def _write_files(run: Run, outcome: Outcome, folder: Path, lang: Lang) -> None:
    _write_problem(outcome, folder / "problem.npz")
    head: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": outcome.kind,
        "scenario": run.scenario.id,
        "name": run.scenario.name.model_dump(),
        "written_by": f"carecircle {_own_version()}",
        "sources": list(run.district.sources),
    }
    digest = hashlib.sha256((folder / "problem.npz").read_bytes()).hexdigest()
    answer = {**head, "lang": lang, "problem_sha256": digest, **outcome.answer}
    _write_json(folder / "answer.json", answer)
    summary = {
        **head,
        "assumptions": [text.model_dump() for text in run.scenario.assumptions],
        "result": run.answer.result.as_dict(),
        **outcome.summary,
        "warnings": [fault.as_dict() for fault in run.warnings],
    }
    _write_json(folder / "summary.json", summary)
    layers = {name: _writable(frame) for name, frame in outcome.layers.items()}
    write_layers(folder / "result.gpkg", layers)
    for name, frame in layers.items():
        write_geojson(folder / f"{name}.geojson", frame)
    for sheet in outcome.sheets:
        write_csv(folder / f"{sheet.name}.csv", sheet.frame(lang))
    write_report(folder / "report.html", outcome.report, lang)


def _write_problem(outcome: Outcome, path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            schema_version=np.int64(SCHEMA_VERSION),
            kind=np.str_(outcome.kind),
            **_columns(outcome.problem),
            **outcome.extra,
        )


def _columns(problem: Any, prefix: str = "") -> dict[str, NDArray[Any]]:
    """The problem's fields as arrays; those of its tables by names such as ``options.site``."""
    columns: dict[str, NDArray[Any]] = {}
    for field in dataclasses.fields(problem):
        value = getattr(problem, field.name)
        if dataclasses.is_dataclass(value):
            columns |= _columns(value, f"{prefix}{field.name}.")
        else:
            columns[f"{prefix}{field.name}"] = np.asarray(value)
    return columns


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _writable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with columns that every driver can write, also where it has no rows."""
    plain = frame.copy()
    for name in plain.columns:
        if name != plain.geometry.name and plain[name].dtype == object:
            plain[name] = plain[name].map(lambda value: None if value is None else str(value))
    return plain


def _take_place(part: Path, out_dir: Path) -> None:
    """Put a finished folder where it belongs; an earlier answer leaves only then."""
    if not out_dir.exists():
        part.rename(out_dir)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-old-", dir=out_dir.parent))
    try:
        out_dir.rename(old / "answer")
        try:
            part.rename(out_dir)
        except BaseException:  # Ctrl-C too
            (old / "answer").rename(out_dir)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _own_version() -> str:
    try:
        return version("carecircle")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "(source tree)"
