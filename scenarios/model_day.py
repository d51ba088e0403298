"""Parts of a scenario's day of visits: breaks, what things weigh, allowances."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.model_parts import Part, Positive, TableInput

__all__ = ["AllowanceInput", "BreakInput", "WeightsInput"]

_Yuan = Annotated[float, Field(ge=0, le=1_000_000)]


class BreakInput(Part):
    """A rest for carers whose own table says nothing of breaks."""

    window: tuple[str, str]
    """Earliest and latest start, HH:MM."""
    minutes: Positive = 30.0
    at: Literal["client", "station"] = "client"
    """``client``: wherever the carer then is; ``station``: back where the own day starts."""
    must: bool = True
    """False: the plan may leave it out for ``weights.break_yuan``."""
    min_shift_hours: Annotated[float, Field(ge=0)] = 6.0
    """Shorter shifts have no such break."""


class WeightsInput(Part):
    """What things weigh against wages. Zero leaves a thing out of the objective."""

    waiting_yuan_per_hour: _Yuan = 0.0
    """On top of wages, which are paid while waiting as well."""
    late_yuan_per_hour: _Yuan | None = None
    """Visits may start after their windows at this price; None where they may not."""
    worst_late_yuan_per_hour: _Yuan = 0.0
    """For the largest lateness of all visits."""
    early_yuan_per_hour: _Yuan | None = None
    """Visits may start before their windows at this price; None where they may not."""
    early_minutes: Annotated[float, Field(ge=0)] = 15.0
    """Most minutes early, where ``early_yuan_per_hour`` is given."""
    idle_yuan_per_hour: _Yuan = 0.0
    """For the longest idle time of any carer."""
    balance_yuan_per_hour: _Yuan = 0.0
    """For the difference between the longest and the shortest working time."""
    named_yuan: _Yuan = 10.0
    """For a visit by somebody else than the client wishes."""
    sex_yuan: _Yuan = 10.0
    """For a visit by somebody of the other sex than the client wishes."""
    language_yuan: _Yuan = 5.0
    """For a visit by somebody who does not speak what the client wishes."""
    continuity_yuan: _Yuan = 3.0
    """For a visit by somebody else than came last time."""
    break_yuan: _Yuan = 30.0
    """For a break left out that need not be taken."""
    expiring_days: Annotated[int, Field(ge=0)] = 14
    """Allowances that expire within so many days are spent first, yuan for yuan."""


class AllowanceInput(Part):
    """Monthly care allowances, from which visits are paid."""

    pack: str = "dongcheng_2017"
    """Rule pack that says how much a tier gets a month, and when what is left is cleared."""
    balances: TableInput | None = None
    """What each client has left on the day; None where nothing was spent yet. Clients of a tier
    with an allowance who are not in the table have what was paid since the last clearing."""
