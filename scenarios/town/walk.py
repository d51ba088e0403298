"""Walks carers through a day: whoever is free first takes the next visit near by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scenarios.catalogue import Catalogue, Service
from scenarios.records import Break, Carer
from scenarios.town.clients import Client
from scenarios.town.mix import CHAINS, DOUBLES, SINGLES, Wish
from scenarios.town.ways import Ways

__all__ = [
    "RIDE_LIMIT",
    "STAIR_SECONDS",
    "Draft",
    "Hand",
    "World",
    "hours_of",
    "length_of",
    "walk_day",
]

_DOUBLE_SHARE, _CHAIN_SHARE = 0.10, 0.05
_IDLE = 600
_FIVE = 300
_ANY_TIME = ((8 * 3600, 18 * 3600),)
_USUAL_VISIT = 1_900.0
"""Seconds of a visit with the way to it, at the least."""
_LONGER, _LONGEST_SHARE = 1.03, 1.0
"""By how much everybody stays longer where work is left, and the most of a shift."""
_LATE_STARTERS = 0.5
"""Share of carers who do not begin when their shifts do."""
_SOFT_WAY, _NOISE = 90.0, 1.3
"""Ways that differ by less than so many seconds are as good as equal, and chance's say in it."""
RIDE_LIMIT = 1_800
"""Longest ride to a hospital, seconds."""
STAIR_SECONDS = 45
"""Longer at the door for every floor climbed without a lift."""
_TO_A_BREAK = 2_700
"""A break is begun so long before its window closes: the way to the next client comes first."""
_MOST_PER_CLIENT = 2
_CLIENTS_TRIED, _SERVICES_TRIED = 4, 6
_SOON, _LONGEST_WAIT, _LONGEST_WAIT_IN_PAIRS = 900, 900, 1_500
"""Seconds: how far ahead a carer looks, waits for a client's hours, and waits for a colleague."""


@dataclass
class Draft:
    """A visit while the day is being made.

    ``client``, ``carers`` and ``end_place`` are row numbers; ``duration`` is that of a usual
    carer, stairs and ride apart; ``after`` is the visit that this one follows, ``gaps`` the
    seconds allowed between their starts.
    """

    client: int
    service: Service
    wish: Wish
    start: int
    duration: int
    carers: tuple[int, ...]
    end_place: int | None = None
    after: Draft | None = None
    gaps: tuple[int, int] = (0, 0)
    id: str = ""


@dataclass
class Hand:
    """A carer on the move: free from ``free`` at ``place``; left home at ``left``.

    ``enough`` is how long this carer is to work, at most.
    """

    number: int
    carer: Carer
    home: int
    free: int
    place: int
    left: int | None = None
    rested: bool = False
    done: bool = False
    travelled: int = 0
    enough: float = 0.0

    @property
    def available(self) -> int:
        """Seconds of work that the shift and the limit allow."""
        length = self.carer.shift[1] - self.carer.shift[0]
        return length if self.carer.max_work is None else min(length, self.carer.max_work)

    @property
    def rest(self) -> Break | None:
        """The break that is still to be taken."""
        return self.carer.breaks[0] if self.carer.breaks and not self.rested else None

    def takes(self, seconds: int) -> int:
        """How long this carer needs for what usually takes so long."""
        return round(seconds * self.carer.pace)


@dataclass
class World:
    """Everything the walk through the day looks at."""

    clients: Sequence[Client]
    hospitals: Sequence[int]
    ways: Ways
    catalogue: Catalogue
    rng: np.random.Generator
    hands: list[Hand]
    busy: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    given: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    suited: dict[Wish, NDArray[np.bool_]] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.visits = np.zeros(len(self.clients), dtype=np.int64)
        self.stairs = np.array([client.stairs for client in self.clients], dtype=np.int64)

    def had(self, service: str) -> NDArray[np.bool_]:
        """Which clients have the service today already."""
        return self.given.setdefault(service, np.zeros(len(self.clients), dtype=bool))

    def suits(self, wish: Wish) -> NDArray[np.bool_]:
        """Which clients would have such a wish."""
        if wish not in self.suited:
            self.suited[wish] = np.array([wish.suits(client) for client in self.clients])
        return self.suited[wish]

    def way(self, hand: Hand, to: int) -> int:
        """Seconds from where the carer is."""
        return self.ways.between(hand.place, to, hand.carer.mode)


