"""Every plan of a day of visits passes the independent checker, whatever the day."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.check import check
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solve import solve
from optimizer.stop import Stop
from tests.routing_cases import random_meals, random_visits

SEEDS = st.integers(0, 2**32 - 1)
TASK_COLUMNS = ["place", "end_place", "duration", "skills", "tier", "prize", "staff", "load"]
TASK_COLUMNS += ["origin", "freshness"]


@settings(derandomize=True, max_examples=80, deadline=None)
@given(seed=SEEDS, tasks=st.integers(0, 14), vehicles=st.integers(1, 5), hard=st.booleans())
def test_every_plan_passes_the_checker(seed: int, tasks: int, vehicles: int, hard: bool):
    problem = random_visits(
        seed, tasks=max(2, tasks) if hard else tasks, vehicles=vehicles, hard=hard
    )
    answer = solve(problem, stop=Stop(iterations=40), seed=seed % 100)
    assert check(problem, answer) == ()


def shuffled(problem: RoutingProblem, seed: int) -> RoutingProblem:
    """The same day with tasks and vehicles numbered otherwise."""
    rng = np.random.default_rng(seed)
    tasks, vehicles = rng.permutation(problem.n_tasks), rng.permutation(problem.n_vehicles)
    changes = {f"task_{name}": getattr(problem, f"task_{name}")[tasks] for name in TASK_COLUMNS}
    for name in problem.__dataclass_fields__:
        if name.startswith("vehicle_") and "reload" not in name:
            changes[name] = getattr(problem, name)[vehicles]
    windows = [problem.windows(int(task)) for task in tasks]
    changes["window_indptr"] = np.cumsum([0] + [len(w) for w in windows])
    changes["window_open"] = np.concatenate(windows)[:, 0]
    changes["window_close"] = np.concatenate(windows)[:, 1]
    new_number = np.argsort(tasks)
    changes["link_first"] = new_number[problem.link_first]
    changes["link_second"] = new_number[problem.link_second]
    return problem.replace(**changes)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_other_numbers_leave_the_plan_sound_and_complete(seed: int):
    problem = random_visits(seed)
    other = shuffled(problem, seed)
    for day in (problem, other):
        answer = solve(day, stop=Stop(iterations=30), seed=0)
        assert check(day, answer) == ()
        assert answer.counts["served"] + answer.counts["unserved"] == day.n_tasks


@settings(derandomize=True, max_examples=60, deadline=None)
@given(seed=SEEDS, meals=st.booleans())
def test_mending_alone_leaves_nothing_to_mend(seed: int, meals: bool):
    problem = random_meals(seed) if meals else random_visits(seed, hard=False)
    rounds = Rounds(problem)
    mend(rounds)
    before = rounds.plan()
    mend(rounds)
    assert rounds.plan() == before
    lowest = int(problem.task_tier.max())
    for task in before.unserved:
        insertion = rounds.best(task)
        assert insertion is None or (
            problem.task_tier[task] == lowest and insertion.added > problem.task_prize[task]
        )
        assert rounds.swap_in(task) is None
        assert rounds.push_in(task) is None
