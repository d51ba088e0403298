"""HiGHS on the core of a p-median problem: its optimum, or prices from its relaxation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.engine import chosen_columns
from optimizer.siting.highs import OutcomeStatus, run, safe_bound
from optimizer.siting.median_best import Best
from optimizer.siting.median_core import Core, core_program, core_start

__all__ = ["core_prices", "is_resolved", "solve_core"]

# Largest objective, in units, that HiGHS' doubles resolve to the unit.
_RESOLVED_UNITS = 2**28


def is_resolved(best: Best) -> bool:
    """Whether HiGHS' doubles can tell one unit of the objective from the next."""
    return best.units < _RESOLVED_UNITS


def solve_core(best: Best, core: Core, seed: int, *, lift: bool) -> tuple[int, StopReason]:
    """Let HiGHS solve a core whose objective its doubles resolve; better answers are kept.

    Args:
        best: the best answer known.
        core: what is left.
        seed: HiGHS' seed.
        lift: the core is the whole question, so that its bound is a bound for all.

    Returns:
        The core's proved bound in units, and why HiGHS stopped.
    """
    entry_cost, base_cost = _costs_in_units(best, core)

    def watch(_: float | None, bound: float | None) -> None:
        if lift and bound is not None:
            best.lift(safe_bound(bound))

    outcome = run(
        core_program(core, entry_cost, base_cost),
        best.clock,
        seed=seed,
        start=core_start(core, best.is_open) if lift else None,
        watch=watch,
    )
    chosen = chosen_columns(outcome, core.state.size)
    if chosen is not None and chosen.size <= best.room:
        is_open = np.zeros(best.is_open.size, dtype=bool)
        is_open[chosen] = True
        best.keep(is_open)
    bound = 0 if outcome.bound is None else safe_bound(outcome.bound)
    if lift:
        best.lift(bound)
    return bound, outcome.stop_reason


def core_prices(best: Best, core: Core, seed: int) -> NDArray[np.float64] | None:
    """Scaled prices from the duals of the core's relaxation, None where it was not solved."""
    entry_cost, base_cost = _costs_in_units(best, core)
    # Costs near one million keep the simplex method's tolerances meaningful.
    factor = 2.0 ** max(0, best.units.bit_length() - 20)
    program = core_program(core, entry_cost / factor, base_cost / factor, relaxed=True)
    outcome = run(program, best.clock, seed=seed)
    if outcome.status is not OutcomeStatus.SOLVED or outcome.row_dual is None:
        return None
    dual = outcome.row_dual[: best.scaled.base.size] * factor
    return np.clip(np.ldexp(dual, best.scaled.shift), 0.0, best.scaled.base)


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
