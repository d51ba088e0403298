"""The home care family: its reader and its objective in real numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.readers.hhcrsp import read_hhcrsp
from benchmarks.readers.text import FormatError
from benchmarks.suites.hhcrsp import objective_of

INSTANCE = {
    "patients": [
        {
            "id": "p1",
            "time_window": [10, 20],
            "required_caregivers": [
                {"service": "s1", "duration": 5},
                {"service": "s2", "duration": 5},
            ],
            "synchronization": {"type": "sequential", "distance": [3, 6]},
        }
    ],
    "caregivers": [{"id": "c1", "abilities": ["s1"]}, {"id": "c2", "abilities": ["s1", "s2"]}],
    "central_offices": [{"id": "d"}],
    "distances": [[0, 1.5], [1.5, 0]],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "instance.json"
    path.write_text(json.dumps({**INSTANCE, **changes}), encoding="utf-8")
    return path


def test_the_objective_adds_distance_and_both_tardinesses(tmp_path: Path) -> None:
    instance = read_hhcrsp(write(tmp_path))
    assert objective_of(instance, [[(0, 18.0)], [(1, 22.5)]]) == pytest.approx((6 + 2.5 + 2.5) / 3)


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ([[(0, 18.0)], []], "not done"),
        ([[(0, 18.0)], [(1, 25.0)]], "apart"),
        ([[], [(0, 10.0), (1, 15.0)]], "one person"),
        ([[(0, 9.0)], [(1, 13.0)]], "too early"),
        ([[(1, 13.0)], [(0, 10.0)]], "cannot do"),
        ([[(0, 10.0)], [(0, 10.0)]], "twice"),
    ],
)
def test_says_what_is_wrong(
    tmp_path: Path, routes: list[list[tuple[int, float]]], why: str
) -> None:
    told = objective_of(read_hhcrsp(write(tmp_path)), routes)
    assert isinstance(told, str) and why in told


def test_a_matrix_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="distances"):
        read_hhcrsp(write(tmp_path, distances=[[0]]))
