"""The demo town's day and lunch: believable, and served by the plan that they were made around."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.routing.check import check
from optimizer.routing.features import Feature, used_features
from optimizer.routing.solution import StepKind
from optimizer.routing.violations import ViolationKind
from scenarios.catalogue import built_in
from scenarios.day import read_lunch, read_visit_day
from scenarios.demo import DemoTown, generate, write_town
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.records import Asked, Mode, Tier
from scenarios.tables import Intake
from scenarios.town.features import ALL_FEATURES
from scenarios.town.write import HIDDEN_PLAN, read_plan
from scenarios.visits import VisitsCase, compile_visits
from scenarios.visits.given import GivenVisit, given_answer
from tests.demo_town import demo_scenario
from tests.town_cases import town


@pytest.fixture(scope="module")
def medium() -> DemoTown:
    return town("M", 0)


@pytest.fixture(scope="module")
def written() -> Path:
    return demo_scenario()


def test_services_follow_the_catalogue(medium: DemoTown) -> None:
    services = built_in().services
    used = Counter(visit.service for visit in medium.visits)
    assert len(used) >= 22
    assert len(services) >= 29
    for visit in medium.visits:
        service = services[visit.service]
        assert visit.skills == service.skills
        assert visit.staff == service.staff
        assert not service.meal
        assert visit.duration >= service.duration / 2


def test_shares_of_double_and_sequenced_visits(medium: DemoTown) -> None:
    n = len(medium.visits)
    by_id = {visit.id: visit for visit in medium.visits}
    assert len(by_id) == n
    assert 0.08 <= sum(visit.staff == 2 for visit in medium.visits) / n <= 0.12
    linked = [visit for visit in medium.visits if visit.link is not None]
    assert 0.035 <= len(linked) / n <= 0.065
    for visit in linked:
        assert visit.link is not None
        other = by_id[visit.link.other]
        assert other.client == visit.client and other.id != visit.id
        assert 0 < visit.link.min_gap < visit.link.max_gap
    assert any(visit.end_place is not None for visit in medium.visits)
    assert any(visit.service == "hospital_escort" for visit in medium.visits)


def test_tiers_levels_shifts_and_modes_all_occur(medium: DemoTown) -> None:
    assert {visit.tier for visit in medium.visits} == set(Tier)
    skills = Counter(skill for carer in medium.carers for skill in carer.skills)
    for skill in ("level:5", "level:4", "level:3", "level:2", "level:1", "nursing", "therapy"):
        assert skills[skill] >= 1
    assert skills["level:5"] > skills["level:3"] > skills["level:1"]
    assert {carer.mode for carer in medium.carers} == {Mode.WALK, Mode.EBIKE}
    assert len({carer.shift for carer in medium.carers}) >= 4
    part_time = [c for c in medium.carers if c.max_work is not None and c.max_work < 5 * 3600]
    assert part_time
    assert any(carer.end is None for carer in medium.carers)


def test_morning_and_noon_are_the_peaks(medium: DemoTown) -> None:
    hours = Counter(item.start // 3600 for item in medium.plan)
    assert hours[8] > 1.5 * hours[14]
    assert hours[11] > hours[12]
    assert hours[11] > 1.5 * hours[14]
    assert sum(hours[hour] for hour in (15, 16, 17, 18)) > 0


def test_windows_are_in_order_and_hold_the_plan(medium: DemoTown) -> None:
    visits = {visit.id: visit for visit in medium.visits}
    for visit in medium.visits:
        for low, high in visit.windows:
            assert low <= high
        assert all(a[1] < b[0] for a, b in pairwise(visit.windows))
    for item in medium.plan:
        assert any(low <= item.start <= high for low, high in visits[item.visit].windows)
    assert {item.visit for item in medium.plan} == visits.keys()


def test_one_client_is_never_visited_twice_at_once(medium: DemoTown) -> None:
    visits = {visit.id: visit for visit in medium.visits}
    spans = defaultdict(list)
    for item in medium.plan:
        visit = visits[item.visit]
        spans[visit.client].append((item.start, item.start + visit.duration))
    for mine in spans.values():
        mine.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(mine))


@pytest.fixture(scope="module")
def full_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoTown, VisitsCase]:
    """A town whose day states everything, written, read and compiled."""
    made = generate("S", 0, features=ALL_FEATURES)
    scenario, folder = load_scenario(write_town(made, tmp_path_factory.mktemp("full")))
    assert scenario.visits is not None
    day = read_visit_day(scenario.visits, folder, Intake())
    return made, compile_visits(open_district(scenario, folder), day)


def test_a_full_day_comes_back_from_its_tables(full_day: tuple[DemoTown, VisitsCase]) -> None:
    made, case = full_day
    assert case.visits == made.visits and case.carers == made.carers
    assert case.day.terms.equipment == made.equipment
    allowances = case.day.terms.allowances
    assert allowances is not None
    assert {client: each.fen for client, each in allowances.items()} == {
        each.client: each.fen for each in made.balances
    }


def test_a_full_day_uses_the_model(full_day: tuple[DemoTown, VisitsCase]) -> None:
    used = used_features(full_day[1].problem)
    assert used >= {
        Feature.STAFF,
        Feature.TIES,
        Feature.LOOSE_LINKS,
        Feature.ALLOWED,
        Feature.PREFERENCES,
        Feature.PAIR_DURATION,
        Feature.OVERTIME,
        Feature.MAX_TRAVEL,
        Feature.WAITING,
        Feature.BREAKS,
        Feature.EQUIPMENT,
        Feature.REMOTE,
        Feature.ENTITLEMENTS,
    }


def test_the_checker_is_silent_on_the_hidden_plan(full_day: tuple[DemoTown, VisitsCase]) -> None:
    made, case = full_day
    answer = given_answer(case, made.plan)
    assert check(case.problem, answer) == ()
    assert answer.plan.unserved == ()
    assert sum(answer.result.parts.values()) == answer.result.objective
    assert answer.result.parts["breaks_missed"] == answer.result.parts["overtime"] == 0
    rests = [s for r in answer.plan.routes for s in r.steps if s.kind is StepKind.BREAK]
    assert len(rests) == sum(len(carer.breaks or ()) for carer in made.carers)


def test_the_hidden_plan_is_no_straw_man(full_day: tuple[DemoTown, VisitsCase]) -> None:
    """Near clients follow each other and nobody sits about: little way, hardly any waiting."""
    made, case = full_day
    routes = given_answer(case, made.plan).plan.routes
    work = sum(route.end - route.depart for route in routes)
    waiting = sum(step.start - step.arrive for route in routes for step in route.steps)
    busy = sum(step.finish - step.start for route in routes for step in route.steps)
    assert waiting < 0.06 * work
    assert work - waiting - busy < 0.10 * work


def test_the_hidden_plan_serves_what_towns_state(written: Path) -> None:
    scenario, folder = load_scenario(written)
    assert scenario.visits is not None
    case = compile_visits(
        open_district(scenario, folder), read_visit_day(scenario.visits, folder, Intake())
    )
    assert check(case.problem, given_answer(case, read_plan(folder / HIDDEN_PLAN))) == ()


def _moved(plan: Sequence[GivenVisit], at: int, **changes: Any) -> list[GivenVisit]:
    return [*plan[:at], replace(plan[at], **changes), *plan[at + 1 :]]


@pytest.mark.parametrize(
    ("harm", "kinds"),
    [
        ("late", {ViolationKind.OUTSIDE_WINDOW}),
        ("alone", {ViolationKind.WRONG_STAFF_COUNT}),
        ("forbidden", {ViolationKind.FORBIDDEN_PERSON}),
        ("sequence", {ViolationKind.LINK_BROKEN, ViolationKind.OUTSIDE_WINDOW}),
    ],
)
def test_a_spoilt_plan_is_noticed(
    full_day: tuple[DemoTown, VisitsCase], harm: str, kinds: set[ViolationKind]
) -> None:
    made, case = full_day
    visits = {visit.id: visit for visit in made.visits}
    row = {visit.id: at for at, visit in enumerate(case.visits)}
    plan, allowed = list(made.plan), case.problem.pair_allowed
    chosen = {
        "late": lambda v: True,
        "alone": lambda v: v.staff == 2,
        "forbidden": lambda v: v.staff == 1 and not allowed[row[v.id]].all(),
        "sequence": lambda v: v.link is not None,
    }[harm]
    at = next(k for k, item in enumerate(plan) if chosen(visits[item.visit]))
    one = plan[at]
    stranger = int(np.flatnonzero(~allowed[row[one.visit]])[0]) if harm == "forbidden" else 0
    spoilt = {
        "late": {"start": one.start + 6 * 3600},
        "alone": {"carers": one.carers[:1]},
        "forbidden": {"carers": (made.carers[stranger].id,)},
        "sequence": {"start": one.start + 4 * 3600},
    }[harm]
    broken = {
        each.kind for each in check(case.problem, given_answer(case, _moved(plan, at, **spoilt)))
    }
    assert broken & kinds


def test_a_feature_that_is_not_stated_leaves_no_trace(
    full_day: tuple[DemoTown, VisitsCase],
) -> None:
    full, plain = full_day[0], generate("S", 0, features=frozenset())
    assert any(carer.breaks for carer in full.carers)
    assert any(visit.asked != Asked() for visit in full.visits)
    for carer in plain.carers:
        assert (carer.breaks, carer.overtime, carer.max_travel, carer.pace) == (None, 0, None, 1.0)
    for visit in plain.visits:
        assert visit.asked == Asked() and visit.ride_limit is None
    assert plain.plan == full.plan


def test_lunch_is_cooked_and_carried_by_all_kinds(medium: DemoTown) -> None:
    portions = sum(order.portions for order in medium.orders)
    assert sum(kitchen.portions for kitchen in medium.kitchens) >= portions
    assert {carrier.mode for carrier in medium.carriers} == set(Mode)
    walkers = [carrier for carrier in medium.carriers if carrier.mode is Mode.WALK]
    assert all(carrier.boxes <= 8 and carrier.wage == 0 for carrier in walkers)
    assert all(carrier.shift[1] - carrier.shift[0] <= 2 * 3600 for carrier in walkers)
    buildings = Counter(order.building for order in medium.orders)
    assert np.mean(list(buildings.values())) > 2
    places = {(order.building, order.place, order.window) for order in medium.orders}
    assert len(places) == len(buildings), "orders of one building make one stop"


def test_tables_come_back_as_they_were(written: Path) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written)
    assert scenario.visits is not None and scenario.meals is not None
    intake = Intake()
    day = read_visit_day(scenario.visits, folder, intake)
    assert day.visits == made.visits
    assert day.carers == made.carers
    lunch = read_lunch(scenario.meals, folder, intake)
    assert lunch.orders == made.orders
    assert lunch.kitchens == made.kitchens
    assert lunch.carriers == made.carriers
    contacts = {contact.id: contact for contact in intake.contacts}
    for visit in made.visits:
        contact = contacts[visit.client]
        assert contact.name and contact.phone and contact.address.endswith("室")


def test_who_is_away_is_in_the_tables_and_not_in_the_day(written: Path) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written)
    assert scenario.visits is not None and made.away.carers and made.away.visits
    day = read_visit_day(scenario.visits, folder, Intake())
    assert tuple(visit for visit, _ in day.suspended) == made.away.visits
    assert tuple(carer for carer, _ in day.off) == made.away.carers
    assert {why for _, why in (*day.suspended, *day.off)} == set(made.away.absences)


def test_the_ledger_tells_the_same_day(written: Path) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written.with_name("ledger.yaml"))
    assert scenario.visits is not None
    day = read_visit_day(scenario.visits, folder, Intake())
    assert not day.unplaced
    from_ledger = Counter((v.client, v.service, v.duration, v.staff) for v in day.visits)
    assert from_ledger == Counter((v.client, v.service, v.duration, v.staff) for v in made.visits)


def test_the_scenario_says_that_it_is_made_up(written: Path) -> None:
    scenario, _ = load_scenario(written)
    assert scenario.siting is not None and scenario.visits is not None
    assert any("no real place or person" in text.en for text in scenario.assumptions)
    assert all(text.zh and text.en for text in scenario.assumptions)
    assert any("generated" in line for line in scenario.sources)
    assert any("GB 50180-2018" in line for line in scenario.sources)
    speeds = {cell.id: cell.speed for cell in scenario.siting.demand[0].cells}
    assert len(speeds) == 18
    assert speeds["e60_intact_family"] == 1.0 and speeds["e80_severe_alone"] == 0.71