def walk_day(world: World, n: int) -> None:
    """Let whoever is free first act, until the day is full or everybody is home.

    Everybody works about the same share of the own shift, as much as the visits need, and goes
    home then: nobody is paid for sitting about. Where the visits need more, all stay longer.
    """
    doubles = chains = 0
    share = _needed_share(world, n)
    _send_out(world, share)
    for hand in world.hands:
        hand.free += _comes_later(world, hand)
    while len(world.drafts) < n:
        at_work = [hand for hand in world.hands if not hand.done]
        if not at_work:
            if share >= _LONGEST_SHARE:
                return
            share = min(_LONGEST_SHARE, share * _LONGER)
            _send_out(world, share)
            continue
        hand = min(at_work, key=lambda h: (h.free, h.number))
        if _rest(world, hand):
            continue
        hand.done = hand.left is not None and hand.free - hand.left >= hand.enough
        if hand.done:
            continue
        made = len(world.drafts)
        if doubles < _DOUBLE_SHARE * (made + 1) and _double(world, hand):
            doubles += 1
        elif chains < _CHAIN_SHARE * (made + 1) and _chain(world, hand):
            chains += 1
        elif not _single(world, hand):
            hand.free += _IDLE
            hand.done = hand.free > hand.carer.shift[1] - _IDLE


def _needed_share(world: World, n: int) -> float:
    """The share of all working time that the visits need at the least."""
    breaks = sum(hand.rest.length for hand in world.hands if hand.rest)
    need = _USUAL_VISIT * (1.0 + _DOUBLE_SHARE) * n + breaks
    return min(_LONGEST_SHARE, need / sum(hand.available for hand in world.hands))


def _send_out(world: World, share: float) -> None:
    """Everybody stays for so much of the shift; whoever was done for less goes on."""
    for hand in world.hands:
        hand.enough = share * hand.available
        hand.done = hand.free > hand.carer.shift[1] - _IDLE


def _comes_later(world: World, hand: Hand) -> int:
    """Seconds: some begin later than their shifts do, so that there is work till the evening."""
    spare = hand.carer.shift[1] - hand.carer.shift[0] - hand.enough
    late, lot = world.rng.random(2)
    return int(lot * spare) if late < _LATE_STARTERS else 0


def _rest(world: World, hand: Hand) -> bool:
    """Take the break when its time has come, at the station where it must be there."""
    rest = hand.rest
    if rest is None or hand.free < rest.window[0]:
        return False
    hand.rested = True
    if hand.left is None:
        hand.left = hand.free
    if rest.place is not None:
        way = world.ways.between(hand.place, hand.home, hand.carer.mode)
        hand.free, hand.travelled, hand.place = hand.free + way, hand.travelled + way, hand.home
    hand.free += rest.length
    return True


def hours_of(service: Service, wish: Wish) -> tuple[tuple[int, int], ...]:
    """Earliest and latest starts at which the service is asked for."""
    return wish.hours or service.usual or _ANY_TIME


def _may(hand: Hand, service: Service) -> bool:
    return service.skills <= hand.carer.skills


def _offers(world: World, hand: Hand, wishes: Mapping[str, Wish]) -> Iterator[tuple[Service, Wish]]:
    """Services that this carer could start soon, in random order by weight."""
    open_now = []
    for id, wish in wishes.items():
        service = world.catalogue.services[id]
        soon = any(
            low <= hand.free + _SOON and hand.free <= high for low, high in hours_of(service, wish)
        )
        if soon and _may(hand, service):
            open_now.append((service, wish))
    if not open_now:
        return
    weights = np.array([wish.weight for _, wish in open_now])
    # Gumbel's trick: an order drawn without replacement, odds by weight.
    keys = np.log(weights) + world.rng.gumbel(size=len(weights))
    for at in np.argsort(-keys, kind="stable")[:_SERVICES_TRIED]:
        yield open_now[int(at)]


