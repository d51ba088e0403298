"""A written week read back and checked: arrays, answer and tables against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from optimizer.routing.solution import (
    Plan,
    Reason,
    Route,
    RoutingAnswer,
    Step,
    StepKind,
    Unserved,
)
from optimizer.routing.week.check import check_week
from optimizer.routing.week.day_problem import DayLimits, day_problem
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.solution import (
    WeekAnswer,
    WeekDay,
    WeekReason,
    WeekUnserved,
    WeekVisit,
)
from scenarios.recheck_files import (
    Answer,
    Finding,
    columns,
    common_findings,
    csv_rows,
    differs,
    read_arrays,
    result,
    violation_findings,
)

__all__ = ["check_stored_week"]


def check_stored_week(folder: Path, answer: Answer) -> Iterator[Finding]:
    """Everything that is wrong with a week that ``write_run`` wrote."""
    yield from common_findings(folder, answer)
    arrays = read_arrays(folder / "problem.npz")
    problem = WeekProblem(**columns(arrays, WeekProblem))
    names = ("opens", "closes", "work", "starts")
    limits = DayLimits(*(arrays[f"limit_{name}"] for name in names))
    visits = tuple(
        WeekVisit(need, number, day, tuple(carers), start)
        for need, number, day, carers, start in answer["visits"]
    )
    stored = WeekAnswer(
        visits=visits,
        unserved=tuple(
            WeekUnserved(u["need"], u["number"], u["day"], _reason(u["reason"]), u["detail"])
            for u in answer["unserved"]
        ),
        days=tuple(_day(problem, limits, day, row) for day, row in enumerate(answer["days"])),
        limits=limits,
        result=result(answer["result"]),
        work=tuple(tuple(day) for day in answer["work"]),
        carers_per_client=tuple(answer["carers_per_client"]),
        counts=answer["counts"],
    )
    yield from violation_findings(check_week(problem, stored))
    needs, carers = answer["ids"]["needs"], answer["ids"]["carers"]
    expected = sorted(
        (needs[v.need], str(v.number + 1), "; ".join(carers[c] for c in v.carers)) for v in visits
    )
    rows = csv_rows(folder / "visits.csv", 7)
    if sorted((str(row[0]), str(row[1]), str(row[6])) for row in rows) != expected:
        yield differs("visits.csv", "一周服务安排", "the week's visits")
    left = sorted((needs[u.need], str(u.number + 1)) for u in stored.unserved)
    listed = csv_rows(folder / "unserved.csv", 2)
    if sorted((str(row[0]), str(row[1])) for row in listed) != left:
        yield differs("unserved.csv", "未安排的服务", "the list of visits not made")


def _reason(word: str) -> Reason | WeekReason:
    return WeekReason(word) if word in set(WeekReason) else Reason(word)


def _day(problem: WeekProblem, limits: DayLimits, day: int, row: Mapping[str, Any]) -> WeekDay:
    visits = tuple((need, number) for need, number in row["visits"])
    routes = tuple(
        Route(
            route["vehicle"],
            route["depart"],
            route["end"],
            tuple(
                Step(StepKind(kind), index, arrive, start, finish)
                for kind, index, arrive, start, finish in route["steps"]
            ),
        )
        for route in row["routes"]
    )
    reasons = tuple(
        Unserved(each["task"], Reason(each["reason"]), each["detail"]) for each in row["reasons"]
    )
    plan = Plan(routes, tuple(row["unserved"]))
    answer = RoutingAnswer(plan, reasons, result(row["result"]), row["counts"])
    return WeekDay(day, day_problem(problem, limits, day, visits), visits, answer)
