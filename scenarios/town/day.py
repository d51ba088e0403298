"""A day of visits, made around a plan that serves it.

Carers are walked through their shifts: whoever is free first takes the next visit near by, alone,
with a second carer, or as the first of two visits that follow each other. Windows are then laid
around the starts so found. The plan is kept (:class:`GivenVisit`): it proves that the day can
be served with all its wishes for the person, and a solver can be measured against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

import numpy as np

from scenarios.catalogue import Catalogue
from scenarios.records import Asked, Carer, Link, Place, Visit
from scenarios.town.asked import draw_asked
from scenarios.town.clients import Client, ability_of
from scenarios.town.walk import RIDE_LIMIT, Draft, Hand, World, hours_of, length_of, walk_day
from scenarios.town.ways import Ways
from scenarios.visits.given import GivenVisit

__all__ = ["DAY", "Day", "draw_day"]

DAY = date(2026, 3, 4)
"""The town's day, a Wednesday."""
_FIVE = 300
_HALF_DAYS = ((30_600, 41_400), (46_800, 59_400))


@dataclass(frozen=True)
class Day:
    """Visits of one day, a plan that serves them all, and what the day shares.

    ``equipment`` is how many there are of each thing, as few as the plan needs at once;
    ``rides`` are the seconds of each escort's ride by its visit.
    """

    visits: tuple[Visit, ...]
    plan: tuple[GivenVisit, ...]
    equipment: Mapping[str, int]
    rides: Mapping[str, int]


def draw_day(
    clients: Sequence[Client],
    carers: Sequence[Carer],
    places: Sequence[Place],
    ways: Ways,
    catalogue: Catalogue,
    n: int,
    rng: np.random.Generator,
) -> Day:
    """About ``n`` visits of these clients.

    Args:
        clients: who may ask; place number i of ``ways`` is the home of client i.
        carers: who works; their bases come next among the places, then the hospitals.
        places: the places that ``ways`` measures.
        ways: metres between them.
        catalogue: services.
        n: how many visits.
        rng: source of chance.
    """
    known = {place: at for at, place in reversed(list(enumerate(places)))}
    bases = {known[carer.start] for carer in carers}
    hospitals = [at for at in range(len(clients), len(places)) if at not in bases]
    hands = [
        Hand(number, carer, known[carer.start], carer.shift[0], known[carer.start])
        for number, carer in enumerate(carers)
    ]
    world = World(clients, hospitals, ways, catalogue, rng, hands)
    walk_day(world, n)
    _number(world)
    asked = draw_asked(world, carers)
    visits = tuple(_visit(world, draft, places, asked[draft.id]) for draft in world.drafts)
    plan = tuple(
        GivenVisit(draft.id, tuple(carers[k].id for k in draft.carers), draft.start)
        for draft in world.drafts
    )
    return Day(visits, plan, _equipment(world), _rides(world))


def _equipment(world: World) -> dict[str, int]:
    """The most of each thing that the plan keeps busy at the same moment."""
    events: dict[str, list[tuple[int, int]]] = {}
    for draft in world.drafts:
        name = draft.service.equipment
        if name is not None:
            length = length_of(world, draft.client, draft.service)
            end = draft.start + max(world.hands[k].takes(length) for k in draft.carers)
            events.setdefault(name, []).extend(((draft.start, 1), (end, -1)))
    return {
        name: max(accumulate(change for _, change in sorted(moments)))
        for name, moments in sorted(events.items())
    }


def _rides(world: World) -> dict[str, int]:
    """Seconds of the rides, by the mode of whoever makes the visit in the plan."""
    return {
        draft.id: world.ways.between(draft.client, draft.end_place, mode)
        for draft in world.drafts
        if draft.end_place is not None
        for mode in [world.hands[draft.carers[0]].carer.mode]
    }


def _number(world: World) -> None:
    """Ids by client and time, so that their order tells nothing of the plan."""
    world.drafts.sort(key=lambda d: (world.clients[d.client].id, d.start, d.service.id))
    for number, draft in enumerate(world.drafts):
        draft.id = f"V{number + 1:04d}"


def _visit(world: World, draft: Draft, places: Sequence[Place], asked: Asked) -> Visit:
    client, service = world.clients[draft.client], draft.service
    windows = _client_windows(draft, world.rng)
    link = None
    if draft.after is not None:
        link = Link(draft.after.id, *draft.gaps)
    return Visit(
        id=draft.id,
        client=client.id,
        service=service.id,
        place=client.place,
        duration=draft.duration,
        windows=windows,
        skills=service.skills,
        tier=client.tier,
        staff=service.staff,
        end_place=None if draft.end_place is None else places[draft.end_place],
        link=link,
        community=client.community,
        age=client.age,
        ability=ability_of(client),
        asked=asked,
        floor=client.floor,
        lift=client.floor > 1 and client.stairs == 0,
        ride_limit=None if draft.end_place is None else RIDE_LIMIT,
        equipment=service.equipment,
        remote=service.remote,
        price=service.price,
    )


def _client_windows(draft: Draft, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """When the client wants the start: around the plan's, within the service's hours."""
    start, hours = draft.start, hours_of(draft.service, draft.wish)
    low, high = next(((a, b) for a, b in hours if a <= start <= b), (start, start + 3_600))
    if draft.wish.slack is None:
        halves = [(max(a, low), min(b, high)) for a, b in _HALF_DAYS if max(a, low) < min(b, high)]
        mine = next((half for half in halves if half[0] <= start <= half[1]), None)
        if mine is not None:
            return tuple(halves) if rng.random() < 0.3 else (mine,)
        slack = (60, 120)
    else:
        slack = draft.wish.slack
    before, after = (int(60 * m) for m in rng.integers(slack[0], slack[1] + 1, 2))
    opens = max(low, (start - before) // _FIVE * _FIVE)
    closes = min(max(high, start), -(-(start + after) // _FIVE) * _FIVE)
    return ((min(opens, start), max(closes, start)),)
