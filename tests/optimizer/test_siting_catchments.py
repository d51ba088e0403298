from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.siting.catchments.check import CatchmentFaultKind, check_catchments
from optimizer.siting.catchments.problem import CatchmentAnswer, CatchmentRequest, band, deviations
from optimizer.siting.catchments.solve import solve_catchments
from optimizer.stop import Stop
from tests.catchment_cases import catchment_problem


def path(n):
    return [(unit, unit + 1) for unit in range(n - 1)]


def grid(wide, high):
    east = [(r * wide + c, r * wide + c + 1) for r in range(high) for c in range(wide - 1)]
    north = [(r * wide + c, (r + 1) * wide + c) for r in range(high - 1) for c in range(wide)]
    return east + north


def town(wide=8, high=6, stations=4, seed=0, homes=True):
    """Blocks of a grid town with random work; walks of a minute a block."""
    rng = np.random.default_rng(seed)
    at = np.array([(x, y) for y in range(high) for x in range(wide)])
    home = rng.choice(wide * high, stations, replace=False)
    away = np.abs(at[:, None] - at[home][None]).sum(-1) * 60 + rng.integers(
        0, 30, (len(at), stations)
    )
    work = rng.integers(10, 300, wide * high)
    return catchment_problem(grid(wide, high), work, away, home=home if homes else None)


class TestBand:
    def test_deviation_and_band_agree_to_the_unit(self) -> None:
        problem = catchment_problem(path(3), [5, 6, 9], np.zeros((3, 2)), share=[1, 3])
        low, high = band(problem, 100_000)  # targets 5 and 15, 10 % either way
        assert (low.tolist(), high.tolist()) == ([5, 14], [5, 16])
        assert deviations(problem, np.array([6, 14])).tolist() == [200_000, 66_667]

    def test_no_work_deviates_from_nothing(self) -> None:
        problem = catchment_problem(path(2), [0, 0], np.zeros((2, 2)))
        assert deviations(problem, np.zeros(2, dtype=np.int64)).tolist() == [0, 0]


class TestContiguity:
    def test_a_nearer_station_behind_another_catchment_is_not_reached(self) -> None:
        """Unit 2 is nearest to station 0, but unit 1 between them belongs to station 1."""
        cost = [[0, 9], [50, 0], [1, 5]]
        problem = catchment_problem(path(3), [10, 10, 10], cost, home=[0, 1])
        answer = solve_catchments(problem, CatchmentRequest(10**6))
        assert answer.unit_station.tolist() == [0, 1, 1]
        assert answer.result.status is Status.OPTIMAL

    def test_balance_comes_before_travel(self) -> None:
        problem = catchment_problem(path(4), [10] * 4, [[0, 9]] * 4, home=[0, 3])
        answer = solve_catchments(problem, CatchmentRequest(0))
        assert answer.unit_station.tolist() == [0, 0, 1, 1]
        assert answer.deviation_ppm == answer.deviation_bound_ppm == 0

    def test_the_least_deviation_is_proved_where_the_tolerance_cannot_be_kept(self) -> None:
        problem = catchment_problem(path(3), [10] * 3, [[1, 2], [2, 3], [3, 1]], home=[0, 2])
        answer = solve_catchments(problem, CatchmentRequest(100_000))
        assert answer.deviation_ppm == answer.deviation_bound_ppm == 333_334
        assert answer.result.status is Status.OPTIMAL
        assert answer.result.objective == 40  # unit 1 goes to station 0

    def test_an_island_needs_a_station_without_a_home(self) -> None:
        pairs = [(0, 1), (2, 3)]
        cost = [[0, 1], [1, 1], [1, 1], [1, 1]]
        free = catchment_problem(pairs, [1] * 4, cost, home=[0, -1])
        assert solve_catchments(free).unit_station.tolist() == [0, 0, 1, 1]
        bound = free.replace(station_home=np.array([0, 1]))
        answer = solve_catchments(bound)
        assert answer.result.status is Status.INFEASIBLE
        assert [fault.code for fault in answer.reasons] == ["CC-O173"]
        assert "2, 3" in answer.reasons[0].text("en")

    def test_a_town_keeps_its_tolerance_with_a_proof(self) -> None:
        problem, request = town(), CatchmentRequest(200_000)
        answer = solve_catchments(problem, request, stop=Stop(seconds=60))
        assert check_catchments(problem, request, answer) == ()
        assert answer.deviation_ppm is not None and answer.deviation_ppm <= 200_000
        assert answer.result.status is Status.OPTIMAL

    def test_stations_without_homes_still_get_one_piece_each(self) -> None:
        problem, request = town(6, 4, 3, homes=False), CatchmentRequest(100_000)
        answer = solve_catchments(problem, request, stop=Stop(iterations=40))
        assert check_catchments(problem, request, answer) == ()


