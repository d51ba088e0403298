"""The tables of a day, read together: a station's visits and carers, a lunch's orders and rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from base.faults import Fault, Faults
from scenarios.catalogue import Catalogue, built_in
from scenarios.cells import read_time
from scenarios.codes import ROWS_UNPLACED
from scenarios.ledger import read_ledger
from scenarios.model import MealsInput, VisitsInput
from scenarios.places import Unplaced
from scenarios.records import Carer, Carrier, Kitchen, MealOrder, Place, Visit
from scenarios.tables import (
    Intake,
    read_carers,
    read_carriers,
    read_kitchens,
    read_orders,
    read_places,
    read_services,
    read_visits,
)
from scenarios.territory.catchment_book import visits_of_station

__all__ = ["Lunch", "VisitDay", "read_lunch", "read_visit_day", "unplaced_warning"]


@dataclass(frozen=True)
class VisitDay:
    """A station's day: visits, carers, and the rows that nobody but a person can place.

    ``catalogue`` knows what the visits' services are called; ``warnings`` are what the user
    should know of the day.
    """

    visits: tuple[Visit, ...]
    carers: tuple[Carer, ...]
    unplaced: tuple[Unplaced, ...] = ()
    catalogue: Catalogue = field(default_factory=built_in, repr=False)
    warnings: tuple[Fault, ...] = ()


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
    faults.raise_if_any()
    return VisitDay(
        tuple(visits or ()), tuple(carers or ()), tuple(intake.unplaced), intake.catalogue, warnings
    )


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