def _near(world: World, hand: Hand, service: Service, wish: Wish) -> Iterator[tuple[int, int]]:
    """Clients who would ask for the service, near ones first, with the seconds to get there."""
    n = len(world.clients)
    seconds = world.ways.seconds(hand.place, hand.carer.mode)[:n]
    cost = (seconds + _SOFT_WAY) * world.rng.uniform(1.0, _NOISE, n)
    cost[~world.suits(wish)] *= 3.0
    if wish.upstairs:
        cost[world.stairs == 0] = np.inf
    cost[world.visits > 0] *= 1.5
    cost[(world.visits >= _MOST_PER_CLIENT) | world.had(service.id)] = np.inf
    for client in np.argsort(cost, kind="stable")[:_CLIENTS_TRIED]:
        if np.isfinite(cost[client]):
            yield int(client), int(seconds[client])


def _start(service: Service, wish: Wish, earliest: int) -> int | None:
    """The first start from ``earliest`` on that the service's hours allow."""
    for low, high in hours_of(service, wish):
        if earliest <= high:
            return max(earliest, low)
    return None


def length_of(world: World, client: int, service: Service) -> int:
    """Seconds that the service takes a usual carer at this client's, stairs included."""
    return service.duration + _stairs(world, client)


def _stairs(world: World, client: int) -> int:
    return STAIR_SECONDS * world.clients[client].stairs


def _fits(world: World, hand: Hand, travel: int, start: int, end: int, at: int) -> bool:
    """Can this carer do it, still be home in time, and rest when it is time to?"""
    rest = hand.rest
    if rest is not None and end > rest.window[1] - _TO_A_BREAK:
        return False
    home = 0
    if hand.carer.end is not None:
        home = world.ways.between(at, hand.home, hand.carer.mode)
    left = start - travel if hand.left is None else hand.left
    limit, most = hand.carer.max_work, hand.carer.max_travel
    return (
        left >= hand.carer.shift[0]
        and end + home <= hand.carer.shift[1]
        and (limit is None or end + home - left <= limit)
        and (most is None or hand.travelled + travel + home <= most)
    )


def _is_free(world: World, client: int, start: int, end: int) -> bool:
    return all(end <= a or start >= b for a, b in world.busy.get(client, []))


def _book(world: World, draft: Draft, hands: Sequence[tuple[Hand, int, int]]) -> None:
    """Put a visit into the day; ``hands`` are those who make it, with their way and its end."""
    for hand, travel, end in hands:
        if hand.left is None:
            hand.left = draft.start - travel
        hand.free, hand.travelled = end, hand.travelled + travel
        hand.place = draft.client if draft.end_place is None else draft.end_place
    last = max(end for _, _, end in hands)
    world.busy.setdefault(draft.client, []).append((draft.start, last))
    world.had(draft.service.id)[draft.client] = True
    world.visits[draft.client] += 1
    world.drafts.append(draft)


def _single(world: World, hand: Hand) -> bool:
    for service, wish in _offers(world, hand, SINGLES):
        for client, travel in _near(world, hand, service, wish):
            start = _start(service, wish, hand.free + travel)
            if start is None or start - hand.free - travel > _LONGEST_WAIT:
                continue
            end_place, duration, ride = _outing(world, client, service, hand)
            at = client if end_place is None else end_place
            end = start + hand.takes(duration + _stairs(world, client)) + ride
            if _is_free(world, client, start, end) and _fits(world, hand, travel, start, end, at):
                draft = Draft(
                    client, service, wish, start, duration, (hand.number,), end_place=end_place
                )
                _book(world, draft, [(hand, travel, end)])
                return True
    return False


def _outing(world: World, client: int, service: Service, hand: Hand) -> tuple[int | None, int, int]:
    """Where a visit ends, how long it takes, and the ride; half the escorts end at a hospital."""
    if service.id != "hospital_escort" or world.rng.random() < 0.5 or not world.hospitals:
        return None, service.duration, 0
    metres = world.ways.metres[client, list(world.hospitals)]
    hospital = world.hospitals[int(np.argmin(metres))]
    ride = world.ways.between(client, hospital, hand.carer.mode)
    if ride > RIDE_LIMIT:
        return None, service.duration, 0
    return hospital, service.duration // 2, ride


