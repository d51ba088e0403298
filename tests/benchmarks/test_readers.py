from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.readers.allocation import read_cap, read_cap_optima, read_sjc
from benchmarks.readers.mclp import read_covering_points
from benchmarks.readers.pmed import read_pmed, read_pmed_optima
from benchmarks.readers.solomon import read_solomon
from benchmarks.readers.text import FormatError, best_values
from benchmarks.readers.tsplib import floor_distances, read_points

POINTS = """NAME : three
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3.0e0 4
3 1 1
EOF
"""
COVERING = """DIMENSION : 2
NODE_COORD_SECTION
40.1 -73.9
40.2 -73.8
DEMAND_SECTION
5
7
EOF
"""
SOLOMON = """R1

VEHICLE
NUMBER CAPACITY
2 10

CUSTOMER
CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME

0 0 0 0 0 100 0
1 3 4 5 0 50 10
2 1 1 6 10 60 10
"""
CAP = "2 1\n10 7.5\n20 0\n4\n1.5 2.5\n"
SJC = "2 1\n0 0 9 4\n3 4 9 5\n"


def wrote(folder: Path, text: str) -> Path:
    path = folder / "instance.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_pmed_takes_the_last_of_duplicate_edges(tmp_path: Path) -> None:
    path = wrote(tmp_path, "3 4 1\n1 2 5\n2 3 1\n2 1 9\n1 3 20\n")
    distance, p = read_pmed(path)
    assert p == 1
    assert distance.tolist() == [[0, 9, 10], [9, 0, 1], [10, 1, 0]]


def test_distances_of_points_are_rounded_down(tmp_path: Path) -> None:
    points = read_points(wrote(tmp_path, POINTS))
    assert floor_distances(points).tolist() == [[0, 5, 1], [5, 0, 3], [1, 3, 0]]


def test_covering_points_and_their_demand(tmp_path: Path) -> None:
    points, demand = read_covering_points(wrote(tmp_path, COVERING))
    assert points.tolist() == [[40.1, -73.9], [40.2, -73.8]]
    assert demand.tolist() == [5, 7]


def test_solomon_distances_are_cut_to_tenths(tmp_path: Path) -> None:
    instance = read_solomon(wrote(tmp_path, SOLOMON))
    assert (instance.vehicles, instance.capacity) == (2, 10)
    assert instance.tenths()[0].tolist() == [0, 50, 14]
    assert instance.due.tolist() == [100, 50, 60]


def test_capacitated_locations(tmp_path: Path) -> None:
    cap = read_cap(wrote(tmp_path, CAP))
    assert cap.capacity.tolist() == [10, 20] and cap.fixed.tolist() == [7.5, 0.0]
    assert cap.demand.tolist() == [4] and cap.cost.tolist() == [[1.5, 2.5]]
    assert not cap.single and cap.most is None
    path = wrote(tmp_path, CAP.replace("10 7.5", "capacity 7.5"))
    assert read_cap(path, 12).capacity.tolist() == [12, 20]
    sjc = read_sjc(wrote(tmp_path, SJC))
    assert sjc.cost.tolist() == [[0.0, 5.0], [5.0, 0.0]]
    assert sjc.capacity.tolist() == [9, 9] and sjc.demand.tolist() == [4, 5]
    assert sjc.single and sjc.most == 1


