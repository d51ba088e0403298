"""The plan that a demo town's network was drawn around, as an answer that the checker reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimizer.result import SolveResult, Status, StopReason
from optimizer.siting.plan.checking.figures import figures_of
from optimizer.siting.plan.model.attach import attach
from optimizer.siting.plan.problem import Assignments, PlanAnswer, PlanProblem
from scenarios.demo import DemoTown, write_town
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.plan.case import PlanCase, compile_plan
from scenarios.plan.today import serve_today


def compiled(town: DemoTown, folder: Path) -> PlanCase:
    """The plan part of a town's scenario."""
    scenario, root = load_scenario(write_town(town, folder))
    assert scenario.plan is not None
    return compile_plan(scenario.plan, open_district(scenario, root))


def drawn_answer(town: DemoTown, case: PlanCase) -> PlanAnswer:
    """The drawn plan with the best use of its places; it claims no bound."""
    problem = case.problem
    option = _options(town, case)
    parents = [attach(problem, shown) for shown in option]
    assert all(each is not None for each in parents), "a site hangs on nothing"
    assignments = _serve(problem, option)
    quota = {
        name: number for number, name in enumerate(case.sites["site_id"].iloc[case.quota_sites])
    }
    given = np.full(len(problem.quotas), -1, dtype=np.int32)
    numbers = {name: number for number, name in enumerate(case.sites["site_id"])}
    for each in town.network.plan:
        given[[quota[name] for name in each.quotas]] = numbers[each.site]
    value = figures_of(problem, option, assignments).value
    result = SolveResult(
        Status.FEASIBLE, StopReason.FINISHED, sum(value.values()), None, 0.0, None, "drawn", value
    )
    return PlanAnswer(
        option=option.astype(np.int32),
        parent=np.array(parents, dtype=np.int32),
        assignments=assignments,
        quota_site=given,
        result=result,
    )


def _options(town: DemoTown, case: PlanCase) -> NDArray[np.int64]:
    """int64[T, m], what the plan shows at every site."""
    rows = zip(case.options["site_id"], case.options["level"], case.options["size"], strict=True)
    number = {row: at for at, row in enumerate(rows)}
    option = np.full((case.problem.n_years, case.problem.n_sites), -1, dtype=np.int64)
    for each in town.network.plan:
        row = number[(each.site, each.level, each.size)]
        option[each.year :, case.problem.options.site[row]] = row
    return option


def _serve(problem: PlanProblem, option: NDArray[np.int64]) -> Assignments:
    """Every year's places put to their best use."""
    years = []
    for year, shown in enumerate(option):
        free = problem.options.replace(first_year=np.zeros(problem.n_options, dtype=np.int32))
        now = problem.replace(
            sites=problem.sites.replace(current=shown.astype(np.int32)), options=free
        )
        entries = serve_today(now)
        years.append((np.full(entries.row.size, year), entries))
    return Assignments(
        year=np.concatenate([year for year, _ in years]).astype(np.int32),
        row=np.concatenate([each.row for _, each in years]),
        site=np.concatenate([each.site for _, each in years]),
        amount=np.concatenate([each.amount for _, each in years]),
    )
