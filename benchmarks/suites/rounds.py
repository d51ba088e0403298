"""What ``day`` and ``meals`` share: our routing solver on a compiled problem, checked."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.suite import Limits, Outcome
from optimizer.routing.check import check
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import RoutingAnswer
from optimizer.routing.solve import solve
from optimizer.stop import Progress, Stop

__all__ = ["plan_figures", "solve_rounds"]


def solve_rounds(problem: RoutingProblem, limits: Limits) -> Outcome:
    """Our solver; the independent checker recomputes rules, reasons and costs."""
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        if news.incumbent is not None and (not trace or news.incumbent < trace[-1][1]):
            trace.append((round(news.seconds, 3), float(news.incumbent)))

    stop = Stop(
        seconds=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
    )
    answer = solve(problem, stop=stop, seed=limits.seed, threads=limits.threads, progress=hear)
    result = answer.result
    broken = check(problem, answer)
    if broken:
        return Outcome("failed", None, result.seconds, note=f"checker: {broken[0]}")
    assert result.objective is not None
    objective = float(result.objective)
    trace.append((round(result.seconds, 3), objective))
    bound = None if result.bound is None else float(result.bound)
    metrics = plan_figures(problem, answer)
    return Outcome(str(result.status), objective, result.seconds, bound, trace, metrics)


def plan_figures(problem: RoutingProblem, answer: RoutingAnswer) -> Mapping[str, float]:
    """Served and unserved tasks, vehicles, and yuan without the prizes."""
    parts = answer.result.parts
    cost = sum(value for name, value in parts.items() if name != "unserved")
    return {
        "served": float(problem.n_tasks - len(answer.plan.unserved)),
        "unserved": float(len(answer.plan.unserved)),
        "vehicles": float(len(answer.plan.routes)),
        "yuan": cost / problem.cost_scale / 100,
    }
