"""Who is away on the town's day: carers on leave, clients in hospital or out of town."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from scenarios.absences import Absence, AbsenceReason
from scenarios.catalogue import Catalogue
from scenarios.records import Carer, Visit
from scenarios.town.clients import Client, ability_of

__all__ = ["Away", "draw_away"]

_CARERS, _CLIENTS = 0.04, 0.012
"""Carers on leave and clients away, as shares of those at work and of the clients."""
_SERVICES = ("daily_check", "cleaning", "vital_signs")
_WHY = (AbsenceReason.HOSPITAL, AbsenceReason.HOSPITAL, AbsenceReason.AWAY)
_LONGEST = 14


@dataclass(frozen=True)
class Away:
    """Carers and visits that the tables hold and the day does without, and why."""

    carers: tuple[Carer, ...]
    visits: tuple[Visit, ...]
    absences: tuple[Absence, ...]


def draw_away(
    clients: Sequence[Client],
    visited: Collection[str],
    carers: Sequence[Carer],
    n_visits: int,
    catalogue: Catalogue,
    day: date,
    rng: np.random.Generator,
) -> Away:
    """A few people, none of whom the day's plan needs.

    Args:
        clients: who is cared for.
        visited: ids of those who are visited on the day.
        carers: who is at work; those on leave are like some of them.
        n_visits: visits of the day; further ones are numbered on.
        catalogue: services.
        day: the day.
        rng: source of chance.
    """
    on_leave = []
    for number in range(max(1, round(_CARERS * len(carers)))):
        like = carers[int(rng.integers(len(carers)))]
        on_leave.append(replace(like, id=f"C{len(carers) + number + 1:03d}"))
    free = [client for client in clients if client.id not in visited]
    suspended = []
    for number in range(min(len(free), max(2, round(_CLIENTS * len(clients))))):
        client = free.pop(int(rng.integers(len(free))))
        service = catalogue.services[_SERVICES[int(rng.integers(len(_SERVICES)))]]
        suspended.append(_visit(f"V{n_visits + number + 1:04d}", client, service.id, catalogue))
    absences = [_absence(carer.id, True, AbsenceReason.LEAVE, day, rng) for carer in on_leave]
    for visit in suspended:
        why = _WHY[int(rng.integers(len(_WHY)))]
        absences.append(_absence(visit.client, False, why, day, rng))
    return Away(tuple(on_leave), tuple(suspended), tuple(absences))


def _visit(id: str, client: Client, service_id: str, catalogue: Catalogue) -> Visit:
    service = catalogue.services[service_id]
    return Visit(
        id=id,
        client=client.id,
        service=service.id,
        place=client.place,
        duration=service.duration,
        windows=service.usual or ((8 * 3600, 11 * 3600),),
        skills=service.skills,
        tier=client.tier,
        community=client.community,
        age=client.age,
        ability=ability_of(client),
        floor=client.floor,
        lift=client.floor > 1 and client.stairs == 0,
        remote=service.remote,
        price=service.price,
    )


def _absence(
    id: str, staff: bool, why: AbsenceReason, day: date, rng: np.random.Generator
) -> Absence:
    """A spell around the day; one in four has no end yet."""
    before, after, is_open = rng.integers(0, [_LONGEST, _LONGEST, 4])
    last = None if is_open == 0 and not staff else day + timedelta(days=int(after))
    return Absence(id, staff, day - timedelta(days=int(before)), last, why)
