"""Catchments against enumeration."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.siting.catchments.check import check_catchments
from optimizer.siting.catchments.problem import CatchmentRequest
from optimizer.siting.catchments.solve import solve_catchments
from tests.catchment_cases import best_by_enumeration, problems


@settings(max_examples=120)
@given(problems(), st.sampled_from([0, 50_000, 300_000, 1_000_000, 10**7]))
def test_same_best_division_as_by_enumeration(problem, tolerance) -> None:
    request = CatchmentRequest(tolerance)
    answer = solve_catchments(problem, request)
    assert check_catchments(problem, request, answer) == ()
    best = best_by_enumeration(problem, tolerance)
    if best is None:
        assert answer.result.status is Status.INFEASIBLE
        return
    assert answer.deviation_ppm is not None
    excess = max(answer.deviation_ppm, tolerance)
    assert answer.deviation_bound_ppm <= best[0] <= excess
    if answer.result.status is Status.OPTIMAL:
        assert (excess, answer.result.objective) == best
    # Deviations of a few millionths apart cannot be told in doubles: all else is proved.
    assert answer.result.status is Status.OPTIMAL or excess - answer.deviation_bound_ppm <= 2
    if excess == best[0]:
        assert answer.result.objective == best[1]