def _double(world: World, hand: Hand) -> bool:
    for service, wish in _offers(world, hand, DOUBLES):
        for client, travel in _near(world, hand, service, wish):
            found = _partner(world, hand, service, client)
            if found is None:
                break
            other, way = found
            start = _start(service, wish, max(hand.free + travel, other.free + way))
            waits = [hand.free + travel, other.free + way]
            if start is None or start - min(waits) > _LONGEST_WAIT_IN_PAIRS:
                continue
            length = length_of(world, client, service)
            ends = start + hand.takes(length), start + other.takes(length)
            if (
                _is_free(world, client, start, max(ends))
                and _fits(world, hand, travel, start, ends[0], client)
                and _fits(world, other, way, start, ends[1], client)
            ):
                pair = (hand.number, other.number)
                draft = Draft(client, service, wish, start, service.duration, pair)
                _book(world, draft, [(hand, travel, ends[0]), (other, way, ends[1])])
                return True
    return False


def _partner(world: World, hand: Hand, service: Service, client: int) -> tuple[Hand, int] | None:
    """Who can be there first beside the carer, of two the nearer, and the seconds to get there."""
    best: tuple[int, int, Hand, int] | None = None
    for other in world.hands:
        late = other.free - hand.free
        if other is hand or other.done or late > _LONGEST_WAIT or not _may(other, service):
            continue
        way = world.way(other, client)
        rank = max(hand.free, other.free + way) + way
        if best is None or (rank, other.number) < best[:2]:
            best = (rank, other.number, other, way)
    return None if best is None else best[2:]


def _chain(world: World, hand: Hand) -> bool:
    """Two visits of one client, the second by somebody else who can come in time."""
    services = world.catalogue.services
    for at in world.rng.permutation(len(CHAINS)):
        first_id, second_id, *gaps = CHAINS[int(at)]
        first, second, wish = services[first_id], services[second_id], SINGLES[first_id]
        if not _may(hand, first):
            continue
        for client, travel in _near(world, hand, first, SINGLES[second_id]):
            start = _start(first, wish, hand.free + travel)
            if (
                start is None
                or world.had(second_id)[client]
                or start - hand.free - travel > _LONGEST_WAIT
            ):
                continue
            end = start + hand.takes(length_of(world, client, first))
            draft = Draft(client, first, wish, start, first.duration, (hand.number,))
            follow = _follower(world, hand, draft, end, second, (gaps[0], gaps[1]))
            if follow is None or not _fits(world, hand, travel, start, end, client):
                continue
            after, other, way, last = follow
            if not _is_free(world, client, start, last):
                continue
            _book(world, draft, [(hand, travel, end)])
            _book(world, after, [(other, way, last)])
            return True
    return False


def _follower(
    world: World, hand: Hand, first: Draft, end: int, service: Service, gaps: tuple[int, int]
) -> tuple[Draft, Hand, int, int] | None:
    """The second visit, who makes it, the seconds to get there, and when it ends."""
    wish, client = SINGLES[service.id], first.client
    best: tuple[int, int, Hand, int, int, int] | None = None
    for other in world.hands:
        if other is hand or other.done or not _may(other, service):
            continue
        way = world.way(other, client)
        then = _start(service, wish, max(other.free + way, end, first.start + gaps[0]))
        if then is None or then - first.start > gaps[1]:
            continue
        wait = then - other.free - way
        last = then + other.takes(length_of(world, client, service))
        fits = wait <= _LONGEST_WAIT_IN_PAIRS and _fits(world, other, way, then, last, client)
        rank = wait + way
        if fits and (best is None or (rank, other.number) < best[:2]):
            best = (rank, other.number, other, way, then, last)
    if best is None:
        return None
    _, number, other, way, then, last = best
    after = Draft(client, service, wish, then, service.duration, (number,), after=first, gaps=gaps)
    return after, other, way, last
