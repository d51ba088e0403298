"""``carecircle demo``: a generated town, and the four jobs on it, one after the other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from api.codes import NOT_A_DEMO
from api.console import err, out, show_facts
from api.jobs import Done, JobName, check_folder, solve_and_write
from api.words import word
from base.faults import FaultError, Lang
from scenarios.demo import generate, write_town
from scenarios.files import load_scenario
from scenarios.index_page import ReportLink, write_index
from scenarios.model import Scenario, Text

__all__ = ["tour"]

_JOBS: tuple[JobName, ...] = ("site", "plan", "visits", "meals")
_MARK = "town/scenario.yaml"
_PLAN_SECONDS = 15.0
"""What the plan over years gets at least: a first plan within all its rules takes some seconds."""
_SUBTITLE = Text(
    zh="生成的示范城镇：四项任务及其独立检验", en="A generated town: four jobs, each checked"
)


def tour(
    out_dir: Path, *, size: Literal["S", "M", "L"], seed: int, seconds: float, lang: Lang
) -> bool:
    """Generate the town, run and check every job; True where every check passes.

    Raises:
        FaultError: the folder holds something else than an earlier demo (CC-A001).
    """
    if out_dir.exists() and any(out_dir.iterdir()) and not (out_dir / _MARK).exists():
        raise FaultError([NOT_A_DEMO(out_dir)])
    with err.status(word("town", lang)):
        shutil.rmtree(out_dir / "town", ignore_errors=True)
        path = write_town(generate(size, seed), out_dir / "town")
        scenario, folder = load_scenario(path)
    limited = _with_seconds(scenario, seconds)
    done: dict[JobName, Done] = {}
    for name in _JOBS:
        done[name] = solve_and_write(
            name,
            limited,
            folder,
            out_dir / name,
            data=out_dir / "data",
            lang=lang,
        )
        show_facts(done[name].facts, lang)
    clean = check_folder(out_dir, lang)
    index = out_dir / "index.html"
    links = [_link(name, done[name], out_dir) for name in _JOBS]
    write_index(index, scenario.name, _SUBTITLE, links, scenario.assumptions, lang)
    out.print(word("report_at", lang, path=index.absolute()), markup=False)
    return clean


def _with_seconds(scenario: Scenario, seconds: float) -> Scenario:
    """The scenario with the same seconds for every job."""
    limits: dict[str, BaseModel] = {
        part: getattr(scenario, part).model_copy(update={"seconds": seconds})
        for part in ("siting", "visits", "meals")
    }
    assert scenario.plan is not None
    objective = scenario.plan.objective.model_copy(update={"seconds": max(seconds, _PLAN_SECONDS)})
    limits["plan"] = scenario.plan.model_copy(update={"objective": objective})
    return scenario.model_copy(update=limits)


def _link(name: JobName, done: Done, out_dir: Path) -> ReportLink:
    title = Text(zh=word(f"job_{name}", "zh"), en=word(f"job_{name}", "en"))
    papers = tuple(
        (Text(zh=path.suffix[1:].upper(), en=path.suffix[1:].upper()), f"{name}/sheets/{path.name}")
        for path in sorted((out_dir / name / "sheets").glob("*"))
    )
    return ReportLink(title, f"{name}/report.html", done.facts, papers)
