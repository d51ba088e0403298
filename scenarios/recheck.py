"""A written answer read back and checked: arrays, answer and tables against each other."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray

from base.faults import FaultError, Lang
from geo.tables_out import unescape
from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import check as check_routing
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import (
    Plan,
    Reason,
    Route,
    RoutingAnswer,
    Step,
    StepKind,
    Unserved,
)
from optimizer.siting.check import check as check_siting
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from scenarios.codes import NO_ANSWER_HERE, UNKNOWN_SCHEMA, UNREADABLE_ANSWER
from scenarios.model import Text
from scenarios.outcome import SCHEMA_VERSION
from scenarios.words import clock

__all__ = ["Finding", "check_run"]

_PERSONS_TOLERANCE = 1.0
"""Tables round persons to whole ones; sums may differ by that much."""

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a written answer.

    Attributes:
        kind: the checker's name of the broken rule, or ``arrays_changed``, ``table_differs``.
        where: the file.
        words: what is wrong.
    """

    kind: str
    where: str
    words: Text

    def text(self, lang: Lang = "en") -> str:
        """One line: file, rule, what is wrong."""
        return f"{self.where}: {self.kind}: {getattr(self.words, lang)}"


def check_run(folder: Path) -> tuple[Finding, ...]:
    """Everything that is wrong with an answer that ``write_run`` wrote.

    The arrays must be those that were solved (hash), the independent checker must find nothing,
    and tables and summary must say what the answer says.

    Raises:
        FaultError: no such answer (CC-S251), one that cannot be read (CC-S252), or one of
            another schema (CC-S253).
    """
    folder = Path(folder)
    for name in ("answer.json", "problem.npz", "summary.json"):
        if not (folder / name).is_file():
            raise FaultError([NO_ANSWER_HERE(folder, missing=name)])
    answer = _read_json(folder / "answer.json")
    try:
        return tuple(_CHECKS[answer["kind"]](folder, answer))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OSError) as error:
        if isinstance(error, FaultError):
            raise
        why = f"{type(error).__name__}: {error}"
        raise FaultError([UNREADABLE_ANSWER(folder, why=why)]) from error


# --- reading --------------------------------------------------------------------------------------


def _read_json(path: Path) -> Answer:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FaultError([UNREADABLE_ANSWER(path, why=str(error))]) from error
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version") if isinstance(data, dict) else None
        raise FaultError([UNKNOWN_SCHEMA(path, version=version, known=SCHEMA_VERSION)])
    return data


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here: np.load leaves a file open that it cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FaultError([UNREADABLE_ANSWER(path, why=str(error))]) from error
    if int(arrays.get("schema_version", np.int64(-1))) != SCHEMA_VERSION:
        version = arrays.get("schema_version")
        raise FaultError([UNKNOWN_SCHEMA(path, version=version, known=SCHEMA_VERSION)])
    return arrays


def _columns(arrays: Mapping[str, NDArray[Any]], kind: type) -> dict[str, Any]:
    """The fields of a problem; scalars come back as integers."""
    fields = [field.name for field in dataclasses.fields(kind)]
    return {name: int(arrays[name]) if arrays[name].ndim == 0 else arrays[name] for name in fields}


def _result(data: Mapping[str, Any]) -> SolveResult:
    return SolveResult(
        status=Status(data["status"]),
        stop_reason=StopReason(data["stop_reason"]),
        objective=data["objective"],
        bound=data["bound"],
        seconds=data["seconds"],
        seed=data["seed"],
        solver=data["solver"],
        parts=data["parts"],
        versions=data["versions"],
    )


# --- findings -------------------------------------------------------------------------------------


def _common(folder: Path, answer: Answer) -> Iterator[Finding]:
    digest = hashlib.sha256((folder / "problem.npz").read_bytes()).hexdigest()
    if digest != answer["problem_sha256"]:
        words = Text(
            zh="文件内容与求解时不同（哈希不符）",
            en="the file is not the one that was solved (its hash differs)",
        )
        yield Finding("arrays_changed", "problem.npz", words)
    summary = _read_json(folder / "summary.json")
    if summary["result"] != answer["result"]:
        yield _differs("summary.json", "求解结果", "the result")


def _differs(where: str, zh: str, en: str) -> Finding:
    words = Text(zh=f"{zh}与 answer.json 不一致", en=f"{en} differs from answer.json")
    return Finding("table_differs", where, words)


def _violations(found: Sequence[Any]) -> Iterator[Finding]:
    for violation in found:
        words = Text(zh=violation.text("zh"), en=violation.text("en"))
        yield Finding(str(violation.kind), "answer.json", words)


def _csv(path: Path, width: int) -> list[tuple[str | None, ...]]:
    """The first ``width`` columns of a table that we wrote; headers differ by language."""
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    rows = frame.iloc[:, :width].itertuples(index=False, name=None)
    return [tuple(unescape(cell) or None for cell in row) for row in rows]


