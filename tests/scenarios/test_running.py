"""A station's running day: ticks, events, insertions, what is carried over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from base.faults import FaultError
from optimizer.routing.dispatch.ranked_insert import Verdict
from optimizer.routing.dispatch.smallest_change import Change, ChangeKind
from optimizer.routing.dispatch.what_if import Drag
from optimizer.routing.solution import Plan
from optimizer.routing.solve import solve
from optimizer.stop import Stop
from scenarios.absences import Absence
from scenarios.day import VisitDay
from scenarios.district import District, open_district
from scenarios.files import load_scenario
from scenarios.records import Carer, Link, Mode, Tier, Visit
from scenarios.running import (
    CarerGone,
    CarerLate,
    ClientSuspended,
    DayBook,
    MissedReason,
    RunningDay,
    Status,
    Tick,
    UrgentCall,
    VisitCancelled,
    VisitTicked,
    Whereabouts,
    apply_event,
)
from scenarios.running.book import MISSED_REASONS, read_book, write_book
from scenarios.running.carried import missed_visits, with_carried
from scenarios.running.events import HAND_OVER
from scenarios.running.replan import repaired
from scenarios.running.telling import (
    VERDICTS,
    tell_change,
    tell_finding,
    tell_move,
    tell_proposal,
)
from scenarios.visits import compile_visits
from tests.small_town import place, write_town

HOUR = 3600
TODAY = date(2026, 3, 2)
PART = {
    "visits": {
        "day": "2026-03-02",
        "visits": {"path": "visits.csv"},
        "carers": {"path": "carers.csv"},
    }
}


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("town")
    for name in ("visits.csv", "carers.csv"):
        (folder / name).write_text("")
    return open_district(*load_scenario(write_town(folder, {}, PART)))


def visit(name: str, x: float, y: float, opens: float, closes: float, **changes: Any) -> Visit:
    given: dict[str, Any] = {
        "id": name,
        "client": f"E-{name}",
        "service": "grooming",
        "place": place(x, y),
        "duration": 1800,
        "windows": ((int(opens * HOUR), int(closes * HOUR)),),
    }
    return Visit(**{**given, **changes})


def carer(name: str, *skills: str, **changes: Any) -> Carer:
    given: dict[str, Any] = {
        "id": name,
        "skills": frozenset(skills),
        "shift": (8 * HOUR, 17 * HOUR),
        "start": place(500, 300),
        "end": place(500, 300),
        "mode": Mode.WALK,
    }
    return Carer(**{**given, **changes})


VISITS = (
    visit("V1", 100, 100, 8, 9),
    visit("V2", 700, 400, 10, 11, tier=Tier.BASIC),
    visit("V3", 300, 500, 14, 15),
    visit("V4", 900, 100, 9, 9.5),
)


@pytest.fixture
def day(district: District) -> RunningDay:
    """Ten o'clock less a minute: V1 and V4 are done."""
    case = compile_visits(district, VisitDay(VISITS, (carer("A"), carer("B", "rehab"))))
    plan = solve(case.problem, stop=Stop(iterations=30)).plan
    assert plan.unserved == ()
    book = DayBook(now=10 * HOUR - 60)
    for name in ("V1", "V4"):
        book = book.ticked(name, Tick(status=Status.DONE))
    return RunningDay(case, plan, book)


def codes(error: FaultError) -> list[str]:
    return [fault.kind.code for fault in error.faults]


def starts(day: RunningDay) -> dict[str, int]:
    return {row.visit: row.start for row in day.visits}


def test_an_urgent_call_is_ranked_and_carried_out(day: RunningDay) -> None:
    call = visit("U1", 500, 500, 10, 12)
    outcome = apply_event(day, UrgentCall((call,)))
    assert outcome.unplaced == ("U1",)
    ranking = outcome.day.insertions("U1")
    assert ranking.verdict is Verdict.FOUND
    after = outcome.day.inserted(ranking.proposals[0])
    assert after.plan.unserved == ()
    assert 10 * HOUR <= starts(after)["U1"] <= 12 * HOUR
    words = tell_proposal(outcome.day, ranking.proposals[0])
    assert "元" in words.zh
    assert "yuan" in words.en


