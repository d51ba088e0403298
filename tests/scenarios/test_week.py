"""A week from a ledger: rhythms, pairs, leave, money, and the written answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from base.faults import FaultError
from optimizer.stop import Stop
from scenarios.absences import Absence
from scenarios.catalogue import built_in
from scenarios.demo import generate, write_town
from scenarios.files import load_scenario
from scenarios.frequency import read_frequency
from scenarios.ledger_day import Elder, Need
from scenarios.records import Place, Tier
from scenarios.store import check_run, write_run
from scenarios.week.needs import WeekNeed, needs_of_week
from scenarios.week.paper import week_carer_sheets, week_client_sheets
from scenarios.week.run import WeekRun, run_week

MONDAY = date(2026, 3, 2)
HOUR = 3_600


def asked(
    service: str, often: str, windows: tuple[tuple[int, int], ...] = ((9 * HOUR, 11 * HOUR),)
) -> tuple[Elder, Need]:
    frequency = read_frequency(often)
    assert frequency is not None
    found = built_in().services[service]
    elder = Elder("E1", Place(116.4, 39.9), None, None, Tier.BASIC, "", floor=3, lift=False)
    return elder, Need(found, frequency, found.duration, windows, found.staff)


def only(*listed: tuple[Elder, Need], absences: tuple[Absence, ...] = ()) -> WeekNeed:
    (need,) = needs_of_week(listed, MONDAY, absences)
    return need


@pytest.mark.parametrize(
    ("often", "times", "days", "gap"),
    [
        ("每周3次", 3, {0, 1, 2, 3, 4}, 2),
        ("每周4次", 4, {0, 1, 2, 3, 4}, 1),
        ("每周6次", 6, {0, 1, 2, 3, 4, 5}, 1),
        ("每日", 7, {0, 1, 2, 3, 4, 5, 6}, 1),
        ("每周一、三、五", 3, {0, 2, 4}, 1),
        ("周末", 2, {5, 6}, 1),
    ],
)
def test_a_frequency_says_how_often_and_which_days_will_do(
    often: str, times: int, days: set[int], gap: int
) -> None:
    need = only(asked("vital_signs", often))
    assert (need.times, set(need.days), need.gap) == (times, days, gap)


def test_several_visits_a_day_are_needs_of_their_own_one_after_the_other() -> None:
    first, second = needs_of_week([asked("turning", "每日2次")], MONDAY)
    assert first.times == second.times == 7
    assert first.windows[-1][1] < second.windows[0][0]


def test_what_is_on_demand_is_no_need_and_absence_takes_days_away() -> None:
    assert needs_of_week([asked("errands", "按需")], MONDAY) == ()
    away = (Absence("E1", False, date(2026, 3, 4), date(2026, 3, 31)),)
    need = only(asked("feeding", "每日"), absences=away)
    assert (need.times, set(need.days), need.away) == (2, {0, 1}, 5)


def test_stairs_take_time() -> None:
    listed = [asked("vital_signs", "每周1次")]
    (flat,), (high,) = needs_of_week(listed, MONDAY), needs_of_week(listed, MONDAY, (), 45)
    assert high.duration == flat.duration + 2 * 45


def test_a_service_follows_the_one_before_it_where_their_days_agree() -> None:
    vital, bath = needs_of_week(
        [asked("vital_signs", "每周2次"), asked("bathing", "每周2次")], MONDAY
    )
    assert vital.follows is None
    assert bath.follows == vital.id and bath.gaps == (600, 3_600)
    _, free = needs_of_week([asked("vital_signs", "每周3次"), asked("bathing", "每周2次")], MONDAY)
    assert free.follows is None


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeekRun]:
    folder = tmp_path_factory.mktemp("town")
    write_town(generate("S", seed=0), folder)
    scenario, base = load_scenario(folder / "week.yaml")
    yield run_week(scenario, base, stop=Stop(iterations=60))


def test_the_demo_week_is_planned_as_its_ledger_asks(planned: WeekRun) -> None:
    needs, answer = planned.case.week.needs, planned.answer
    assert sum(need.times for need in needs) == 450
    assert len({need.client for need in needs}) == 100 and len(planned.case.week.carers) == 12
    assert len(answer.visits) + len(answer.unserved) == 450
    assert len(answer.visits) >= 420
    assert answer.counts["carers_mean_milli"] <= 2_200
    for visit in answer.visits:
        for carer in visit.carers:
            assert visit.day in planned.case.week.on_duty[carer]


def test_the_written_week_passes_its_check_and_a_changed_one_does_not(
    planned: WeekRun, tmp_path: Path
) -> None:
    out = tmp_path / "answer"
    report = write_run(planned, out)
    text = report.read_text(encoding="utf-8")
    assert "每位老人的护理员" in text and "carers per client" in text
    assert check_run(out) == ()
    answer = out / "answer.json"
    written = answer.read_text(encoding="utf-8")
    visit = planned.answer.visits[0]
    head = f"{visit.need},\n   {visit.number},\n   {visit.day},"
    assert head in written
    answer.write_text(
        written.replace(head, f"{visit.need},\n   {visit.number},\n   {(visit.day + 1) % 7},", 1),
        encoding="utf-8",
    )
    assert check_run(out)


def test_sheets_for_carers_and_clients_say_the_same_in_both_languages(planned: WeekRun) -> None:
    visits = planned.answer.visits
    by_carer = week_carer_sheets(planned, {}, "zh")
    by_client = week_client_sheets(planned, {}, "en")
    assert sum(len(sheet.rows) for sheet in by_carer) == sum(len(v.carers) for v in visits)
    assert sum(len(sheet.rows) for sheet in by_client) == len(visits)
    assert by_carer[0].columns[0][0] == "星期" and by_client[0].columns[0][0] == "day"


def test_days_off_of_strangers_are_a_fault(planned: WeekRun, tmp_path: Path) -> None:
    scenario, folder = planned.scenario, planned.wanted
    assert folder.rest_days
    changed = scenario.model_copy(
        update={"week": folder.model_copy(update={"rest_days": {"nobody": [0]}})}
    )
    write_town(generate("S", seed=0), tmp_path)
    with pytest.raises(FaultError, match="nobody"):
        run_week(changed, tmp_path, stop=Stop(iterations=1))
