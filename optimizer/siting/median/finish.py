"""HiGHS on the core of a p-median problem: its optimum, or prices from its relaxation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.engine import chosen_columns
from optimizer.siting.highs import OutcomeStatus, Watch, run, safe_bound
from optimizer.siting.median.best import Best
from optimizer.siting.median.core import Core
from optimizer.siting.median.radius import radius_program

__all__ = ["core_prices", "is_resolved", "solve_core", "solve_node"]

# Largest objective, in units, that HiGHS' doubles resolve to the unit.
_RESOLVED_UNITS = 2**28


def is_resolved(best: Best) -> bool:
    """Whether HiGHS' doubles can tell one unit of the objective from the next."""
    return best.units < _RESOLVED_UNITS


def solve_core(best: Best, core: Core, seed: int, *, below: int) -> StopReason:
    """Let HiGHS solve the core of the answers below a target, whose objective its doubles resolve.

    A better answer is kept, and the bound lifted: no answer outside the core is below the target.

    Args:
        best: the best answer known.
        core: what is left.
        seed: HiGHS' seed.
        below: the target, in units.

    Returns:
        Why HiGHS stopped.
    """

    def watch(_: float | None, bound: float | None) -> None:
        if bound is not None:
            best.lift(min(safe_bound(bound), below))

    bound, reason = _run(best, core, seed, watch, below)
    best.lift(min(bound, below))
    return reason


def solve_node(best: Best, core: Core, seed: int) -> tuple[int, StopReason]:
    """Let HiGHS solve a node's core; a better answer is kept.

    Returns:
        The core's proved bound in units, and why HiGHS stopped.
    """
    return _run(best, core, seed, None, best.units)


def _run(
    best: Best, core: Core, seed: int, watch: Watch | None, below: int
) -> tuple[int, StopReason]:
    program = radius_program(core, *_costs_in_units(best, core))
    start = None if watch is None else program.start(best.is_open)
    # The core's own optimum is of no use where it is not below the target.
    outcome = run(
        program.model, best.clock, seed=seed, start=start, watch=watch, bound_enough=below
    )
    if outcome.status is OutcomeStatus.INFEASIBLE:
        return best.units, outcome.stop_reason
    chosen = chosen_columns(outcome, core.state.size)
    if chosen is not None and chosen.size <= best.room:
        is_open = np.zeros(best.is_open.size, dtype=bool)
        is_open[chosen] = True
        best.keep(is_open)
    bound = 0 if outcome.bound is None else safe_bound(outcome.bound)
    return bound, outcome.stop_reason


def core_prices(
    best: Best, core: Core, seed: int, seconds: float | None = None
) -> NDArray[np.float64] | None:
    """Scaled prices from the duals of the core's relaxation, None where it was not solved."""
    entry_cost, base_cost = _costs_in_units(best, core)
    # Costs near one million keep the simplex method's tolerances meaningful.
    factor = 2.0 ** max(0, best.units.bit_length() - 20)
    program = radius_program(core, entry_cost / factor, base_cost / factor, relaxed=True)
    outcome = run(program.model, best.clock, seed=seed, seconds=seconds)
    if outcome.status is not OutcomeStatus.SOLVED or outcome.row_dual is None:
        return None
    price = program.prices(outcome.row_dual) * factor
    return np.clip(np.ldexp(price, best.scaled.shift), 0.0, best.scaled.base)


def _costs_in_units(best: Best, core: Core) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Costs of the core's entries and rows in units.

    A row's cost without a free site is capped just above the best answer's whole value: no
    answer as good can pay it, and the program's numbers stay small.
    """
    model, unit = best.model, best.scaled.unit
    of_entry = np.repeat(model.weight, np.diff(model.indptr))[core.entries]
    entry = of_entry.astype(np.float64) * model.cost[core.entries] / unit
    base = model.weight.astype(np.float64) * model.base / unit
    return entry, np.minimum(base, float(best.units + 1))
