"""A day of visits, made around a plan that serves it.

Carers are walked through their shifts: whoever is free first takes the next visit near by, alone,
with a second carer, or as the first of two visits that follow each other. Windows are then laid
around the starts so found. The plan is kept (:class:`PlannedVisit`): it proves that the day can
be served, and a solver can be measured against it. A few visits lie outside every plan, as on
any real day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.catalogue import Catalogue
from scenarios.records import Carer, Link, Place, Tier, Visit
from scenarios.town.clients import Client
from scenarios.town.mix import Wish
from scenarios.town.walk import Draft, Hand, World, hours_of, walk_day
from scenarios.town.ways import Ways

__all__ = ["Day", "PlannedVisit", "draw_day"]

_LOST_SHARE = 0.015
"""Share of visits that no plan serves."""
_FIVE = 300
_HALF_DAYS = ((30_600, 41_400), (46_800, 59_400))


@dataclass(frozen=True)
class PlannedVisit:
    """A visit of the hidden plan: who makes it, and when it starts (seconds of the day)."""

    visit: str
    carers: tuple[str, ...]
    start: int


@dataclass(frozen=True)
class Day:
    """Visits of one day and a plan that serves all but a few of them."""

    visits: tuple[Visit, ...]
    plan: tuple[PlannedVisit, ...]


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
    lost = max(2, round(_LOST_SHARE * n))
    walk_day(world, n - lost)
    world.drafts.extend(_out_of_reach(world, lost))
    _number(world)
    visits = tuple(_visit(world, draft, places) for draft in world.drafts)
    plan = tuple(
        PlannedVisit(draft.id, tuple(carers[k].id for k in draft.carers), draft.start)
        for draft in world.drafts
        if draft.carers
    )
    return Day(visits, plan)


def _out_of_reach(world: World, n: int) -> Iterator[Draft]:
    """Visits that no shift reaches: at night, or late in the evening."""
    latest = max(hand.carer.shift[1] for hand in world.hands)
    unseen = np.flatnonzero(world.visits == 0).tolist()
    for number in range(min(n, len(unseen))):
        client = unseen[int(world.rng.integers(len(unseen)))]
        unseen.remove(client)
        night = number % 2 == 0
        service = world.catalogue.services["night_care" if night else "company"]
        start = latest + 1_800 * (1 + number % 3)
        yield Draft(client, service, Wish(1.0, slack=(0, 30)), start, service.duration, ())


def _number(world: World) -> None:
    """Ids by client and time, so that their order tells nothing of the plan."""
    world.drafts.sort(key=lambda d: (world.clients[d.client].id, d.start, d.service.id))
    for number, draft in enumerate(world.drafts):
        draft.id = f"V{number + 1:04d}"


def _visit(world: World, draft: Draft, places: Sequence[Place]) -> Visit:
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
        tier=client.tier if draft.carers else Tier.GENERAL,
        staff=service.staff,
        end_place=None if draft.end_place is None else places[draft.end_place],
        link=link,
        community=client.community,
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
