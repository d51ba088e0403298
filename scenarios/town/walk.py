"""Walks carers through a day: whoever is free first takes the next visit near by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scenarios.catalogue import Catalogue, Service
from scenarios.records import Carer
from scenarios.town.clients import Client
from scenarios.town.mix import CHAINS, DOUBLES, SINGLES, Wish
from scenarios.town.ways import Ways

__all__ = ["Draft", "Hand", "World", "hours_of", "walk_day"]

_DOUBLE_SHARE, _CHAIN_SHARE = 0.10, 0.05
_IDLE = 600
_FIVE = 300
_ANY_TIME = ((8 * 3600, 18 * 3600),)
_BREAK_FROM, _BREAK_TO, _BREAK = 44_100, 50_400, 1_800
_USUAL_VISIT, _USEFUL = 2_300.0, 0.85
"""Seconds of a visit with the way to it, about; and the share of a shift that visits can fill."""
_PEAKS = ((25_200, 34_200), (40_500, 44_100))
_STAIR_SECONDS = 45
"""Longer at the door for every floor climbed without a lift."""
_MOST_PER_CLIENT = 2
_CLIENTS_TRIED, _SERVICES_TRIED = 4, 5
_SOON, _LONGEST_WAIT, _LONGEST_WAIT_IN_PAIRS, _STAYS_ON = 1_500, 1_800, 2_700, 3_600
"""Seconds: how far ahead a carer looks, waits for a client's hours, and waits for a colleague;
and how much worse it counts when one carer makes both visits of a pair."""


@dataclass
class Draft:
    """A visit while the day is being made.

    ``client``, ``carers`` and ``end_place`` are row numbers; ``after`` is the visit that this one
    follows, ``gaps`` the seconds allowed between their starts.
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
    """A carer on the move: free from ``free`` at ``place``; left home at ``left``."""

    number: int
    carer: Carer
    home: int
    free: int
    place: int
    left: int | None = None
    rested: bool = False
    paused: bool = False
    done: bool = False


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

    Where there are more hands than work, carers pause between visits outside the morning and
    noon peaks, so that the work spreads over the day.
    """
    doubles = chains = 0
    while len(world.drafts) < n:
        free = [hand for hand in world.hands if not hand.done]
        if not free:
            return
        hand = min(free, key=lambda h: (h.free, h.number))
        if _rest(hand):
            continue
        made = len(world.drafts)
        if not hand.paused and not _is_peak(hand.free):
            hand.paused = True
            hand.free += _pause(world, free, n - made)
            continue
        hand.paused = False
        if doubles < _DOUBLE_SHARE * (made + 1) and _double(world, hand):
            doubles += 1
        elif chains < _CHAIN_SHARE * (made + 1) and _chain(world, hand):
            chains += 1
        elif not _single(world, hand):
            hand.free += _IDLE
            hand.done = hand.free > hand.carer.shift[1] - _IDLE


def _pause(world: World, free: Sequence[Hand], left: int) -> int:
    """Seconds to spare before the next visit, drawn around what all carers together can spare."""
    time_left = sum(max(0, hand.carer.shift[1] - hand.free) for hand in free)
    visits_left = (1.0 + _DOUBLE_SHARE) * max(left, 1)
    spare = max(0.0, _USEFUL * time_left / visits_left - _USUAL_VISIT)
    return int(world.rng.uniform(0.5, 2.0) * spare)


def _is_peak(time: int) -> bool:
    return any(low <= time < high for low, high in _PEAKS)


def _rest(hand: Hand) -> bool:
    """Half an hour off around noon for those who work all day."""
    long = hand.carer.shift[1] - hand.carer.shift[0] > 6 * 3600
    if not long or hand.rested or not _BREAK_FROM <= hand.free <= _BREAK_TO:
        return False
    hand.rested = True
    hand.free += _BREAK
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
    cost = (seconds + 240.0) * world.rng.uniform(1.0, 1.8, n)
    cost[~world.suits(wish)] *= 3.0
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


def _length(world: World, client: int, service: Service) -> int:
    return service.duration + _STAIR_SECONDS * world.clients[client].stairs


def _fits(world: World, hand: Hand, travel: int, start: int, end: int, at: int) -> bool:
    """Can this carer do it and still be home in time?"""
    home = 0
    if hand.carer.end is not None:
        home = world.ways.between(at, hand.home, hand.carer.mode)
    left = start - travel if hand.left is None else hand.left
    limit = hand.carer.max_work
    return (
        left >= hand.carer.shift[0]
        and end + home <= hand.carer.shift[1]
        and (limit is None or end + home - left <= limit)
    )


def _is_free(world: World, client: int, start: int, end: int) -> bool:
    return all(end <= a or start >= b for a, b in world.busy.get(client, []))


def _book(world: World, draft: Draft, hands: Sequence[tuple[Hand, int]]) -> None:
    """Put a visit into the day; ``hands`` are those who make it, with their travel seconds."""
    end = draft.start + draft.duration
    for hand, travel in hands:
        if hand.left is None:
            hand.left = draft.start - travel
        hand.free = end
        hand.place = draft.client if draft.end_place is None else draft.end_place
    world.busy.setdefault(draft.client, []).append((draft.start, end))
    world.had(draft.service.id)[draft.client] = True
    world.visits[draft.client] += 1
    world.drafts.append(draft)


def _single(world: World, hand: Hand) -> bool:
    for service, wish in _offers(world, hand, SINGLES):
        for client, travel in _near(world, hand, service, wish):
            start = _start(service, wish, hand.free + travel)
            if start is None or start - hand.free - travel > _LONGEST_WAIT:
                continue
            end_place, length = _outing(world, client, service)
            at = client if end_place is None else end_place
            good = _is_free(world, client, start, start + length)
            if good and _fits(world, hand, travel, start, start + length, at):
                draft = Draft(
                    client, service, wish, start, length, (hand.number,), end_place=end_place
                )
                _book(world, draft, [(hand, travel)])
                return True
    return False


def _outing(world: World, client: int, service: Service) -> tuple[int | None, int]:
    """Where a visit ends and how long it takes; half the hospital escorts end at the hospital."""
    length = _length(world, client, service)
    if service.id != "hospital_escort" or world.rng.random() < 0.5 or not world.hospitals:
        return None, length
    metres = world.ways.metres[client, list(world.hospitals)]
    hospital = world.hospitals[int(np.argmin(metres))]
    return hospital, length // 2 + _FIVE * round(int(metres.min()) / 3.0 / _FIVE)


def _double(world: World, hand: Hand) -> bool:
    for service, wish in _offers(world, hand, DOUBLES):
        for client, travel in _near(world, hand, service, wish):
            best: tuple[int, int, Hand, int] | None = None
            for other in world.hands:
                late = other.free - hand.free
                if other is hand or other.done or late > _LONGEST_WAIT or not _may(other, service):
                    continue
                way = world.way(other, client)
                arrive = max(hand.free + travel, other.free + way)
                if best is None or (arrive, other.number) < best[:2]:
                    best = (arrive, other.number, other, way)
            if best is None:
                break
            arrive, _, other, way = best
            start = _start(service, wish, arrive)
            length = _length(world, client, service)
            if start is None or start - hand.free - travel > _LONGEST_WAIT_IN_PAIRS:
                continue
            end = start + length
            if (
                _is_free(world, client, start, end)
                and _fits(world, hand, travel, start, end, client)
                and _fits(world, other, way, start, end, client)
            ):
                draft = Draft(client, service, wish, start, length, (hand.number, other.number))
                _book(world, draft, [(hand, travel), (other, way)])
                return True
    return False


def _chain(world: World, hand: Hand) -> bool:
    """Two visits of one client, the second by whoever can come in time, best somebody else."""
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
            draft = Draft(client, first, wish, start, _length(world, client, first), (hand.number,))
            follow = _follower(world, hand, draft, second, (gaps[0], gaps[1]))
            last = start + gaps[1] + _length(world, client, second)
            if (
                follow is None
                or not _is_free(world, client, start, last)
                or not _fits(world, hand, travel, start, start + draft.duration, client)
            ):
                continue
            after, other, way = follow
            _book(world, draft, [(hand, travel)])
            _book(world, after, [(other, way)])
            return True
    return False


def _follower(
    world: World, hand: Hand, first: Draft, service: Service, gaps: tuple[int, int]
) -> tuple[Draft, Hand, int] | None:
    """The second visit, who makes it, and the seconds to get there."""
    wish, client = SINGLES[service.id], first.client
    end, length = first.start + first.duration, _length(world, client, service)
    best: tuple[int, int, Hand, int, int] | None = None
    for other in world.hands:
        if other.done or not _may(other, service):
            continue
        mine = other is hand
        way = 0 if mine else world.way(other, client)
        arrive = end if mine else other.free + way
        then = _start(service, wish, max(arrive, end, first.start + gaps[0]))
        if then is None or then - first.start > gaps[1]:
            continue
        wait = then - arrive
        # The first carer stays on only where nobody else can come: most pairs take two people.
        travel = first.duration if mine else way
        fits = wait <= _LONGEST_WAIT_IN_PAIRS and _fits(
            world, other, travel, then, then + length, client
        )
        rank = wait + (_STAYS_ON if mine else 0)
        if fits and (best is None or (rank, other.number) < best[:2]):
            best = (rank, other.number, other, way, then)
    if best is None:
        return None
    _, number, other, way, then = best
    after = Draft(client, service, wish, then, length, (number,), after=first, gaps=gaps)
    return after, other, way
