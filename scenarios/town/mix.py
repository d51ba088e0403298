"""What a station's day is made of: how often each service is asked for, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scenarios.town.clients import Client

__all__ = ["CHAINS", "DOUBLES", "SINGLES", "Wish"]

_FRAIL = frozenset({"mild_moderate", "severe"})
_SEVERE = frozenset({"severe"})
_ANY = frozenset({"intact", "mild_moderate", "severe"})


@dataclass(frozen=True)
class Wish:
    """How often a service is asked for, relative to the others, and by whom.

    Attributes:
        weight: relative frequency.
        abilities: grades of those who ask. alone: asked for by those who live alone.
        upstairs: asked for by those who climb stairs to their flats.
        slack: minutes before and after the planned start that the client's window leaves,
            fewest and most; None for half a day.
        hours: earliest and latest starts where clients ask for others than the catalogue's.
    """

    weight: float
    abilities: frozenset[str] = _ANY
    alone: bool = False
    slack: tuple[int, int] | None = (15, 60)
    hours: tuple[tuple[int, int], ...] = ()
    upstairs: bool = False

    def suits(self, client: Client) -> bool:
        """True where such a client would ask for it."""
        fits = client.cell.ability in self.abilities
        return fits and (client.cell.living == "alone" or not self.alone)


_DAYTIME = ((25_200, 64_800),)

SINGLES: Mapping[str, Wish] = MappingProxyType(
    {
        "daily_check": Wish(15.0, alone=True, slack=(30, 90), hours=_DAYTIME),
        "grooming": Wish(11.0, _FRAIL),
        "feeding": Wish(10.0, _SEVERE, slack=(10, 30)),
        "medication": Wish(24.0, _FRAIL, slack=(10, 30)),
        "vital_signs": Wish(14.0, slack=(20, 60), hours=_DAYTIME),
        "personal_care": Wish(2.0, _FRAIL, hours=((23_400, 68_400),)),
        "cleaning": Wish(4.0, slack=None),
        "laundry": Wish(2.0, slack=None),
        "cooking": Wish(4.0, alone=True, slack=(15, 30)),
        "bathing": Wish(3.0, _FRAIL),
        "haircut": Wish(1.5, slack=None),
        "fetch_medicine": Wish(2.0, slack=None),
        "errands": Wish(2.0, slack=None),
        "nursing": Wish(7.0, _FRAIL),
        "wound_care": Wish(6.0, _SEVERE),
        "catheter_care": Wish(4.0, _SEVERE),
        "family_doctor": Wish(12.0, _FRAIL),
        "rehab": Wish(2.5, _FRAIL),
        "therapy": Wish(8.0, _FRAIL),
        "hospital_escort": Wish(45.0, _FRAIL, slack=(10, 20)),
        "outing": Wish(2.0, _FRAIL),
        "company": Wish(1.2, alone=True, slack=None),
        "counselling": Wish(5.0, alone=True, slack=None),
        "visit_of_care": Wish(9.0, alone=True, slack=None),
        "dementia_care": Wish(2.5, _FRAIL),
        "palliative": Wish(3.0, _SEVERE),
        "respite": Wish(0.2, _SEVERE),
        "assessment": Wish(5.0, slack=None),
        "home_repair": Wish(4.0, slack=None),
    }
)
"""Services that one carer gives."""

DOUBLES: Mapping[str, Wish] = MappingProxyType(
    {
        "turning": Wish(5.0, _SEVERE, slack=(15, 45)),
        "bathing_disabled": Wish(3.0, _SEVERE),
        "stairs": Wish(2.0, _FRAIL, slack=(15, 45), upstairs=True),
    }
)
"""Services that take two carers at once."""

CHAINS: tuple[tuple[str, str, int, int], ...] = (
    ("vital_signs", "bathing", 600, 3_600),
    ("bathing", "wound_care", 3_600, 10_800),
    ("vital_signs", "medication", 900, 2_700),
    ("nursing", "personal_care", 2_700, 7_200),
)
"""Services of one client and day, the second after the first: seconds between their starts."""
