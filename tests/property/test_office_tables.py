"""What a writer of office tables writes, its reader takes back unchanged."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import tables
from scenarios.cells import (
    read_duration,
    read_money,
    read_time,
    read_windows,
    write_duration,
    write_money,
    write_time,
    write_windows,
)
from scenarios.model import TableInput
from tests import table_cases as cases

FORMS = [(ending, lang) for ending in ("csv", "xlsx") for lang in ("zh", "en")]


@pytest.mark.parametrize("kind", ["visits", "carers", "orders", "kitchens", "carriers"])
@pytest.mark.parametrize(("ending", "lang"), FORMS)
def test_written_records_are_read_back(kind: str, ending: str, lang: str) -> None:
    read, write = getattr(tables, f"read_{kind}"), getattr(tables, f"write_{kind}")
    strategy = cases.visits() if kind == "visits" else getattr(cases, kind)

    @given(strategy)
    @settings(derandomize=True, max_examples=25, deadline=None)
    def round_trip(records: list) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / f"t.{ending}", records, lang)
            assert read(TableInput(path=Path(f"t.{ending}")), Path(folder)) == records

    round_trip()


@given(st.integers(0, 3 * 86_400))
@settings(derandomize=True)
def test_times_durations_and_money_are_read_back(number: int) -> None:
    assert read_time(write_time(number)) == number
    assert read_duration(str(write_duration(number))) == number
    assert read_money(str(write_money(number))) == number


@given(cases.windows())
@settings(derandomize=True)
def test_windows_are_read_back(windows: tuple[tuple[int, int], ...]) -> None:
    assert read_windows(write_windows(windows)) == windows


@given(cases.skills)
@settings(derandomize=True)
def test_fewest_skills_bring_all_of_them(skills: frozenset[str]) -> None:
    closed = cases.CATALOGUE.with_implied(skills)
    assert cases.CATALOGUE.with_implied(cases.CATALOGUE.without_implied(closed)) == closed
    assert cases.CATALOGUE.with_implied(closed) == closed >= skills


@given(st.text(max_size=30))
@settings(derandomize=True, max_examples=300)
def test_no_cell_text_breaks_a_reader(text: str) -> None:
    from scenarios.cells import fold
    from scenarios.frequency import read_frequency
    from scenarios.places import building_number, without_door
    from scenarios.tables.kinds import KINDS
    from scenarios.wishes import read_wish

    for name, kind in KINDS.items():
        value = kind.read(text)
        again = kind.read(text)
        assert value == again, f"{name} reads the same cell in two ways"
    assert read_frequency(text) == read_frequency(text)
    assert read_wish(text) == read_wish(text)
    assert building_number(text) == building_number(fold(text))
    assert without_door(text) in fold(text), "nothing is made up"
