"""Floors are told as the solver and the checker count them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.siting.plan.checking.figures import figures_of
from scenarios.plan.outcome import plan_outcome
from scenarios.plan.run import PlanRun
from tests.plan_town import plan, solved


@pytest.fixture(scope="module")
def faded(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """Services that fade from the first minute on, with a floor for each."""
    services = [{**each, "full_minutes": 0.5} for each in plan()["plan"]["services"]]
    return solved(
        tmp_path_factory.mktemp("faded"),
        services=services,
        floors=[
            {"share": 0.2, "service": "care", "per": "subdistrict", "from_year": 2027},
            {"share": 0.01, "service": "meals"},
        ],
    )


def test_floors_fade_by_distance_as_the_checker_counts(faded: PlanRun) -> None:
    problem, answer = faded.problem, faded.answer
    checked = figures_of(problem, answer.option.astype(np.int64), answer.assignments).row_value
    floors = problem.floors
    assert len(faded.floors) == 3
    for number, each in enumerate(faded.floors):
        rows = floors.demand[floors.indptr[number] : floors.indptr[number + 1]]
        assert each.share == int(checked[each.year][rows].sum()) / each.row.full
        worth = problem.demand.weight[rows] * problem.units_per_person
        plain = (faded.served[each.year, rows] * worth).sum() / each.row.full
        assert each.low <= each.share < plain and each.met


def test_today_fades_as_the_plan_does(faded: PlanRun) -> None:
    """S1 stands 50 m from 100 residents, S2 150 m from 300: at 1.2 and 0.5 m/s."""
    west = faded.floors[0]
    # 60 young walk 41.7 s of 300, full up to 30 s; 20 old of weight 2 walk 100 s of 600.
    served = 60 * (300 - 50 / 1.2) / 270 + 2 * 20 * (600 - 100) / 570
    assert west.today == pytest.approx(served / (300 * 0.6 + 2 * 300 * 0.2), rel=1e-3)


def test_without_a_plan_the_share_is_todays(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        years=[{"label": 2026}, {"label": 2027, "running_yuan": 3000}],
        rules=[{"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027}],
        floors=[{"share": 0.1, "service": "care"}],
    )
    (floor,) = found.floors
    assert not found.solved and floor.share == floor.today > 0


def test_the_front_names_its_measure(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        explain={"pareto": {"points": 2, "share_levels": 1}, "seconds": 5},
    )
    sheet = next(each for each in plan_outcome(found).sheets if each.name == "pareto")
    labels = {column.key: column.label for column in sheet.columns}
    assert "weighted and faded share" in labels["share"].en
    assert "按权重与距离" in labels["share"].zh