def _check_siting(folder: Path, answer: Answer) -> Iterator[Finding]:
    yield from _common(folder, answer)
    arrays = _read_arrays(folder / "problem.npz")
    problem = SitingProblem(**_columns(arrays, SitingProblem))
    request = SitingRequest(Question(answer["request"]["question"]), answer["request"]["new_sites"])
    sites = np.array(answer["open_sites"], dtype=np.int32)
    yield from _violations(
        check_siting(problem, request, SitingAnswer(sites, _result(answer["result"])))
    )
    ids = answer["ids"]["sites"]
    inside = sites[(sites >= 0) & (sites < problem.n_sites)]
    new = {ids[site] for site in inside if problem.site_status[site] != SiteStatus.EXISTING}
    ordered = [ids[site] for site in answer["new_sites_in_order"]]
    if set(ordered) != new or len(ordered) != len(new):
        yield _differs("answer.json", "新站排序", "the order of new sites")
    if [row[1] for row in _csv(folder / "chosen_sites.csv", 2)] != ordered:
        yield _differs("chosen_sites.csv", "新站", "the list of new sites")
    layer = pyogrio.read_dataframe(folder / "result.gpkg", layer="chosen_sites")
    if list(layer["site_id"]) != ordered:
        yield _differs("result.gpkg", "新站图层", "the layer of new sites")
    yield from _check_coverage(folder, problem, arrays["extra_persons"], inside)


def _check_coverage(
    folder: Path, problem: SitingProblem, persons: NDArray[np.float64], sites: NDArray[np.int32]
) -> Iterator[Finding]:
    """The table's first row (everybody) against the reach lists."""
    cells = _csv(folder / "coverage.csv", 6)[0]
    existing = np.flatnonzero(problem.site_status == SiteStatus.EXISTING)
    after = sites if sites.size else existing
    expected = [
        float(persons.sum()),
        float(persons[_covered(problem, existing)].sum()),
        float(persons[_covered(problem, after)].sum()),
    ]
    got = [float(cell) for cell in (cells[2], cells[3], cells[5]) if cell is not None]
    if len(got) != len(expected) or np.max(np.abs(np.subtract(got, expected))) > _PERSONS_TOLERANCE:
        yield _differs("coverage.csv", "覆盖人数", "the number of persons covered")


def _covered(problem: SitingProblem, sites: NDArray[Any]) -> NDArray[np.bool_]:
    """Rows within reach; written out here, since the solver's own function is what is tested."""
    hit = np.zeros(problem.n_demand, dtype=bool)
    for site in sites:
        span = slice(problem.reach_indptr[site], problem.reach_indptr[site + 1])
        rows = problem.reach_demand[span]
        hit[rows[problem.reach_cost[span] <= problem.demand_radius[rows]]] = True
    return hit


def _check_rounds(folder: Path, answer: Answer) -> Iterator[Finding]:
    yield from _common(folder, answer)
    arrays = _read_arrays(folder / "problem.npz")
    problem = RoutingProblem(**_columns(arrays, RoutingProblem))
    routes = tuple(_route(row) for row in answer["routes"])
    plan = Plan(routes, tuple(answer["unserved"]))
    reasons = tuple(
        Unserved(row["task"], Reason(row["reason"]), row["detail"]) for row in answer["reasons"]
    )
    stored = RoutingAnswer(plan, reasons, _result(answer["result"]), answer["counts"])
    yield from _violations(check_routing(problem, stored))
    tasks, vehicles = answer["ids"]["tasks"], answer["ids"]["vehicles"]
    expected = [
        (vehicles[route.vehicle], tasks[step.index], clock(step.start), clock(step.finish))
        for route in routes
        for step in route.steps
        if step.kind is StepKind.TASK
    ]
    if _csv(folder / "rounds.csv", 4) != expected:
        yield _differs("rounds.csv", "线路", "the rounds")
    # A meal's task is a stop with several orders; what lacked stock never became a task.
    members = answer.get("orders_of_task") or [[task] for task in tasks]
    left = [order for task in plan.unserved for order in members[task]]
    left += answer.get("never_planned", [])
    if sorted(str(row[0]) for row in _csv(folder / "unserved.csv", 1)) != sorted(left):
        yield _differs("unserved.csv", "未服务清单", "the list of what is unserved")


def _route(row: Mapping[str, Any]) -> Route:
    steps = tuple(
        Step(StepKind(kind), index, arrive, start, finish)
        for kind, index, arrive, start, finish in row["steps"]
    )
    return Route(row["vehicle"], row["depart"], row["end"], steps)


_CHECKS: Mapping[str, Callable[[Path, Answer], Iterator[Finding]]] = {
    "siting": _check_siting,
    "visits": _check_rounds,
    "meals": _check_rounds,
}
