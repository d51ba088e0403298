"""The tables of a day, read together: a station's visits and carers, a lunch's orders and rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from base.faults import Fault, Faults
from scenarios.absences import Absence, present_on
from scenarios.allowances import Allowance, Balance, allowances_of
from scenarios.catalogue import Catalogue, built_in
from scenarios.cells import read_time
from scenarios.codes import ROWS_UNPLACED, WISHES_FOR_STRANGERS
from scenarios.ledger import read_ledger
from scenarios.model import MealsInput, VisitsInput
from scenarios.model_day import BreakInput, WeightsInput
from scenarios.places import Unplaced
from scenarios.records import Break, Carer, Carrier, Kitchen, MealOrder, Place, Visit
from scenarios.tables import (
    Intake,
    read_absences,
    read_balances,
    read_carers,
    read_carriers,
    read_kitchens,
    read_orders,
    read_places,
    read_services,
    read_visits,
)
from scenarios.territory.catchment_book import visits_of_station

__all__ = ["DayTerms", "Lunch", "VisitDay", "read_lunch", "read_visit_day", "unplaced_warning"]


@dataclass(frozen=True)
class DayTerms:
    """What holds for the whole day beside its visits and carers.

    Attributes:
        day: the date, None where it does not matter.
        weights: what things weigh against wages.
        equipment: how many there are of what visits share, by id.
        allowances: what clients may spend, by client; None where money is left out.
        by_phone: calls may stand in for visits whose service allows it.
        one_at_a_time: no two visits to one client at the same time.
        floor_seconds: longer at the door for every floor to climb without a lift.
    """

    day: date | None = None
    weights: WeightsInput = field(default_factory=WeightsInput)
    equipment: Mapping[str, int] = field(default_factory=dict)
    allowances: Mapping[str, Allowance] | None = None
    by_phone: bool = False
    one_at_a_time: bool = False
    floor_seconds: int = 45


@dataclass(frozen=True)
class VisitDay:
    """A station's day: visits, carers, and the rows that nobody but a person can place.

    Attributes:
        visits, carers: who is to be visited, and who is at work.
        unplaced: rows for a person to place.
        catalogue: knows what the visits' services are called.
        warnings: what the user should know of the day.
        terms: what holds for the whole day.
        suspended: visits that fall away because the client is away. off: carers who are.
    """

    visits: tuple[Visit, ...]
    carers: tuple[Carer, ...]
    unplaced: tuple[Unplaced, ...] = ()
    catalogue: Catalogue = field(default_factory=built_in, repr=False)
    warnings: tuple[Fault, ...] = ()
    terms: DayTerms = field(default_factory=DayTerms)
    suspended: tuple[tuple[Visit, Absence], ...] = ()
    off: tuple[tuple[Carer, Absence], ...] = ()


@dataclass(frozen=True)
class Lunch:
    """One meal of a day: orders, kitchens, carriers, and rows that only a person can place."""

    orders: tuple[MealOrder, ...]
    kitchens: tuple[Kitchen, ...]
    carriers: tuple[Carrier, ...]
    unplaced: tuple[Unplaced, ...] = ()


def read_visit_day(wanted: VisitsInput, folder: Path, intake: Intake | None = None) -> VisitDay:
    """Read the tables of a day of visits.

    Args:
        wanted: the scenario's visits part.
        folder: where its paths count from.
        intake: pseudonyms in, contacts out; catalogue, places and station come from the scenario.

    Raises:
        FaultError: every fault of every table.
    """
    faults = Faults()
    intake = intake or Intake()
    if wanted.catalogue is not None:
        table = wanted.catalogue
        catalogue = faults.keep(lambda: read_services(table, folder))
        intake = dataclasses.replace(intake, catalogue=catalogue or intake.catalogue)
    if wanted.places is not None:
        places = wanted.places
        intake = dataclasses.replace(
            intake, places=faults.keep(lambda: read_places(places, folder))
        )
    if wanted.station is not None:
        intake = dataclasses.replace(intake, station=Place(*wanted.station))
    carers = faults.keep(lambda: read_carers(wanted.carers, folder, intake))
    visits: Sequence[Visit] | None = None
    if wanted.visits is not None:
        day = wanted.visits
        visits = faults.keep(lambda: read_visits(day, folder, intake))
    elif wanted.elders is not None:
        ledger = wanted.elders
        visits = faults.keep(lambda: read_ledger(ledger, folder, wanted.day, intake).visits)
    warnings: tuple[Fault, ...] = ()
    if visits is not None and wanted.catchments is not None and wanted.station_id is not None:
        layer, station, whole = wanted.catchments, wanted.station_id, visits
        split = faults.keep(lambda: visits_of_station(whole, layer, station, folder))
        visits, warnings = split or ((), ())
    away: Sequence[Absence] = ()
    if wanted.absences is not None:
        leave = wanted.absences
        away = faults.keep(lambda: read_absences(leave, folder, intake)) or ()
    booked: Sequence[Balance] = ()
    if wanted.allowances is not None and wanted.allowances.balances is not None:
        books = wanted.allowances.balances
        booked = faults.keep(lambda: read_balances(books, folder, intake)) or ()
    faults.raise_if_any()
    present = present_on(wanted.day, visits or (), carers or (), away, wanted.holidays)
    return VisitDay(
        present.visits,
        tuple(_with_breaks(carer, wanted) for carer in present.carers),
        tuple(intake.unplaced),
        intake.catalogue,
        (*warnings, *_strangers_warning(intake)),
        _terms(wanted, present.visits, booked),
        present.suspended,
        present.off,
    )


def _terms(wanted: VisitsInput, visits: Sequence[Visit], booked: Sequence[Balance]) -> DayTerms:
    allowances = None
    if wanted.allowances is not None:
        allowances = allowances_of(visits, wanted.day, wanted.allowances.pack, booked)
    return DayTerms(
        day=wanted.day,
        weights=wanted.weights,
        equipment=wanted.equipment,
        allowances=allowances,
        by_phone=wanted.by_phone,
        one_at_a_time=wanted.one_at_a_time,
        floor_seconds=wanted.floor_seconds,
    )


def _with_breaks(carer: Carer, wanted: VisitsInput) -> Carer:
    """The carer with the scenario's breaks, where the own table says nothing of them."""
    if carer.breaks is not None or not wanted.breaks:
        return carer
    hours = (carer.shift[1] - carer.shift[0]) / 3600
    breaks = (_break(each, carer.start) for each in wanted.breaks if hours >= each.min_shift_hours)
    return dataclasses.replace(carer, breaks=tuple(breaks))


