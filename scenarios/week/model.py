"""The scenario's part ``week``."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from scenarios.model_day import AllowanceInput
from scenarios.model_parts import Part, Positive, TableInput

__all__ = ["WeekInput"]

Weekday = Annotated[int, Field(ge=0, le=6)]


class WeekInput(Part):
    """A station's week, made from the elders' ledger."""

    monday: date
    """The first day; any day of the week will do."""
    elders: TableInput
    """Ledger of elders with what they need and how often (频次)."""
    carers: TableInput
    catalogue: TableInput | None = None
    """Services with duration, skills and staff; None for the built-in catalogue."""
    places: TableInput | None = None
    """Local place table: 小区 + 楼栋 -> lon/lat."""
    station: tuple[float, float] | None = None
    """lon, lat (WGS 84) where carers without a start of their own begin and end."""
    rest_days: dict[str, list[Weekday]] = Field(default_factory=dict)
    """Weekdays on which each carer is off (0 is Monday), by id; others are off at weekends."""
    absences: TableInput | None = None
    """Who is away from when to when: carers on leave, clients in hospital or out of town."""
    holidays: list[date] = Field(default_factory=list)
    """Public holidays, on which only carers who work on holidays come."""
    allowances: AllowanceInput | None = None
    """Pay visits from the clients' allowances and never overspend them; None leaves money out."""
    same_hour_minutes: Annotated[float, Field(ge=0)] | None = 60.0
    """Most minutes between the starts of a service on its days; None where any time will do."""
    max_week_hours: Positive = 44.0
    """Most hours of work in the week (Labour Law, art. 36)."""
    rest_hours: Annotated[float, Field(ge=0)] = 11.0
    """Least hours from the end of a day to the next."""
    carer_yuan: Annotated[float, Field(ge=0)] = 120.0
    """What every further person whom a client sees in the week weighs against wages."""
    balance_yuan_per_hour: Annotated[float, Field(ge=0)] = 1.0
    """What uneven hours weigh against wages; see the problem's ``balance_cost``."""
    lapse_yuan_per_yuan: Annotated[float, Field(ge=0)] = 1.0
    """What allowance money weighs that lapses unspent."""
    floor_seconds: Annotated[int, Field(ge=0)] = 45
    """Longer at the door for every floor to climb without a lift, where floors are known."""
    seconds: Positive = 120.0
    iterations: Annotated[int, Field(gt=0)] | None = None
    seed: int = 0
    threads: Annotated[int, Field(ge=1, le=64)] = 2