def test_a_call_for_two_people_takes_two(day: RunningDay) -> None:
    first = visit("U1", 500, 500, 12, 13)
    second = replace(first, id="U2", link=Link("U1", 0, 0))
    outcome = apply_event(day, UrgentCall((first, second)))
    after = outcome.day.inserted(outcome.day.insertions("U2").proposals[0])
    rows = [row for row in after.visits if row.visit in ("U1", "U2")]
    assert len({row.carer for row in rows}) == 2
    assert len({row.start for row in rows}) == 1


def test_an_emergency_is_handed_over_and_never_planned(day: RunningDay) -> None:
    outcome = apply_event(day, UrgentCall((visit("U1", 500, 500, 10, 12),), emergency=True))
    assert outcome.day is day
    assert outcome.notices == (HAND_OVER,)
    assert outcome.unplaced == ()


def test_a_cancelled_visit_leaves_the_plan(day: RunningDay) -> None:
    after = apply_event(day, VisitCancelled("V3")).day
    assert "V3" not in starts(after)
    assert starts(after).keys() == {"V1", "V2", "V4"}
    with pytest.raises(FaultError) as caught:
        apply_event(day, VisitCancelled("V1"))
    assert codes(caught.value) == ["CC-S501"]


def test_a_late_carer_pushes_visits_or_breaks_the_plan(day: RunningDay) -> None:
    who = next(row.carer for row in day.visits if row.visit == "V2")
    late = apply_event(day, CarerLate(who, 10 * HOUR + 1200))
    assert late.warnings == ()
    broken = apply_event(day, CarerLate(who, 12 * HOUR))
    assert [fault.kind.code for fault in broken.warnings] == ["CC-S510"]


def test_a_gone_carers_visits_wait_for_others(day: RunningDay) -> None:
    who = next(row.carer for row in day.visits if row.visit == "V3")
    outcome = apply_event(day, CarerGone(who))
    assert "V3" in outcome.unplaced
    after = outcome.day
    for name in outcome.unplaced:
        after = after.inserted(after.insertions(name).proposals[0])
    assert after.plan.unserved == ()
    assert {row.carer for row in after.visits if row.visit in outcome.unplaced} == {
        {"A": "B", "B": "A"}[who]
    }


def test_a_client_in_hospital_is_not_visited_and_owed_after(day: RunningDay) -> None:
    outcome = apply_event(day, ClientSuspended("E-V2", TODAY, date(2026, 3, 4)))
    assert "V2" not in starts(outcome.day)
    assert outcome.absence is not None
    owed = missed_visits(evening(outcome.day), TODAY)
    assert [(each.visit.id, each.reason) for each in owed] == [("V2", MissedReason.SUSPENDED)]
    away = [outcome.absence]
    assert with_carried((), owed, date(2026, 3, 3), away) == ()
    (again,) = with_carried((), owed, date(2026, 3, 5), away)
    assert again.id == "V2+"
    assert again.windows == VISITS[1].windows
    assert with_carried((), owed, date(2026, 3, 6), away) == ()


def evening(day: RunningDay) -> RunningDay:
    """The day in the evening: everything that is left was made."""
    book = day.book
    for each in day.case.visits:
        if each.id not in book.ticks:
            book = book.ticked(each.id, Tick(status=Status.DONE))
    return replace(day, book=book.at(18 * HOUR))


def test_what_was_missed_is_owed_unless_refused_or_made_up_for(day: RunningDay) -> None:
    missed = Tick(status=Status.MISSED, reason=MissedReason.NOBODY_HOME)
    refused = Tick(status=Status.MISSED, reason=MissedReason.REFUSED)
    day = apply_event(day, VisitTicked("V2", missed)).day
    day = apply_event(day, VisitTicked("V3", refused)).day
    owed = missed_visits(day, TODAY)
    assert [each.visit.id for each in owed] == ["V2"]
    tomorrow = date(2026, 3, 3)
    own = replace(VISITS[1], id="W1")
    assert with_carried((own,), owed, tomorrow) == (own,)
    other = replace(VISITS[0], id="V2+")
    assert [v.id for v in with_carried((other,), owed, tomorrow)] == ["V2+", "V2+2"]
    assert with_carried((), owed, TODAY) == ()
    elsewhere = Absence("E-V2", False, tomorrow)
    assert with_carried((), owed, tomorrow, [elsewhere]) == ()


