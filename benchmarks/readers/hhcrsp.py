"""Home health care with synchronised visits (Mankowska, Meisel, Bierwirth 2014), as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError

__all__ = ["HomeCare", "Pair", "read_hhcrsp"]


@dataclass(frozen=True)
class Pair:
    """Two services of a patient: second start minus first start lies within [least, most]."""

    first: int
    second: int
    least: float
    most: float


@dataclass(frozen=True, eq=False)
class HomeCare:
    """Services (one row each, patients with two have two rows) and caregivers.

    Attributes:
        distance: float64[P, P], office first, then patients; travel time is the same.
        place: int64[S], row of the patient in ``distance``.
        patient: names by service. service: names of what is asked for, by service.
        duration, opens, closes: float64[S].
        pairs: patients with two services.
        caregiver: names. able: bool[S, C], who can do a service.
    """

    distance: NDArray[np.float64]
    place: NDArray[np.int64]
    patient: tuple[str, ...]
    service: tuple[str, ...]
    duration: NDArray[np.float64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]
    pairs: tuple[Pair, ...]
    caregiver: tuple[str, ...]
    able: NDArray[np.bool_]


def read_hhcrsp(path: Path) -> HomeCare:
    """Read a file.

    Raises:
        FormatError: a part is missing or of the wrong shape, or there are several offices.
    """
    try:
        return _home_care(path, json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(path, f"it is no home care instance: {error!r}") from error


def _home_care(path: Path, data: dict[str, Any]) -> HomeCare:
    patients, caregivers = data["patients"], data["caregivers"]
    distance = np.array(data["distances"], dtype=np.float64)
    size = len(patients) + 1
    if len(data["central_offices"]) != 1:
        raise FormatError(path, "one central office expected")
    if distance.shape != (size, size):
        raise FormatError(path, f"{size} x {size} distances expected, {distance.shape} found")
    pairs = []
    rows: list[tuple[int, dict[str, Any], str, float]] = []
    for at, patient in enumerate(patients, start=1):
        asked = patient["required_caregivers"]
        if len(asked) == 2:
            pairs.append(_pair(patient["synchronization"], len(rows)))
        elif len(asked) != 1:
            raise FormatError(path, f"patient {patient['id']} asks for {len(asked)} services")
        rows += [(at, patient, one["service"], float(one["duration"])) for one in asked]
    able = [[name in carer["abilities"] for carer in caregivers] for _, _, name, _ in rows]
    return HomeCare(
        distance=distance,
        place=np.array([at for at, *_ in rows], dtype=np.int64),
        patient=tuple(patient["id"] for _, patient, *_ in rows),
        service=tuple(name for _, _, name, _ in rows),
        duration=np.array([duration for *_, duration in rows]),
        opens=np.array([patient["time_window"][0] for _, patient, *_ in rows], dtype=np.float64),
        closes=np.array([patient["time_window"][1] for _, patient, *_ in rows], dtype=np.float64),
        pairs=tuple(pairs),
        caregiver=tuple(carer["id"] for carer in caregivers),
        able=np.array(able, dtype=np.bool_).reshape(len(rows), len(caregivers)),
    )


def _pair(asked: dict[str, Any], row: int) -> Pair:
    if asked["type"] == "simultaneous":
        return Pair(row, row + 1, 0.0, 0.0)
    if asked["type"] != "sequential":
        raise ValueError(f"synchronization {asked['type']!r}")
    least, most = asked["distance"]
    return Pair(row, row + 1, float(least), float(most))
