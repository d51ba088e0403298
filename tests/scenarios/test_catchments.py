from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box

from base.faults import FaultError
from geo.layer_files import LayerSource
from geo.layers import read_layer
from optimizer.result import Status
from optimizer.stop import Stop
from scenarios.files import load_scenario
from scenarios.siting.run import SitingRun, run_siting
from scenarios.store import outcome_of, write_run
from scenarios.territory.catchment_book import CatchmentBook
from scenarios.territory.catchment_units import join_islands, shared_borders
from tests.small_town import CRS, SOUTH, WEST, place, points, source, write_town

# Four communities in a row, each 250 m wide; x, people.
PEOPLE = ((50, 100), (350, 100), (650, 100), (950, 100))


def communities(gap: float = 0.0) -> gpd.GeoDataFrame:
    shapes = [
        box(WEST + 250 * at - 20, SOUTH - 20, WEST + 250 * at + 230 - gap, SOUTH + 620)
        for at in range(4)
    ]
    return gpd.GeoDataFrame({"code": ["A", "B", "C", "D"]}, geometry=shapes, crs=CRS)


def merged(*parts: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Communities joined into larger ones."""
    single = communities().set_index("code").geometry
    shapes = [single[list(part)].union_all() for part in parts]
    return gpd.GeoDataFrame({"code": ["".join(p) for p in parts]}, geometry=shapes, crs=CRS)


def run(
    folder: Path,
    layer: gpd.GeoDataFrame | None = None,
    *,
    more: dict[str, gpd.GeoDataFrame] | None = None,
    sites: list[dict[str, object]] | None = None,
    **changes: object,
) -> SitingRun:
    """Two stations that stand; ``sites`` of ``more`` layers may open beside them."""
    layers = {
        **(more or {}),
        "demand": points({"x": x, "y": 300, "people": n} for x, n in PEOPLE),
        "stations": points(
            [
                {"x": 0, "y": 100, "id": "S1", "name": "一号站", "area": 100},
                {"x": 1000, "y": 100, "id": "S2", "name": "二号站", "area": 300},
            ]
        ),
        "communities": communities() if layer is None else layer,
    }
    catchments = {
        "units": source("communities"),
        "id": "code",
        "work": [{"cell": "all", "per_person": 0.5}],
        **changes,
    }
    part = {
        "question": "mclp",
        "new_sites": len(sites or []),
        "minutes": 3 if sites else 15,
        "demand": [{"source": source("demand"), "cells": [{"id": "all", "count": "people"}]}],
        "sites": [{"source": source("stations"), "id": "id", "name": "name", "area": "area"}]
        + (sites or []),
        "catchments": {key: value for key, value in catchments.items() if value is not None},
    }
    scenario, root = load_scenario(write_town(folder, layers, {"siting": part}))
    return run_siting(scenario, root, stop=Stop(seconds=20))


class TestBorders:
    def near(self, shapes, snap_m):
        indptr, neighbour = shared_borders(np.array(shapes, dtype=object), snap_m)
        return [neighbour[a:b].tolist() for a, b in pairwise(indptr.tolist())]

    def test_sides_count_and_corners_do_not(self) -> None:
        squares = [box(x, y, x + 10, y + 10) for y in (0, 10) for x in (0, 10)]
        assert self.near(squares, 0.0) == [[1, 2], [0, 3], [0, 3], [1, 2]]
        assert self.near(squares, 1.0) == [[1, 2], [0, 3], [0, 3], [1, 2]]

    def test_gaps_and_overlaps_up_to_the_snapping_distance(self) -> None:
        pair = [box(0, 0, 100, 100), box(100.5, 0, 200, 100), box(199, 0, 300, 100)]
        assert self.near(pair, 0.4) == [[], [2], [1]]
        assert self.near(pair, 1.0) == [[1], [0, 2], [1]]

    def test_islands_are_joined_with_the_nearest_unit(self) -> None:
        shapes = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1), box(9, 0, 10, 1)], dtype=object)
        indptr, neighbour, warnings = join_islands(shapes, *shared_borders(shapes, 0), 0.0)
        assert neighbour.tolist() == [1, 0, 2, 1]
        assert indptr.tolist() == [0, 1, 3, 4]
        assert [fault.code for fault in warnings] == ["CC-S271"]


class TestDivision:
    def test_two_communities_each(self, tmp_path: Path) -> None:
        found = run(tmp_path).territory.catchments
        assert found is not None and found.answer.result.status is Status.OPTIMAL
        table = found.catchments.set_index("station_id")
        assert table["unit_ids"].to_dict() == {"S1": "A;B", "S2": "C;D"}
        assert table["work"].tolist() == [100, 100] and table["persons"].tolist() == [200, 200]
        assert table["percent_of_target"].tolist() == [100, 100]
        # 250 m and 550 m to S1 along the grid at 1 m/s
        assert table.loc["S1", "mean_minutes"] == pytest.approx(400 / 60, abs=0.02)

    def test_targets_by_floor_area(self, tmp_path: Path) -> None:
        found = run(tmp_path, share_by="area").territory.catchments
        assert found is not None
        table = found.catchments.set_index("station_id")
        assert table["unit_ids"].to_dict() == {"S1": "A", "S2": "B;C;D"}
        assert found.answer.deviation_ppm == 0

    def test_streets_between_communities_are_snapped_over_or_told(self, tmp_path: Path) -> None:
        over = run(tmp_path / "over", communities(gap=20), snap_m=25)
        assert "CC-S271" not in {fault.code for fault in over.warnings}
        told = run(tmp_path / "told", communities(gap=20))
        assert "CC-S271" in {fault.code for fault in told.warnings}
        assert told.territory.catchments is not None

    def test_a_missed_balance_is_told_with_its_figures(self, tmp_path: Path) -> None:
        """One unit with a quarter of the people and one with the rest: 50 % and 150 %."""
        lumpy = run(tmp_path / "lumpy", merged(("A",), ("B", "C", "D")), tolerance_percent=10)
        told = {fault.code: fault for fault in lumpy.warnings}["CC-S275"]
        assert told.path == "siting.catchments"
        assert "50 % (S1) to 150 % (S2)" in told.text("en") and "50.0 %" in told.text("en")
        assert "50 %（S1）至 150 %（S2）" in told.text("zh")
        even = run(tmp_path / "even", tolerance_percent=0)
        assert "CC-S275" not in {fault.code for fault in even.warnings}

    def test_squares_stand_in_for_communities(self, tmp_path: Path) -> None:
        found = run(tmp_path, units=None, id=None, grid_m=200).territory.catchments
        assert found is not None
        assert found.units.geometry.area.max() == pytest.approx(200 * 200)
        assert found.catchments["persons"].tolist() == [200, 200]

    def test_stations_in_one_unit_are_told(self, tmp_path: Path) -> None:
        whole = communities()
        whole = gpd.GeoDataFrame(
            {"code": ["W", "E"]},
            geometry=[whole.geometry.union_all(), box(WEST + 980, SOUTH, WEST + 990, SOUTH + 9)],
            crs=CRS,
        )
        found = run(tmp_path, whole)
        assert "CC-S270" in {fault.code for fault in found.warnings}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"work": [{"cell": "nobody", "per_person": 1}]}, "CC-S208"),
            ({"units": {"path": "communities.geojson", "where": {"code": "A"}}}, "CC-S272"),
        ],
    )
    def test_what_cannot_be_divided(self, tmp_path: Path, change, code) -> None:
        with pytest.raises(FaultError) as caught:
            run(tmp_path, **change)
        assert [fault.code for fault in caught.value.faults] == [code]

    def test_an_answer_with_more_stations_than_units_is_kept(self, tmp_path: Path) -> None:
        """How many open is known only with the answer: it stands, without catchments."""
        new = {"source": source("free"), "status": "candidate", "id": "id"}
        free = points([{"x": 350, "y": 300, "id": "P1"}])
        found = run(tmp_path, merged(("A", "B"), ("C", "D")), more={"free": free}, sites=[new])
        assert len(found.open_sites) == 3 and found.territory.catchments is None
        told = {fault.code: fault for fault in found.warnings}["CC-S272"]
        assert "3 stations cannot share 2 units" in told.text("en")

    @pytest.mark.parametrize(
        "change",
        [
            {"work": [{"cell": "nobody", "per_person": 1}]},
            {"name": "no_such"},
            {"units": {"path": "communities.geojson", "where": {"code": "A"}}},
        ],
    )
    def test_what_is_wrong_in_itself_is_told_before_anything_is_solved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("solved")

        monkeypatch.setattr("scenarios.siting.run.solve", refuse)
        with pytest.raises(FaultError):
            run(tmp_path, **change)


class TestHandedOut:
    def test_layers_tables_and_the_book_that_dispatchers_read(self, tmp_path: Path) -> None:
        found = run(tmp_path / "town")
        outcome = outcome_of(found)
        assert {"catchments", "catchment_units"} <= set(outcome.layers)
        assert "catchments" in {sheet.name for sheet in outcome.sheets}
        write_run(found, tmp_path / "out", lang="en")
        layer = read_layer(LayerSource(tmp_path / "out" / "result.gpkg", layer="catchments"))
        book = CatchmentBook(layer)
        assert book.stations == ("S1", "S2")
        at = [place(50, 300), place(950, 300), place(5000, 300)]
        assert book.stations_at([p.lon for p in at], [p.lat for p in at]) == ["S1", "S2", None]
        assert book.station_at(at[0].lon, at[0].lat) == "S1"
        assert book.station_at(at[2].lon, at[2].lat, nearest=True) == "S2"

    def test_catchments_hold_their_units_and_do_not_overlap(self, tmp_path: Path) -> None:
        found = run(tmp_path).territory.catchments
        assert found is not None
        one, two = found.catchments.to_crs(CRS).geometry
        assert shapely.intersection(one, two).area < 5
        assert one.area + two.area == pytest.approx(communities().area.sum(), abs=5)
