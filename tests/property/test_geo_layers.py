"""Offset systems, cells and tables, over whatever hypothesis thinks of."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.china import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from geo.tables import number, read_table, write_csv, write_xlsx
from geo.tables_out import escape, unescape

METRES = Geod(ellps="WGS84")
PAIRS = [(wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)]

BOX_LON = st.floats(72.01, 137.83)
BOX_LAT = st.floats(0.84, 55.82)
# The densely settled east.
SETTLED_LON = st.floats(104.0, 125.0)
SETTLED_LAT = st.floats(20.0, 46.0)


@pytest.mark.parametrize(("forward", "backward"), PAIRS, ids=["gcj02", "bd09"])
@given(lon=BOX_LON, lat=BOX_LAT)
@settings(max_examples=200)
def test_there_and_back_is_the_same_place(forward, backward, lon: float, lat: float) -> None:
    back = backward(*forward(lon, lat))
    assert METRES.inv(lon, lat, float(back[0]), float(back[1]))[2] < 0.001


@given(lon=SETTLED_LON, lat=SETTLED_LAT)
@settings(max_examples=200)
def test_the_shift_has_its_known_size(lon: float, lat: float) -> None:
    gcj02 = METRES.inv(lon, lat, *map(float, wgs84_to_gcj02(lon, lat)))[2]
    bd09 = METRES.inv(lon, lat, *map(float, wgs84_to_bd09(lon, lat)))[2]
    assert 150.0 < gcj02 < 735.0
    assert 690.0 < bd09 < 1_530.0


@pytest.mark.parametrize(("forward", "backward"), PAIRS, ids=["gcj02", "bd09"])
@given(
    place=st.one_of(
        st.tuples(st.floats(-180.0, 70.0), st.floats(-90.0, 90.0)),
        st.tuples(st.floats(140.0, 180.0), st.floats(-90.0, 90.0)),
        st.tuples(st.floats(-180.0, 180.0), st.floats(57.0, 90.0)),
        st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 0.5)),
    )
)
@settings(max_examples=100)
def test_outside_china_nothing_moves(forward, backward, place: tuple[float, float]) -> None:
    for function in (forward, backward):
        lon, lat = function(*place)
        assert (float(lon), float(lat)) == place


@given(
    places=st.lists(st.tuples(st.floats(60.0, 150.0), st.floats(-10.0, 65.0)), min_size=1),
)
@settings(max_examples=50)
def test_arrays_give_what_single_places_give(places: list[tuple[float, float]]) -> None:
    lon, lat = np.array(places).T
    for function in (wgs84_to_gcj02, wgs84_to_bd09, gcj02_to_wgs84, bd09_to_wgs84):
        together = np.column_stack(function(lon, lat))
        alone = np.array([np.ravel(function(*place)) for place in places])
        assert np.allclose(together, alone, rtol=0.0, atol=1e-9)


@given(value=st.floats(-1e15, 1e15, allow_nan=False))
def test_numbers_are_read_in_every_spelling(value: float) -> None:
    plain = repr(value)
    wide = plain.translate({ord(str(digit)): ord("０") + digit for digit in range(10)})
    for text in (plain, f" {plain} ", wide, value):
        assert number(text) == value
    whole = int(value)
    assert number(f"{whole:,}") == whole


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=12
)


@given(text=st.text(st.one_of(st.sampled_from("'=+-@＝＋－＠\n1"), st.characters()), max_size=8))
def test_no_written_cell_runs(text: str) -> None:
    cell = escape(text)
    assert isinstance(cell, str)
    runs = not cell.startswith("'") and cell[:1] in set("=+-@＝＋－＠\t\r\n")
    assert not runs or number(cell) is not None
    assert unescape(cell) == text


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Text tables without empty rows; a first column of row names keeps the header findable."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))
    names = ["行", *(f"列{column}" for column in range(width))]
    return pd.DataFrame([[f"r{i}", *row] for i, row in enumerate(rows)], columns=names)


@given(frame=tables())
@settings(max_examples=60)
def test_tables_come_back_as_they_were(frame: pd.DataFrame) -> None:
    expected = [[cell if cell != "" else None for cell in row] for row in frame.values.tolist()]
    with tempfile.TemporaryDirectory() as folder:
        for name, write in (
            ("t.csv", lambda path: write_csv(path, frame)),
            ("t.xlsx", lambda path: write_xlsx(path, {"表": frame})),
        ):
            path = Path(folder) / name
            write(path)
            back = read_table(path)
            assert list(back.columns) == list(frame.columns)
            assert back.to_numpy().tolist() == expected
            assert list(back.index) == list(range(2, len(frame) + 2))
