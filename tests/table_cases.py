"""Random office records, and office tables as people hand them in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from scenarios.catalogue import built_in
from scenarios.records import Carer, Carrier, Kitchen, Link, MealOrder, Mode, Place, Tier, Visit

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


@st.composite
def visits(draw: st.DrawFn) -> list[Visit]:
    """Visits, some tied to the one before them."""
    made: list[Visit] = []
    for number in range(draw(st.integers(1, 4))):
        gaps = sorted(draw(st.lists(st.integers(-7200, 7200), min_size=2, max_size=2)))
        link = Link(made[-1].id, *gaps) if made and draw(st.booleans()) else None
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
            )
        )
    return made


carers = _unique(
    st.builds(
        Carer,
        id=ids,
        skills=skills.map(CATALOGUE.with_implied),
        shift=shifts,
        start=places,
        end=st.none() | places,
        max_work=st.none() | st.integers(0, 50_000),
        mode=st.sampled_from(Mode),
        wage=money,
    )
)
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
