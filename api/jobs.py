"""Running a job for the command line: progress, stop, write, tell where it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel
from rich.table import Table

from api.console import Job, err, job_progress, out, show_facts, show_warnings
from api.words import word
from base.faults import Faults, Lang
from optimizer.result import Status
from optimizer.stop import Stop
from scenarios.contacts import ContactStore
from scenarios.district import LayerReader, read_streets
from scenarios.files import load_scenario
from scenarios.itinerary import carer_sheets, loading_lists, people_of
from scenarios.meals import run_meals
from scenarios.model import (
    LayerInput,
    MealsInput,
    NetworkInput,
    Scenario,
    SitingInput,
    VisitsInput,
    WeekInput,
)
from scenarios.plan.conflict import NOTHING_KNOWN, conflict_note, most_of_conflict
from scenarios.plan.model import AimInput
from scenarios.plan.run import PlanRun, run_plan
from scenarios.printing import write_sheets
from scenarios.report import Fact
from scenarios.siting.run import SitingRun, run_siting
from scenarios.store import Run, check_run, outcome_of, refuse_other_files, write_run
from scenarios.tables import Intake
from scenarios.visits import VisitsRun, run_visits
from scenarios.week.paper import week_carer_sheets, week_client_sheets, week_people
from scenarios.week.run import WeekRun, run_week

__all__ = ["Done", "JobName", "check_folder", "describe_network", "run_job", "solve_and_write"]

_Limits = SitingInput | AimInput | VisitsInput | MealsInput | WeekInput
JobName = Literal["site", "plan", "visits", "meals", "week"]
_PARTS = {"site": "siting", "plan": "plan", "visits": "visits", "meals": "meals", "week": "week"}


@dataclass(frozen=True)
class Done:
    """A job done: its run, the figures that head its report, and where that lies."""

    run: Run
    facts: tuple[Fact, ...]
    report: Path


def run_job(
    name: JobName,
    path: Path,
    out_dir: Path,
    *,
    seconds: float | None,
    seed: int | None,
    data: Path | None,
    lang: Lang,
) -> bool:
    """Solve one job of a scenario file and write its answer; True where there is one."""
    scenario, folder = load_scenario(path)
    scenario = _with_options(scenario, name, seconds, seed)
    refuse_other_files(out_dir)
    done = solve_and_write(name, scenario, folder, out_dir, data=data, lang=lang)
    show_warnings(done.run.warnings, lang)
    show_facts(done.facts, lang)
    out.print(word("report_at", lang, path=done.report), markup=False)
    return _has_answer(done.run, lang)


def solve_and_write(
    name: JobName,
    scenario: Scenario,
    folder: Path,
    out_dir: Path,
    *,
    data: Path | None,
    lang: Lang,
) -> Done:
    """Run a job under a progress bar and write everything it hands out."""
    limits = _limits(scenario, name)
    seconds = limits.seconds if limits else None
    with job_progress(word(f"job_{name}", lang), lang, seconds) as job:
        contacts = ContactStore(data)
        run = _solve(name, scenario, folder, job, contacts)
        job.say("writing")
        outcome = outcome_of(run)

        def paper(folder: Path) -> None:
            _write_paper(run, folder / "sheets", contacts, lang)

        report = write_run(run, out_dir, lang=lang, outcome=outcome, more=paper)
    return Done(run, outcome.report.facts, report)


def check_folder(folder: Path, lang: Lang) -> bool:
    """Check the answer in a folder, or those in its sub-folders; True where all are clean."""
    inside = sorted(path.parent for path in folder.glob("*/answer.json"))
    answers = inside if inside and not (folder / "answer.json").exists() else [folder]
    clean = True
    for answer in answers:
        findings = check_run(answer)
        if findings:
            clean = False
            out.print(word("violations", lang, path=answer, count=len(findings)), style="red")
            for finding in findings:
                out.print(f"  {finding.text(lang)}", markup=False)
        else:
            out.print(word("clean", lang, path=answer), style="green")
    return clean


def describe_network(
    source: Path,
    layer: str | None,
    crs: str,
    name: str | None,
    drop: Sequence[str],
    save_as: Path | None,
    lang: Lang,
) -> None:
    """Read streets, print their components, save them where asked."""
    wanted = NetworkInput(
        source=LayerInput(path=source.absolute(), layer=layer, crs=crs),
        name=name,
        drop_names=list(drop),
        largest_component=False,
    )
    faults = Faults()
    reader = LayerReader(Path(), faults)
    streets = read_streets(wanted, reader)
    faults.raise_if_any()
    assert streets is not None
    show_warnings(reader.warnings, lang)
    parts = streets.components()
    total = sum(part.length_m for part in parts) / 1000
    counts = {"nodes": streets.n_nodes, "edges": streets.n_edges, "count": len(parts)}
    out.print(word("components", lang, km=f"{total:,.1f}", **counts))
    table = Table()
    table.add_column(word("component", lang), justify="right")
    for column in ("nodes", "edges", "length_km"):
        table.add_column(word(column, lang), justify="right")
    for number, part in enumerate(parts[:10], start=1):
        figures = (f"{part.nodes:,}", f"{part.edges:,}", f"{part.length_m / 1000:,.2f}")
        table.add_row(str(number), *figures)
    out.print(table)
    if save_as is not None:
        streets.save(save_as)
        out.print(word("saved", lang, path=save_as), markup=False)


def _limits(scenario: Scenario, name: JobName) -> _Limits | None:
    """Where the job's seconds and seed stand in its scenario; None without the part."""
    if name == "plan":
        return None if scenario.plan is None else scenario.plan.objective
    limits: _Limits | None = getattr(scenario, _PARTS[name])
    return limits