class TestRules:
    def test_bound_units_stay_and_pull_the_units_between_along(self) -> None:
        cost = [[0, 9], [9, 1], [9, 1], [9, 0]]
        problem = catchment_problem(path(4), [1] * 4, cost, home=[0, 3], fixed=[-1, -1, 0, -1])
        answer = solve_catchments(problem, CatchmentRequest(10**6))
        assert answer.unit_station.tolist() == [0, 0, 0, 1]

    def test_a_bound_unit_cut_off_from_its_station_is_named(self) -> None:
        cost = np.zeros((3, 2))
        problem = catchment_problem(path(3), [1] * 3, cost, home=[0, 1], fixed=[-1, -1, 0])
        answer = solve_catchments(problem)
        assert [fault.code for fault in answer.reasons] == ["CC-O174"]

    def test_a_home_that_its_station_may_not_serve_is_named(self) -> None:
        problem = catchment_problem(path(2), [1, 1], [[-1, 0], [0, 0]], home=[0, -1])
        assert "CC-O172" in [fault.code for fault in solve_catchments(problem).reasons]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"home": [0, 0]}, "CC-O170"),
            ({"home": [0, 2], "fixed": [1, -1, -1]}, "CC-O171"),
            ({"home": [0, 3]}, "CC-O003"),
            ({"share": [1, 0]}, "CC-O004"),
        ],
    )
    def test_input_that_makes_no_problem(self, change, code) -> None:
        with pytest.raises(FaultError) as caught:
            catchment_problem(path(3), [1, 1, 1], np.zeros((3, 2)), **change)
        assert [fault.code for fault in caught.value.faults] == [code]

    def test_one_sided_borders_are_refused(self) -> None:
        problem = catchment_problem(path(3), [1, 1, 1], np.zeros((3, 2)))
        with pytest.raises(FaultError, match="not symmetric"):
            problem.replace(neighbour_indptr=[0, 1, 2, 2], neighbour=[1, 2])


class TestStopping:
    def test_the_same_seed_and_iterations_give_the_same_division(self) -> None:
        stop = Stop(iterations=8)
        first, second = (
            solve_catchments(town(6, 4, 3, seed=3), stop=stop, seed=4) for _ in range(2)
        )
        assert first.unit_station.tolist() == second.unit_station.tolist()
        assert first.result.bound == second.result.bound

    def test_a_cancelled_solve_hands_back_what_it_has(self) -> None:
        problem = town()
        answer = solve_catchments(problem, stop=Stop(cancelled=lambda: True))
        assert answer.result.status is Status.FEASIBLE
        assert answer.result.stop_reason is StopReason.USER
        assert check_catchments(problem, CatchmentRequest(), answer) == ()


def changed(answer, given=None, **result):
    return CatchmentAnswer(
        answer.unit_station if given is None else np.asarray(given),
        answer.deviation_ppm,
        answer.deviation_bound_ppm,
        dataclasses.replace(answer.result, **result),
    )


class TestChecker:
    """Every rule of the checker is broken once."""

    problem = catchment_problem(
        path(4), [10] * 4, [[0, 9], [1, 3], [4, 1], [9, 0]], home=[0, 3], fixed=[-1, -1, 1, -1]
    )
    request = CatchmentRequest(0)

    def kinds(self, answer):
        return {fault.kind for fault in check_catchments(self.problem, self.request, answer)}

    def test_a_sound_answer_passes(self) -> None:
        assert self.kinds(solve_catchments(self.problem, self.request)) == set()

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            ([0, 0, 1], CatchmentFaultKind.NOT_EVERY_UNIT),
            ([0, 0, 1, 2], CatchmentFaultKind.NO_SUCH_STATION),
            ([0, 0, 0, 1], CatchmentFaultKind.MOVED_FIXED),
            ([1, 0, 1, 1], CatchmentFaultKind.HOME_ELSEWHERE),
            ([0, 1, 0, 1], CatchmentFaultKind.IN_PIECES),
            ([0, 1, 1, 1], CatchmentFaultKind.WRONG_DEVIATION),
            ([0, 1, 1, 1], CatchmentFaultKind.WRONG_TRAVEL),
        ],
    )
    def test_a_division_that_breaks_a_rule(self, given, kind) -> None:
        sound = solve_catchments(self.problem, self.request)
        assert kind in self.kinds(changed(sound, given))

    def test_pairs_that_are_not_allowed(self) -> None:
        sound = solve_catchments(self.problem, self.request)
        cost = self.problem.travel_cost.copy()
        cost[1, 0] = -1
        found = check_catchments(self.problem.replace(travel_cost=cost), self.request, sound)
        assert CatchmentFaultKind.NOT_ALLOWED in {fault.kind for fault in found}

    def test_figures_on_the_wrong_side(self) -> None:
        sound = solve_catchments(self.problem, self.request)
        assert CatchmentFaultKind.BOUND_CROSSED in self.kinds(changed(sound, bound=10**6))
        assert CatchmentFaultKind.OPTIMAL_NOT_PROVED in self.kinds(changed(sound, bound=0))
        above = dataclasses.replace(sound, deviation_bound_ppm=5)
        assert CatchmentFaultKind.DEVIATION_BOUND_CROSSED in self.kinds(above)
        without = changed(sound, status=Status.INFEASIBLE)
        assert self.kinds(without) == {CatchmentFaultKind.ANSWER_WITHOUT_STATUS}

    def test_every_rule_has_words_in_both_languages(self) -> None:
        for kind in CatchmentFaultKind:
            fault = dataclasses.replace(
                check_catchments(
                    self.problem,
                    self.request,
                    changed(solve_catchments(self.problem, self.request), [0]),
                )[0],
                kind=kind,
            )
            assert fault.text("zh") != fault.text("en")