def test_reasons_and_changes_are_told_in_both_languages(day: RunningDay) -> None:
    call = visit("U1", 500, 500, 18, 19)
    outcome = apply_event(day, UrgentCall((call,)))
    finding = outcome.day.why_unserved("U1")
    assert finding.verdict is Verdict.NO_PLACE
    texts = tell_finding(outcome.day, finding)
    assert any(text.en.startswith("window from 1") for text in texts)
    assert any("班次延至" in text.zh for text in texts)
    for kind in ChangeKind:
        change = Change(kind, vehicle=0, since=9 * HOUR, until=10 * HOUR, amount=1250)
        words = tell_change(day, change)
        assert "{" not in words.zh + words.en
        assert words.zh != words.en
    assert set(VERDICTS) == set(Verdict)
    assert set(MISSED_REASONS) == set(MissedReason)


def test_dragging_a_visit_shows_what_moves(day: RunningDay) -> None:
    who = next(row.carer for row in day.visits if row.visit == "V3")
    other = day.carer_number({"A": "B", "B": "A"}[who])
    scored = day.dragged([Drag(day.visit_number("V3"), vehicle=other)])
    assert scored.keeps_the_rules
    (move,) = (m for m in scored.moves if m.from_vehicle != m.to_vehicle)
    assert "V3" in tell_move(day, move).zh
    shifted = day.dragged([Drag(day.visit_number("V3"), start=int(14.5 * HOUR))])
    assert any("->" in tell_move(day, m).en for m in shifted.moves)


def test_the_rest_can_be_planned_anew(day: RunningDay) -> None:
    rest = day.rest()
    after = day.replanned(rest, rest.plan)
    assert starts(after) == starts(day)


def test_a_repaired_plan_serves_what_came_in(day: RunningDay) -> None:
    outcome = apply_event(day, UrgentCall((visit("U1", 500, 500, 10, 12),)))
    gone = next(row.carer for row in day.visits if row.visit == "V3")
    later = apply_event(outcome.day, CarerGone(gone)).day
    after, warnings = repaired(later, stop=Stop(iterations=5))
    assert warnings == ()
    assert after.plan.unserved == ()
    assert starts(after)["V1"] == starts(day)["V1"]
    again, _ = repaired(later, stop=Stop(iterations=5))
    assert again.plan == after.plan


def test_a_plan_that_cannot_be_kept_is_made_possible(day: RunningDay) -> None:
    who = next(row.carer for row in day.visits if row.visit == "V2")
    broken = apply_event(day, CarerLate(who, 12 * HOUR))
    after, warnings = repaired(broken.day, stop=Stop(iterations=5))
    assert warnings == ()
    assert after.plan.unserved == ()
    assert next(row.carer for row in after.visits if row.visit == "V2") != who
    frozen = replace(broken.day, book=broken.day.book.at(10 * HOUR - 60, frozen_seconds=HOUR))
    kept, told = repaired(frozen, stop=Stop(iterations=5))
    assert [fault.code for fault in told] == ["CC-S510"]
    assert starts(kept)["V2"] == starts(broken.day)["V2"]


def test_the_book_is_written_and_read(tmp_path: Path) -> None:
    book = DayBook(now=36_000).ticked("V1", Tick(status=Status.STARTED, started=35_000))
    book = book.placed("A", Whereabouts(place=(116.4, 39.9), free_from=36_500))
    write_book(book, tmp_path / "book.json")
    assert read_book(tmp_path / "book.json") == book
    (tmp_path / "bad.json").write_text('{"now": "noon", "else": 1}')
    with pytest.raises(FaultError) as caught:
        read_book(tmp_path / "bad.json")
    assert codes(caught.value) == ["CC-S502", "CC-S502"]
    with pytest.raises(FaultError):
        read_book(tmp_path / "none.json")


def test_unknown_ids_are_faults(day: RunningDay) -> None:
    stray = day.book.ticked("X9", Tick(status=Status.DONE)).placed("Z", Whereabouts())
    with pytest.raises(FaultError) as caught:
        _ = replace(day, book=stray).standing
    assert codes(caught.value) == ["CC-S500", "CC-S500"]
    for event in (CarerGone("Z"), VisitCancelled("X9"), ClientSuspended("Q", TODAY)):
        with pytest.raises(FaultError):
            apply_event(day, event)
    assert isinstance(day.plan, Plan)