def _break(wanted: BreakInput, start: Place) -> Break:
    opens, closes = (read_time(text) for text in wanted.window)
    assert opens is not None and closes is not None, "scenarios.crosschecks looks at the window"
    place = start if wanted.at == "station" else None
    return Break((opens, closes), round(60 * wanted.minutes), place, wanted.must)


def _strangers_warning(intake: Intake) -> tuple[Fault, ...]:
    """A warning where clients wish for people who are no carers here."""
    if not intake.strangers:
        return ()
    rows = sorted({row for _, row in intake.strangers})
    listed = ", ".join(map(str, rows[:10])) + (" ..." if len(rows) > 10 else "")
    return (WISHES_FOR_STRANGERS(intake.strangers[0][0], count=len(rows), rows=listed),)


def read_lunch(wanted: MealsInput, folder: Path, intake: Intake | None = None) -> Lunch:
    """Read the tables of a meal; see :func:`read_visit_day`.

    Raises:
        FaultError: every fault of every table.
    """
    faults = Faults()
    intake = intake or Intake()
    if wanted.places is not None:
        table = wanted.places
        intake = dataclasses.replace(intake, places=faults.keep(lambda: read_places(table, folder)))
    low, high = (read_time(text) for text in wanted.window)
    assert low is not None and high is not None, "scenarios.crosschecks looks at the window"
    window = (low, high)
    orders: Sequence[MealOrder] | None = None
    if wanted.orders is not None:
        listed = wanted.orders
        orders = faults.keep(lambda: read_orders(listed, folder, intake, window=window))
    elif wanted.elders is not None:
        ledger, meal = wanted.elders, wanted.meal
        day = faults.keep(
            lambda: read_ledger(ledger, folder, wanted.day, intake, windows={meal: window}),
        )
        orders = day.orders(meal) if day else None
    kitchens = faults.keep(lambda: read_kitchens(wanted.kitchens, folder, intake))
    carriers = faults.keep(lambda: read_carriers(wanted.carriers, folder, intake))
    faults.raise_if_any()
    return Lunch(
        tuple(orders or ()), tuple(kitchens or ()), tuple(carriers or ()), tuple(intake.unplaced)
    )


def unplaced_warning(unplaced: Sequence[Unplaced]) -> tuple[Fault, ...]:
    """A warning where rows could not be placed; they are listed for placing by hand."""
    if not unplaced:
        return ()
    rows = ", ".join(str(item.row) for item in unplaced[:10])
    more = " ..." if len(unplaced) > 10 else ""
    return (ROWS_UNPLACED(unplaced[0].table, count=len(unplaced), rows=rows + more),)
