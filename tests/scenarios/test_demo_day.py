"""The demo town's day and lunch: believable, and served by the plan that they were made around."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from optimizer.routing.problem import NONE
from scenarios.catalogue import built_in
from scenarios.day import VisitDay, read_lunch, read_visit_day
from scenarios.demo import DemoTown
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.records import Mode, Tier
from scenarios.tables import Intake
from scenarios.town.day import PlannedVisit
from scenarios.visits import VisitsCase, compile_visits
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
    assert hours[11] > 1.5 * hours[12]
    assert hours[11] > hours[14]
    assert sum(hours[hour] for hour in (15, 16, 17, 18)) > 0


def test_windows_are_in_order_and_hold_the_plan(medium: DemoTown) -> None:
    visits = {visit.id: visit for visit in medium.visits}
    for visit in medium.visits:
        for low, high in visit.windows:
            assert low <= high
        assert all(a[1] < b[0] for a, b in pairwise(visit.windows))
    for item in medium.plan:
        assert any(low <= item.start <= high for low, high in visits[item.visit].windows)
    assert 0 < len(medium.visits) - len(medium.plan) <= 0.03 * len(medium.visits)


def test_one_client_is_never_visited_twice_at_once(medium: DemoTown) -> None:
    visits = {visit.id: visit for visit in medium.visits}
    spans = defaultdict(list)
    for item in medium.plan:
        visit = visits[item.visit]
        spans[visit.client].append((item.start, item.start + visit.duration))
    for mine in spans.values():
        mine.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(mine))


def test_the_hidden_plan_serves_the_day_on_the_real_streets(written: Path) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written)
    case = compile_visits(open_district(scenario, folder), VisitDay(made.visits, made.carers))
    assert _broken_rules(case, made.plan) == []


@pytest.mark.parametrize("harm", ["start", "carer", "partner"])
def test_a_spoilt_plan_is_noticed(written: Path, harm: str) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written)
    case = compile_visits(open_district(scenario, folder), VisitDay(made.visits, made.carers))
    staff = {visit.id: visit.staff for visit in made.visits}
    plan = list(made.plan)
    double = next(k for k, item in enumerate(plan) if staff[item.visit] == 2)
    one = plan[double]
    plan[double] = {
        "start": PlannedVisit(one.visit, one.carers, one.start + 6 * 3600),
        "carer": PlannedVisit(one.visit, (one.carers[0], one.carers[0]), one.start),
        "partner": PlannedVisit(one.visit, one.carers[:1], one.start),
    }[harm]
    assert _broken_rules(case, tuple(plan))


def _broken_rules(case: VisitsCase, plan: tuple[PlannedVisit, ...]) -> list[str]:
    """What the plan breaks of the compiled problem's rules, written down anew."""
    problem, broken = case.problem, list[str]()
    task = {visit.id: at for at, visit in enumerate(case.visits)}
    vehicle = {carer.id: at for at, carer in enumerate(case.carers)}
    start = {task[item.visit]: item.start for item in plan}
    rounds: dict[int, list[int]] = defaultdict(list)
    for item in plan:
        at = task[item.visit]
        if not any(low <= item.start <= high for low, high in problem.windows(at)):
            broken.append(f"{item.visit} outside its windows")
        if len(set(item.carers)) != problem.task_staff[at]:
            broken.append(f"{item.visit} staff")
        for carer in set(item.carers):
            rounds[vehicle[carer]].append(at)
            if problem.task_skills[at] & ~problem.vehicle_skills[vehicle[carer]]:
                broken.append(f"{item.visit} skills of {carer}")
    for first, second, low, high in zip(
        problem.link_first, problem.link_second, problem.link_min, problem.link_max, strict=True
    ):
        if not low <= start[int(second)] - start[int(first)] <= high:
            broken.append(f"link {first} {second}")
    for number, tasks in rounds.items():
        broken += _late(case, number, sorted(tasks, key=lambda at: start[at]), start)
    return broken


def _late(case: VisitsCase, number: int, tasks: list[int], start: dict[int, int]) -> list[str]:
    """Legs of one carer that take longer than the plan leaves, and shifts that are overrun."""
    problem, late = case.problem, list[str]()
    time = problem.time[problem.vehicle_mode[number]]
    at = int(problem.vehicle_start[number])
    depart = start[tasks[0]] - int(time[at, problem.task_place[tasks[0]]])
    now = depart
    for task in tasks:
        now += int(time[at, problem.task_place[task]])
        if now > start[task]:
            late.append(f"{case.carers[number].id} late at {case.visits[task].id}")
        now = start[task] + int(problem.task_duration[task])
        at = int(problem.task_end_place[task])
    home = int(problem.vehicle_end[number])
    now += 0 if home == NONE else int(time[at, home])
    limit = int(problem.vehicle_max_work[number])
    if depart < problem.vehicle_open[number] or now > problem.vehicle_close[number]:
        late.append(f"{case.carers[number].id} out of shift")
    if limit != NONE and now - depart > limit:
        late.append(f"{case.carers[number].id} works too long")
    return late


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


def test_the_ledger_tells_the_same_day(written: Path) -> None:
    made = town("S", 0)
    scenario, folder = load_scenario(written.with_name("ledger.yaml"))
    assert scenario.visits is not None
    day = read_visit_day(scenario.visits, folder, Intake())
    planned = {item.visit for item in made.plan}
    regular = [visit for visit in made.visits if visit.id in planned]
    assert not day.unplaced
    from_ledger = Counter((v.client, v.service, v.duration, v.staff) for v in day.visits)
    assert from_ledger == Counter((v.client, v.service, v.duration, v.staff) for v in regular)


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