def test_optima_of_capacitated_locations(tmp_path: Path) -> None:
    path = wrote(
        tmp_path, "Data file   Optimal\ncap41 10.5\ncapa 9.5 (capacity 8000)\n  8 (capacity 9000)\n"
    )
    expected = {("cap41", None): 10.5, ("capa", 8000): 9.5, ("capa", 9000): 8.0}
    assert read_cap_optima(path) == expected
    assert read_cap_optima(tmp_path / "absent.txt") == {}
    with pytest.raises(FormatError, match="line 1 holds no optimum"):
        read_cap_optima(wrote(tmp_path, "cap41 ?\n"))


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_cap, "2", "first line"),
        (read_cap, CAP.replace("1.5 ", ""), "9 numbers expected, 8 found"),
        (read_cap, CAP.replace("10 ", "10.5 "), "a capacity is no whole number"),
        (read_cap, CAP.replace("10 ", "capacity "), "leaves the capacity open"),
        (read_sjc, SJC.replace("9 5", "9"), "four numbers for each"),
        (read_sjc, SJC.replace("9 5", "9 0"), "a demand is no whole number"),
        (read_pmed, "", "empty"),
        (read_pmed, "3 2", "first line"),
        (read_pmed, "3 2 1\n1 2 x", "word 6 is 'x'"),
        (read_pmed, "3 2 1\n1 2 4\n", "2 edges announced, 1 found"),
        (read_pmed, "3 1 1\n1 4 4\n", "outside 1..3"),
        (read_pmed, "3 1 1\n1 2 4\n", "not connected"),
        (read_points, POINTS.replace("EUC_2D", "GEO"), "EDGE_WEIGHT_TYPE is 'GEO'"),
        (read_points, POINTS.replace("DIMENSION : 3", "DIMENSION : 4"), "4, 3 nodes found"),
        (read_points, POINTS.replace("3 1 1\n", "3 1\n"), "a node needs"),
        (read_points, POINTS.replace("2 3.0e0 4", "2 three 4"), "line 6 holds no numbers"),
        (read_points, POINTS.replace("NAME : three", "NAME"), "line 1 is no `KEY"),
        (read_points, POINTS[: POINTS.index("NODE")], "no NODE_COORD_SECTION"),
        (read_covering_points, COVERING.replace("7\n", ""), "DEMAND_SECTION has 1 rows"),
        (read_covering_points, COVERING.replace("40.1", "140.1"), "off the globe"),
        (read_covering_points, COVERING.replace("5\n", "5.5\n"), "no whole number"),
        (read_covering_points, COVERING.replace("DEMAND_SECTION\n5\n7\n", ""), "no DEMAND"),
        (read_solomon, SOLOMON.replace("VEHICLE", "FLEET"), "no heading VEHICLE"),
        (read_solomon, SOLOMON.replace("2 10\n\n", "2\n\n"), "line 5 does not hold 2"),
        (read_solomon, SOLOMON.replace("2 1 1 6", "3 1 1 6"), "customer 2 expected, 3 found"),
        (read_solomon, SOLOMON.replace("1 3 4 5 0 50", "1 3 4 5 0.5 50"), "whole numbers"),
        (read_solomon, SOLOMON.replace("6 10 60", "6 70 60"), "due before it is ready"),
        (read_solomon, SOLOMON[: SOLOMON.index("0 0 0")], "no customers"),
    ],
)
def test_malformed_files_are_refused(
    read: Callable[[Path], object], text: str, message: str, tmp_path: Path
) -> None:
    path = wrote(tmp_path, text)
    with pytest.raises(FormatError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_best_values_may_be_missing_but_not_malformed(tmp_path: Path) -> None:
    assert best_values(tmp_path / "absent.csv", "name", "value") == {}
    path = wrote(tmp_path, "name,value\na,1.5\nb,\n")
    assert best_values(path, "name", "value") == {"a": 1.5}
    with pytest.raises(FormatError, match="no column 'best'"):
        best_values(path, "name", "best")
    with pytest.raises(FormatError, match="no number"):
        best_values(wrote(tmp_path, "name,value\na,?\n"), "name", "value")


def test_the_librarys_own_list_of_optima(tmp_path: Path) -> None:
    path = wrote(tmp_path, "Data file Optimal\npmed1 5819\npmed2 4093\n")
    assert read_pmed_optima(path) == {"pmed1": 5819.0, "pmed2": 4093.0}
    assert read_pmed_optima(tmp_path / "absent.txt") == {}
    with pytest.raises(FormatError, match="line 1 holds no optimum"):
        read_pmed_optima(wrote(tmp_path, "pmed1\n"))


@pytest.mark.real
def test_public_files_are_read(shared_bench: Path) -> None:
    distance, p = read_pmed(shared_bench / "pmed" / "pmed1.txt")
    assert distance.shape == (100, 100) and p == 5
    points, demand = read_covering_points(shared_bench / "mclp" / "Bronx.txt")
    assert len(points) == len(demand) == 3839
    sizes = [read_points(path).shape[0] for path in sorted(shared_bench.glob("*/*.tsp"))]
    assert sizes == [2103, 1400, 1304, 1432]
    files = list((shared_bench / "vrptw").glob("*.txt"))
    customers = {read_solomon(path).x.size - 1 for path in files}
    assert customers == {100, 200, 400, 1000}
    assert np.all(read_solomon(files[0]).demand[1:] > 0)