def _with_options(
    scenario: Scenario, name: JobName, seconds: float | None, seed: int | None
) -> Scenario:
    """The scenario with the options given on the command line in place of its own."""
    given = {"seconds": seconds, "seed": seed}
    changes = {key: value for key, value in given.items() if value is not None}
    limits, part = _limits(scenario, name), _PARTS[name]
    if limits is None or not changes:
        return scenario
    changed: BaseModel = limits.model_copy(update=changes)
    if name == "plan":
        changed = getattr(scenario, part).model_copy(update={"objective": changed})
    return scenario.model_copy(update={part: changed})


def _solve(
    name: JobName, scenario: Scenario, folder: Path, job: Job, contacts: ContactStore
) -> Run:
    limits = _limits(scenario, name)
    stop = Stop(
        seconds=limits.seconds if limits else None,
        iterations=getattr(limits, "iterations", None),
        cancelled=job.cancelled,
    )
    if name == "site":
        return run_siting(scenario, folder, stop=stop, progress=job.hear)
    if name == "plan":
        return run_plan(scenario, folder, stop=stop, progress=job.hear)
    intake = Intake(pseudonyms=contacts.pseudonyms())
    runs: dict[str, Callable[..., Run]] = {
        "visits": run_visits,
        "meals": run_meals,
        "week": run_week,
    }
    try:
        return runs[name](scenario, folder, stop=stop, progress=job.hear, intake=intake)
    finally:
        if intake.contacts:
            contacts.put(intake.contacts)


def _write_paper(run: Run, folder: Path, contacts: ContactStore, lang: Lang) -> None:
    """Printed sheets: the only files in which names, phones and doors appear."""
    if isinstance(run, SitingRun | PlanRun):
        return
    if isinstance(run, WeekRun):
        people = contacts.get(week_people(run))
        write_sheets(folder, "carers", week_carer_sheets(run, people, lang), lang)
        write_sheets(folder, "clients", week_client_sheets(run, people, lang), lang)
        return
    known = contacts.get(people_of(run))
    if isinstance(run, VisitsRun):
        sheets = carer_sheets(run, run.case.day.catalogue, known, lang)
        write_sheets(folder, "carers", sheets, lang)
    else:
        write_sheets(folder, "loading", loading_lists(run, known, lang), lang)


def _has_answer(run: Run, lang: Lang) -> bool:
    if run.answer.result.status in (Status.OPTIMAL, Status.FEASIBLE):
        return True
    err.print(word("no_answer", lang), style="red")
    if isinstance(run, PlanRun):
        _tell_why_none(run, lang)
    return False


def _tell_why_none(run: PlanRun, lang: Lang) -> None:
    """Why there is no plan: rules in conflict, or too little time."""
    if run.why_none is None:
        err.print(getattr(NOTHING_KNOWN, lang), markup=False)
        return
    err.print(word("conflict", lang))
    for rule in most_of_conflict(run.conflict):
        err.print(f"  {getattr(rule, lang)}", markup=False)
    err.print(getattr(conflict_note(run.why_none), lang), markup=False)
