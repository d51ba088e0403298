"""Single-site values, alternatives and changes against enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.siting.alternatives import alternatives, worst_allowed
from optimizer.siting.coverage import value_of
from optimizer.siting.explain import fallback, why_not
from optimizer.siting.problem import Question, SiteStatus
from optimizer.siting.site_values import site_values
from optimizer.siting.solve import solve
from tests.siting_cases import best_by_enumeration, problems, requests_for, value_by_hand

QUESTIONS = st.sampled_from(list(Question))


def _measure(problem, question, sites):
    kind = Question.MCLP if question is Question.LSCP else question
    value = value_of(problem, kind, sites)
    return value.parts["covered_weight"] if question is Question.LSCP else value.objective


@given(problem=problems(), question=QUESTIONS, room=st.integers(0, 4))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_values_are_differences_of_the_measure(problem, question, room):
    answer = solve(problem, requests_for(question, room))
    assume(answer.result.status is not Status.INFEASIBLE)
    values = site_values(problem, question, answer)
    sites = set(answer.open_sites.tolist())
    now = _measure(problem, question, sorted(sites))
    for site in range(problem.n_sites):
        other = _measure(problem, question, sorted(sites ^ {site}))
        assert values.value[site] == abs(now - other)
        assert values.is_open[site] == (site in sites)


@given(problem=problems(), question=QUESTIONS, room=st.integers(0, 4), pick=st.integers(0, 7))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_forcing_and_banning_agree_with_enumeration(problem, question, room, pick):
    request = requests_for(question, room)
    answer = solve(problem, request)
    assume(answer.result.status is not Status.INFEASIBLE and pick < problem.n_sites)
    is_open = pick in answer.open_sites.tolist()
    change = (fallback if is_open else why_not)(problem, request, answer, pick)
    status = problem.site_status.copy()
    status[pick] = SiteStatus.FORBIDDEN if is_open else SiteStatus.REQUIRED
    best = best_by_enumeration(problem.replace(site_status=status), question, room)
    if best is None:
        assert change.answer.result.status is Status.INFEASIBLE
        assert change.loss is None
        return
    sign = 1 if question is Question.MCLP else -1
    true_loss = sign * (answer.result.objective - best)
    assert change.loss.found == true_loss
    assert change.loss.least <= true_loss <= change.loss.most


@given(
    problem=problems(max_sites=6),
    question=QUESTIONS,
    room=st.integers(1, 3),
    differ_by=st.integers(1, 2),
    within=st.sampled_from([0.0, 0.2, 1.0]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_next_alternative_is_the_best_that_differs(problem, question, room, differ_by, within):
    request = requests_for(question, room)
    answer = solve(problem, request)
    assume(answer.result.status is Status.OPTIMAL)
    maximise = question is Question.MCLP
    worst = worst_allowed(answer.result.objective, within, maximise=maximise)
    result = alternatives(problem, request, answer, 2, within=within, differ_by=differ_by)
    earlier = [answer]
    for step in range(2):
        best = _best_that_differs(problem, question, room, earlier, differ_by)
        if best is None or (best < worst if maximise else best > worst):
            assert len(result.found) == step
            assert result.complete
            return
        found = result.found[step]
        assert found.answer.result.objective == found.rest == best
        assert found.best_of_rest
        earlier.append(found.answer)


def _best_that_differs(problem, question, room, earlier, differ_by):
    free = np.flatnonzero(problem.site_status == SiteStatus.CANDIDATE).tolist()
    fixed = np.flatnonzero(problem.site_status <= SiteStatus.REQUIRED).tolist()
    required = int((problem.site_status == SiteStatus.REQUIRED).sum())
    most = len(free) if question is Question.LSCP else min(len(free), room - required)
    groups = [set(free).intersection(each.open_sites.tolist()) for each in earlier]
    if any(not group for group in groups):
        return None
    values = []
    for size in range(most + 1):
        for chosen in combinations(free, size):
            kept = [len(group.intersection(chosen)) for group in groups]
            limits = [len(group) - min(differ_by, len(group)) for group in groups]
            if all(count <= limit for count, limit in zip(kept, limits, strict=True)):
                values.append(value_by_hand(problem, question, sorted([*fixed, *chosen])))
    values = [value for value in values if value is not None]
    if not values:
        return None
    return max(values) if question is Question.MCLP else min(values)
