"""Random office records, and office tables as people hand them in."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from scenarios.catalogue import built_in
from scenarios.records import (
    Ability,
    Asked,
    Break,
    Carer,
    Carrier,
    Kitchen,
    Link,
    LinkRule,
    MealOrder,
    Mode,
    Place,
    Sex,
    Tier,
    Visit,
)

CATALOGUE = built_in()
_LETTERS = "ABCXYZabc甲乙丙0123456789"


def write_rows(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8-sig") -> Path:
    """A CSV as an office program writes it."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


ids = st.integers(0, 10**6).map("K-{}".format)
words = st.text(_LETTERS + "=+-@ '", min_size=1, max_size=8).map(
    lambda text: " ".join(text.replace("'", "").split()) or "x"
)
optional_words = st.none() | words
degrees = st.floats(-180, 180, allow_nan=False).map(lambda x: round(x, 9) + 0.0)
places = st.builds(Place, degrees, degrees.map(lambda x: x / 2))
times = st.integers(0, 30 * 3600)
money = st.integers(0, 10**6)
skills = st.frozensets(st.sampled_from(sorted(CATALOGUE.skills)), max_size=4)


@st.composite
def windows(draw: st.DrawFn, most: int = 3) -> tuple[tuple[int, int], ...]:
    """Ascending, disjoint windows."""
    ends = sorted(draw(st.sets(times, min_size=2, max_size=2 * most)))
    ends = ends[: len(ends) // 2 * 2]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


shifts = windows(most=1).map(lambda windows: windows[0])


def _unique(records: st.SearchStrategy) -> st.SearchStrategy[list]:
    return st.lists(records, min_size=1, max_size=4, unique_by=lambda record: record.id)


percents = st.integers(1, 100).map(lambda percent: percent / 100)
languages = st.sampled_from(("粤语", "上海话", "Hakka"))


@st.composite
def askings(draw: st.DrawFn) -> Asked:
    """What a client asks of the person; only what is asked for can be a must."""
    given = {
        "carers": tuple(draw(st.lists(ids, max_size=2, unique=True))),
        "sex": draw(st.none() | st.sampled_from(Sex)),
        "language": draw(st.none() | languages),
    }
    asked_for = sorted(key for key, value in given.items() if value)
    must = draw(st.frozensets(st.sampled_from(asked_for))) if asked_for else frozenset()
    avoid = draw(st.frozensets(ids, max_size=2))
    return Asked(**given, must=must, avoid=avoid, last=draw(st.none() | ids))


@st.composite
def breaks(draw: st.DrawFn, station: Place) -> tuple[Break, ...] | None:
    """No word of breaks, none, or some that differ in their windows only."""
    if draw(st.booleans()):
        return None
    length, must = 60 * draw(st.integers(0, 90)), draw(st.booleans())
    place = station if draw(st.booleans()) else None
    return tuple(Break(each, length, place, must) for each in draw(st.just(()) | windows()))


@st.composite
def visits(draw: st.DrawFn) -> list[Visit]:
    """Visits, some tied to the one before them."""
    made: list[Visit] = []
    for number in range(draw(st.integers(1, 4))):
        gaps = sorted(draw(st.lists(st.integers(-7200, 7200), min_size=2, max_size=2)))
        rule = draw(st.sampled_from(LinkRule))
        tie = Link("", *gaps) if rule is LinkRule.AFTER else Link("", rule=rule)
        link = dataclasses.replace(tie, other=made[-1].id) if made and draw(st.booleans()) else None
        made.append(
            Visit(
                id=f"V-{number}",
                client=draw(ids),
                service=draw(st.sampled_from(sorted(CATALOGUE.services))),
                place=draw(places),
                duration=draw(st.integers(0, 20_000)),
                windows=draw(windows()),
                skills=draw(skills),
                tier=draw(st.sampled_from(Tier)),
                staff=draw(st.integers(1, 9)),
                end_place=draw(st.none() | places),
                link=link,
                community=draw(optional_words),
                age=draw(st.none() | st.integers(0, 120)),
                ability=draw(st.none() | st.sampled_from(Ability)),
                asked=draw(askings()),
                floor=draw(st.none() | st.integers(0, 40)),
                lift=draw(st.none() | st.booleans()),
                ride_limit=draw(st.none() | st.integers(0, 120).map(lambda n: 60 * n)),
                equipment=draw(st.none() | st.sampled_from(sorted(CATALOGUE.equipment))),
                remote=draw(st.none() | percents),
                price=draw(money),
                finish_within=draw(st.booleans()),
            )
        )
    return made


@st.composite
def _carer(draw: st.DrawFn) -> Carer:
    start = draw(places)
    return Carer(
        id=draw(ids),
        skills=CATALOGUE.with_implied(draw(skills)),
        shift=draw(shifts),
        start=start,
        end=draw(st.none() | places),
        max_work=draw(st.none() | st.integers(0, 50_000)),
        mode=draw(st.sampled_from(Mode)),
        wage=draw(money),
        sex=draw(st.none() | st.sampled_from(Sex)),
        languages=draw(st.frozensets(languages)),
        breaks=draw(breaks(start)),
        overtime=draw(st.just(0) | st.integers(1, 20_000)),
        overtime_wage=draw(st.none() | money),
        max_travel=draw(st.none() | st.integers(0, 50_000)),
        pace=draw(st.integers(50, 300)) / 100,
        holidays=draw(st.booleans()),
    )


carers = _unique(_carer())
orders = _unique(
    st.builds(
        MealOrder,
        id=ids,
        client=ids,
        place=places,
        building=optional_words,
        portions=st.integers(1, 99),
        window=shifts,
        diet=st.just("") | words,
        kitchen=optional_words,
        community=optional_words,
    )
)
kitchens = _unique(
    st.builds(Kitchen, id=ids, place=places, portions=st.integers(0, 9999), ready=times)
)
carriers = _unique(
    st.builds(
        Carrier,
        id=ids,
        mode=st.sampled_from(Mode),
        boxes=st.integers(1, 500),
        shift=shifts,
        kitchens=st.lists(ids, max_size=3).map(tuple),
        start=st.none() | places,
        max_trips=st.integers(1, 9),
        wage=money,
        per_km=money,
    )
)
