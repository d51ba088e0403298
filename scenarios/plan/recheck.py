"""A written plan read back and checked: the arrays, the answer, and what its tables say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
from numpy.typing import NDArray

from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.problem import (
    Assignments,
    PlanAnswer,
    PlanObjective,
    PlanProblem,
    PlanRequest,
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

__all__ = ["check_plan"]

_HALF = 0.51
"""Tables round units and yuan to whole ones."""
_TENTH = 0.051
"""Loads are rounded to one decimal."""


def check_plan(folder: Path, answer: Answer) -> Iterator[Finding]:
    """Everything that is wrong with a written plan; figures are recomputed from its arrays."""
    yield from common_findings(folder, answer)
    arrays = read_arrays(folder / "problem.npz")
    problem = PlanProblem(**columns(arrays, PlanProblem))
    stored = _stored(answer)
    violations = check(problem, _request(answer["request"]), stored)
    yield from violation_findings(violations)
    if violations:
        return  # the tables cannot be recomputed from what is unsound
    today = _assignments(answer["assignments_today"])
    yield from _check_today(problem, today)
    served = [_served(problem, problem.sites.current, today, 0)]
    if stored.option.size:
        option, assignments = stored.option, stored.assignments
        yield from _check_changes(folder, answer, problem, option)
        yield from _check_network(folder, answer, option[-1], stored.parent[-1])
        yield from _check_money(folder, answer, problem, option)
        if problem.capacitated.any():
            yield from _check_loads(folder, answer, problem, option, assignments)
        served += [_served(problem, row, assignments, year) for year, row in enumerate(option)]
    else:  # no plan: the tables tell of today
        nothing = np.full(problem.n_sites, -1, dtype=np.int32)
        yield from _check_network(folder, answer, problem.sites.current, nothing)
    place = arrays["extra_district"] if answer["ids"]["subdistricts"] else None
    masks = list(_coverage_rows(problem, place))
    yield from _check_coverage(folder, "coverage.csv", problem, masks, served)
    groups = list(_group_rows(problem, place, answer["group_cells"], len(answer["ids"]["groups"])))
    if groups:
        yield from _check_coverage(folder, "groups.csv", problem, groups, served)


def _stored(answer: Answer) -> PlanAnswer:
    option, parent = (
        np.array(answer[name] or np.zeros((0, 0)), dtype=np.int32) for name in ("option", "parent")
    )
    return PlanAnswer(
        option=option,
        parent=parent,
        assignments=_assignments(answer["assignments"]),
        quota_site=np.array(answer["quota_site"], dtype=np.int32),
        result=result(answer["result"]),
        shares=np.array(answer["shares"], dtype=np.int64),
        share_bounds=np.array(answer["share_bounds"], dtype=np.int64),
    )


def _assignments(data: Mapping[str, Sequence[int]]) -> Assignments:
    year, row, site = (np.array(data[name], dtype=np.int32) for name in ("year", "row", "site"))
    return Assignments(
        year=year, row=row, site=site, amount=np.array(data["amount"], dtype=np.int64)
    )


def _request(data: Mapping[str, Any]) -> PlanRequest:
    lists = {
        "forced": tuple(data["forced"]),
        "banned": tuple(data["banned"]),
        "differ_from": tuple((tuple(options), most) for options, most in data["differ_from"]),
    }
    return PlanRequest(**{**data, "objective": PlanObjective(data["objective"]), **lists})


def _check_changes(
    folder: Path, answer: Answer, problem: PlanProblem, option: NDArray[np.int32]
) -> Iterator[Finding]:
    ids, lang = answer["ids"], answer["lang"]
    names = [text[lang] for text in answer["names"]["options"]]
    expected, cost = [], []
    before = problem.sites.current
    for year, now in enumerate(option):
        for site in np.flatnonzero(now != before).tolist():
            was, is_now = int(before[site]), int(now[site])
            expected.append(
                (
                    ids["years"][year],
                    ids["sites"][site],
                    names[was] if was >= 0 else None,
                    names[is_now] if is_now >= 0 else None,
                )
            )
            fen = problem.options.opening_cost[is_now] if is_now >= 0 else 0
            fen += problem.sites.closing_cost[site] if is_now < 0 else 0
            cost.append(float(fen) / 100)
        before = now
    rows = csv_rows(folder / "changes.csv", 10)
    if [(row[0], row[1], row[4], row[5]) for row in rows] != expected:
        yield differs("changes.csv", "逐年变动", "the list of changes")
    elif not _alike([row[9] for row in rows], cost, _HALF):
        yield differs("changes.csv", "一次性费用", "what changes cost")


def _check_network(
    folder: Path, answer: Answer, option: NDArray[np.int32], parent: NDArray[np.int32]
) -> Iterator[Finding]:
    ids, lang = answer["ids"]["sites"], answer["lang"]
    what = [text[lang] for text in answer["names"]["options"]]
    name = [text[lang] for text in answer["names"]["sites"]]
    expected = [
        (ids[site], what[option[site]], name[parent[site]] if parent[site] >= 0 else None)
        for site in np.flatnonzero(option >= 0).tolist()
    ]
    rows = csv_rows(folder / "network.csv", 8)
    if [(row[0], row[2], row[7]) for row in rows] != expected:
        yield differs("network.csv", "设施网络", "the network")
    layer = pyogrio.read_dataframe(folder / "result.gpkg", layer="network")
    standing = layer["site_id"][layer["state"] != "closed"]
    if list(standing) != [row[0] for row in expected]:
        yield differs("result.gpkg", "设施图层", "the layer of what stands")


def _check_money(
    folder: Path, answer: Answer, problem: PlanProblem, option: NDArray[np.int32]
) -> Iterator[Finding]:
    years = answer["ids"]["years"]
    opening, closing, running = [], [], []
    before = problem.sites.current
    for now in option:
        starts = now[(now >= 0) & (now != before)]
        opening.append(int(problem.options.opening_cost[starts].sum()) / 100)
        ends = (before >= 0) & (now < 0)
        closing.append(int(problem.sites.closing_cost[ends].sum()) / 100)
        running.append(int(problem.options.yearly_cost[now[now >= 0]].sum()) / 100)
        before = now
    rows = csv_rows(folder / "money.csv", 7)
    if [row[0] for row in rows[:-1]] != years:
        yield differs("money.csv", "年度", "the list of years")
        return
    for column, told in ((1, opening), (2, closing), (6, running)):
        if not _alike([row[column] for row in rows], [*told, sum(told)], _HALF):
            yield differs("money.csv", "资金", "money by year")
            return


def _check_loads(
    folder: Path,
    answer: Answer,
    problem: PlanProblem,
    option: NDArray[np.int32],
    assignments: Assignments,
) -> Iterator[Finding]:
    ids, service = answer["ids"], problem.demand.service[assignments.row]
    load = np.zeros((*option.shape, problem.n_services))
    np.add.at(load, (assignments.year, assignments.site, service), assignments.amount)
    expected, units = [], []
    for number in np.flatnonzero(problem.capacitated).tolist():
        for year, shown in enumerate(option):
            room = np.where(shown >= 0, problem.options.capacity[shown, number], 0)
            for site in np.flatnonzero(room).tolist():
                expected.append((ids["years"][year], ids["sites"][site]))
                units.append(float(load[year, site, number]) / problem.units_per_person)
    rows = csv_rows(folder / "loads.csv", 6)
    known = [(row[0], row[1]) for row in rows] == expected
    if not known or not _alike([row[5] for row in rows], units, _TENTH):
        yield differs("loads.csv", "服务量", "the loads")


def _check_today(problem: PlanProblem, today: Assignments) -> Iterator[Finding]:
    """Today's use of today's places: nobody twice, no place twice, everything within reach."""
    n = problem.n_demand
    service = problem.demand.service[today.row]
    room = np.append(problem.options.capacity, np.zeros((1, problem.n_services), np.int64), axis=0)
    load = np.zeros((problem.n_sites, problem.n_services), dtype=np.int64)
    np.add.at(load, (today.site, service), today.amount)
    room = room[problem.sites.current]
    served = np.bincount(today.row, today.amount, minlength=n)
    reach = problem.reach
    site = np.repeat(np.arange(problem.n_sites), np.diff(reach.indptr))
    within = reach.cost <= problem.demand.radius[reach.demand]
    pairs = np.isin(
        today.site.astype(np.int64) * n + today.row, site[within] * n + reach.demand[within]
    )
    if ((room >= 0) & (load > room)).any() or (served > problem.demand.amount).any():
        yield differs("answer.json", "现状服务量", "who is served today")
    elif not pairs.all():
        yield differs("answer.json", "现状服务范围", "who is served today")


def _served(
    problem: PlanProblem, shown: NDArray[np.int32], assignments: Assignments, year: int
) -> NDArray[np.float64]:
    """Units of every row that are covered or assigned in one year."""
    units = np.zeros(problem.n_demand)
    mine = assignments.year == year
    np.add.at(units, assignments.row[mine], assignments.amount[mine])
    limited, reach = problem.capacitated, problem.reach
    for site in np.flatnonzero(shown >= 0):
        span = slice(reach.indptr[site], reach.indptr[site + 1])
        rows = reach.demand[span][reach.cost[span] <= problem.demand.radius[reach.demand[span]]]
        service = problem.demand.service[rows]
        offered = (problem.options.capacity[shown[site], service] != 0) & ~limited[service]
        units[rows[offered]] = problem.demand.amount[rows[offered]]
    return units / problem.units_per_person


def _check_coverage(
    folder: Path,
    file: str,
    problem: PlanProblem,
    masks: Sequence[NDArray[np.bool_]],
    served: Sequence[NDArray[np.float64]],
) -> Iterator[Finding]:
    """Units asked, served today and (with a plan) every year, row by row of the table."""
    asked = problem.demand.amount / problem.units_per_person
    expected = [[float(values[mine].sum()) for values in (asked, *served)] for mine in masks]
    rows = csv_rows(folder / file, 7 + 2 * problem.n_years)
    units = [4, 5, *range(7, 7 + 2 * (len(served) - 1), 2)]
    got = [[row[at] for at in units] for row in rows]
    alike = len(got) == len(expected) and all(
        _alike(told, figures, _HALF) for told, figures in zip(got, expected, strict=True)
    )
    if not alike:
        yield differs(file, "覆盖数量", "how many are served")


def _coverage_rows(
    problem: PlanProblem, place: NDArray[np.int32] | None
) -> Iterator[NDArray[np.bool_]]:
    """bool[n] per row of the table: services, in each of them places, in each of them groups."""
    demand = problem.demand
    for service in range(problem.n_services):
        of_service = demand.service == service
        numbers = [] if place is None else np.unique(place[of_service]).tolist()
        inside = [each for each in numbers if each >= 0]
        groups = np.unique(demand.group[of_service]).tolist()
        for where in [None, *inside, *([-1] if -1 in numbers else [])]:
            for group in [None, *(groups if len(groups) > 1 else [])]:
                mine = of_service if where is None else of_service & (place == where)
                mine = mine if group is None else mine & (demand.group == group)
                if mine.any():
                    yield mine


def _group_rows(
    problem: PlanProblem,
    place: NDArray[np.int32] | None,
    group_cells: Sequence[Sequence[int]],
    n_cells: int,
) -> Iterator[NDArray[np.bool_]]:
    """bool[n] per row of the table of named groups: the whole, then sub-districts."""
    demand = problem.demand
    for service in range(problem.n_services):
        for cells in group_cells:
            lived = np.isin(demand.group, cells) & (demand.group < n_cells)
            mine = (demand.service == service) & lived
            inside = [] if place is None else np.unique(place[mine & (place >= 0)]).tolist()
            if mine.any():
                yield mine
                yield from (mine & (place == each) for each in inside)


def _alike(told: Sequence[str | None], figures: Sequence[float], tolerance: float) -> bool:
    if len(told) != len(figures) or any(cell is None for cell in told):
        return False
    numbers = np.array([float(cell) for cell in told if cell is not None])
    return bool((np.abs(numbers - np.array(figures)) <= tolerance).all()) if numbers.size else True
