"""Does a layer lie where its declared coordinate system puts it? Hypotheses and the verdict.

Hypotheses: the declared system; WGS 84, GCJ-02 and BD-09 where the coordinates can be degrees;
otherwise what the file says of itself, the network's own system, Web Mercator and the CGCS2000
Gauss-Kruger zones of the place. A hypothesis replaces the declared one only if it is clearly
better. The thresholds below were set on the layers of Dongcheng and on random and clustered
subsets of them: of 1,500 subsets of 40 or 100 points that were declared rightly, 2 raised an alarm.
Outlines that follow no street at all and lie mostly beside the network are the worst case: 7 of
213 such copies of a neighbouring district raised one. What cannot be told (fewer than 30 points,
points deep inside a large network, layers far wider than it) stays quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import Transformer

from geo.placement import CAP_M, Samples, Shapes, StreetIndex, displaced, sample
from geo.systems import BD09, GCJ02, WGS84, local_metric_crs, parse_declared, to_wgs84_xy

__all__ = ["CrsFit", "Evidence", "crs_fit"]

XY = NDArray[np.float64]
Evidence = Literal["none", "distance", "alignment", "reference"]

_EXISTS_SHARE = 0.9
_SAME_PLACE_M = 30.0  # systems closer than this (EPSG:4490 and 4326) are one hypothesis
_BETTER = 0.75  # a better hypothesis has at most this share of the declared one's distance,
_OFF_BETTER = 0.2  # or at most this share of its places off the streets,
_OFF_LESS = 0.05  # and at least so many fewer (as a share of all),
_BETTER_M = 5.0  # is closer by this much
_CERTAIN_T = 2.5  # and by this many standard errors of the paired difference,
_PEAK = 0.85  # and has at most this share of the best displaced copy's distance
_LEAST_POINTS = 30
_DIRECTIONS = 16
_LONGEST_RING_M = 3_000.0

_ALONG_BETTER = 1.5  # times the declared share
_ALONG_MORE = 0.08  # and this much more, as a share
_ALONG_PEAK = 0.9  # better than this share of the displaced copies; if not than all of them,
_ALONG_NEARER = 0.85  # then at most this share of the declared median distance as well,
_ALONG_FAR_BETTER = 1.8  # and this many times the declared share
_ALONG_LEAST_M = 8_000.0  # inside the streets' area, or at least
_ALONG_LEAST_SHARE = 0.5  # of the layer
_ALONG_COPY_SHARE = 0.25
_ALONG_RINGS_M = (150.0, 300.0)
_ALONG_DIRECTIONS = 12

_GROSS_LEAST = 3
_GROSS_M = 2_000.0  # nine tenths of the declared layer farther off than this, and
_NEAR_M = 300.0  # nearly all of it this close under the other hypothesis
_GROSS_SHARE = 0.9

_REFERENCE_BETTER = 0.5
_REFERENCE_MORE_M = 30.0
_REFERENCE_REACH_M = 3_000.0


@dataclass(frozen=True)
class CrsFit:
    """The verdict on a declared system.

    Attributes:
        declared: as declared. best: the same, or the system that clearly fits better.
        declared_m, best_m: median distance to the nearest street (for ``reference`` to the
            reference's boundaries) under either; for ``alignment`` of what lies inside the
            streets' area, otherwise of the whole layer.
        shift_m: how far the two systems lie apart here; 0 if ``best`` is the declared one.
        evidence: what speaks against the declared system.
        declared_off, best_off: share of the layer more than 100 m from any street.
        declared_along, best_along: share of the outlines inside the streets' area that runs
            along a street; 0 for points.
        nearest_m: from the declared layer's closest part to the streets.
    """

    declared: str
    best: str
    declared_m: float
    best_m: float
    shift_m: float
    evidence: Evidence = "none"
    declared_off: float = 0.0
    best_off: float = 0.0
    declared_along: float = 0.0
    best_along: float = 0.0
    nearest_m: float = 0.0

    @property
    def fits(self) -> bool:
        """Whether the declared system stands."""
        return self.best == self.declared


def crs_fit(
    frame_raw: GeoDataFrame,
    declared: str,
    network: Shapes,
    *,
    reference: GeoDataFrame | None = None,
    stated: str | None = None,
) -> CrsFit:
    """Compare the declared system with the other hypotheses against the streets.

    Args:
        frame_raw: the layer with the file's own coordinates; its ``crs`` is not looked at.
        declared: the declared system.
        network: the streets, in a metric system.
        reference: polygons (in WGS 84, or with a ``crs`` of their own) that the layer's outlines
            should share, such as official sub-districts.
        stated: what the file says of itself, as one more hypothesis.

    Raises:
        FaultError: CC-G040, the declared system is unknown.
    """
    declared = parse_declared(declared)
    samples, index = sample(frame_raw), StreetIndex(network)
    placed = _Placed(samples, declared, network)
    others = placed.others(_hypotheses(samples, placed.middle_lon_lat, network.crs, stated))
    if samples.drawn and reference is not None:
        found = _by_reference(placed, others, reference, network.crs)
        if found is not None:
            return found
    best, evidence = _verdict(index, placed, others)
    return _report(index, placed, best or declared, evidence)


class _Placed:
    """The samples' positions under each hypothesis, in the network's metres."""

    def __init__(self, samples: Samples, declared: str, network: Shapes) -> None:
        self.samples, self.declared = samples, declared
        self._project = Transformer.from_crs(WGS84, network.crs, always_xy=True).transform
        self._ends: dict[str, tuple[XY, XY]] = {}
        corner = np.array([[np.mean(network.shape_x), np.mean(network.shape_y)]])
        self.middle_lon_lat = to_wgs84_xy(corner, network.crs)[0]

    def ends(self, system: str) -> tuple[XY, XY]:
        """Start and end of every piece."""
        if system not in self._ends:
            samples = self.samples
            start = self._metres(samples.start, system)
            end = start if not samples.drawn else self._metres(samples.end, system)
            self._ends[system] = start, end
        return self._ends[system]

    def points(self, system: str) -> XY:
        """The middle of every piece, thinned."""
        start, end = self.ends(system)
        return Samples((start + end) / 2.0, end, self.samples.drawn).thinned().start

    def shift(self, system: str) -> float:
        """Median metres between the system's positions and the declared one's."""
        step = self.points(system) - self.points(self.declared)
        metres = np.hypot(step[:, 0], step[:, 1])
        return float(np.median(np.where(np.isfinite(metres), metres, np.inf)))

    def others(self, candidates: list[str]) -> list[str]:
        """The candidates that exist and differ from the declared system and from each other."""
        kept: list[str] = []
        for system in candidates:
            points = self.points(system)
            exists = np.isfinite(points).all(axis=1)
            if exists.mean() < _EXISTS_SHARE or self.shift(system) < _SAME_PLACE_M:
                continue
            gaps = [np.nanmedian(np.abs(points - self.points(other))) for other in kept]
            if all(gap >= _SAME_PLACE_M for gap in gaps):
                kept.append(system)
        return kept

    def _metres(self, xy: XY, system: str) -> XY:
        lon_lat = to_wgs84_xy(xy, system)
        metres = np.column_stack(self._project(lon_lat[:, 0], lon_lat[:, 1]))
        return np.where(np.isfinite(metres), metres, np.nan)


def _hypotheses(samples: Samples, middle: XY, metric: str, stated: str | None) -> list[str]:
    xy = samples.start
    degrees = bool((np.abs(xy[:, 0]) <= 180.0).all() and (np.abs(xy[:, 1]) <= 90.0).all())
    if degrees:
        return [WGS84, GCJ02, BD09]
    lon, lat = float(middle[0]), float(middle[1])
    first = [] if stated is None or not stated.upper().startswith("EPSG:") else [stated.upper()]
    zones: list[str] = []
    for beside in (0, -1, 1):  # a city near the edge of a zone may use its neighbour's
        narrow, wide = round(lon / 3.0) + beside, int(lon // 6.0) + beside
        if 25 <= narrow <= 45:  # 3 degrees, 75 E to 135 E, without and with the zone's number
            zones += [f"EPSG:{4509 + narrow}", f"EPSG:{4488 + narrow}"]
        if 12 <= wide <= 22:  # 6 degrees
            zones += [f"EPSG:{4490 + wide}", f"EPSG:{4479 + wide}"]
    return list(dict.fromkeys([*first, metric, local_metric_crs(lon, lat), *zones, "EPSG:3857"]))


# --- the verdict --------------------------------------------------------------------------------


def _verdict(index: StreetIndex, placed: _Placed, others: list[str]) -> tuple[str | None, Evidence]:
    """The clearly better system and what speaks for it; None if the declared one stands."""
    capped = {system: index.capped(placed.points(system)) for system in others}
    declared = index.capped(placed.points(placed.declared))
    gross = _by_far(index, placed, others)
    if gross is not None:
        return gross, "distance"
    if placed.samples.drawn:
        aligned = _by_alignment(index, placed, others)
        if aligned is not None:
            return aligned, "alignment"
    near = _by_distance(index, placed, declared, capped)
    return near, "none" if near is None else "distance"


def _by_far(index: StreetIndex, placed: _Placed, others: list[str]) -> str | None:
    """The declared layer lies kilometres off the streets and another hypothesis on them."""
    declared = index.distance(placed.points(placed.declared))
    tenth = np.sort(declared)[len(declared) // 10]
    if not others or len(declared) < _GROSS_LEAST or tenth < _GROSS_M:
        return None
    near = {
        system: float(np.mean(index.distance(placed.points(system)) <= _NEAR_M))
        for system in others
    }
    best = max(near, key=lambda system: near[system])
    return best if near[best] >= _GROSS_SHARE else None


def _by_distance(
    index: StreetIndex,
    placed: _Placed,
    declared: NDArray[np.float64],
    capped: Mapping[str, NDArray[np.float64]],
) -> str | None:
    if not capped or len(declared) < _LEAST_POINTS:
        return None
    best = min(capped, key=lambda system: float(capped[system].mean()))
    gain = declared - capped[best]
    error = float(gain.std(ddof=1)) / np.sqrt(len(gain))
    closer = capped[best].mean() <= _BETTER * declared.mean()
    off, best_off = (float(np.mean(metres >= CAP_M)) for metres in (declared, capped[best]))
    fewer_off = off - best_off >= _OFF_LESS and best_off <= _OFF_BETTER * off
    clear = gain.mean() >= max(_BETTER_M, _CERTAIN_T * error)
    if not clear or not (closer or fewer_off):
        return None
    radius = min(placed.shift(best), _LONGEST_RING_M)
    ring = displaced(placed.points(best), radius, _DIRECTIONS)
    nearest = min(float(index.capped(copy).mean()) for copy in ring)
    return best if capped[best].mean() <= _PEAK * nearest else None


def _by_alignment(index: StreetIndex, placed: _Placed, others: list[str]) -> str | None:
    def share(start: XY, end: XY) -> float:
        """The share along streets, not-a-number where too little can be judged."""
        found, judged = index.along(start, end)
        whole = float(np.nansum(np.hypot(*(end - start).T)))
        return found if judged >= min(_ALONG_LEAST_M, _ALONG_LEAST_SHARE * whole) else np.nan

    declared = share(*placed.ends(placed.declared))
    shares = {system: share(*placed.ends(system)) for system in others}
    shares = {system: found for system, found in shares.items() if np.isfinite(found)}
    if not shares or not np.isfinite(declared):
        return None
    best = max(shares, key=lambda system: shares[system])
    if shares[best] < max(_ALONG_BETTER * declared, declared + _ALONG_MORE):
        return None
    start, end = placed.ends(best)
    judged = index.along(start, end)[1]
    copies = [
        index.along(start + step, end + step)
        for radius in (*_ALONG_RINGS_M, min(placed.shift(best), _LONGEST_RING_M))
        for step in displaced(np.zeros((1, 2)), radius, _ALONG_DIRECTIONS)
    ]
    # A copy that left the streets' area says nothing.
    by_chance = [found for found, length in copies if length >= _ALONG_COPY_SHARE * judged]
    peak = float(np.mean(np.array(by_chance) < shares[best]))
    if peak == 1.0:
        return best
    medians = [_median_inside(index, placed, system) for system in (best, placed.declared)]
    nearer = medians[0] <= _ALONG_NEARER * medians[1]
    far_better = shares[best] >= _ALONG_FAR_BETTER * declared
    return best if peak >= _ALONG_PEAK and nearer and far_better else None


def _median_inside(index: StreetIndex, placed: _Placed, system: str) -> float:
    """Median distance to the nearest street of what lies inside the streets' area."""
    start, end = placed.ends(system)  # all of it: little of a neighbouring district is inside
    points = (start + end) / 2.0
    inside = index.distance(points[index.covers(points)])
    return float(np.median(inside)) if len(inside) else float("inf")


def _by_reference(
    placed: _Placed, others: list[str], reference: GeoDataFrame, metric: str
) -> CrsFit | None:
    """Compare the outlines with the reference's; None where the declared system stands."""
    known = reference if reference.crs is not None else reference.set_crs(WGS84)
    boundary = shapely.union_all(known.to_crs(metric).geometry.boundary.to_numpy())
    parts = shapely.STRtree(shapely.get_parts(boundary))

    def median(system: str) -> float:
        points = placed.points(system)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) == 0:
            return float("inf")
        found = parts.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
        return float(np.median(found[1]))

    declared = median(placed.declared)
    medians = {system: median(system) for system in others}
    if not medians:
        return None
    best = min(medians, key=lambda system: medians[system])
    better = medians[best] <= min(_REFERENCE_BETTER * declared, declared - _REFERENCE_MORE_M)
    if not better or medians[best] > _REFERENCE_REACH_M:
        return None
    shift = placed.shift(best)
    return CrsFit(placed.declared, best, declared, medians[best], shift, "reference")


def _report(index: StreetIndex, placed: _Placed, best: str, evidence: Evidence) -> CrsFit:
    def figures(system: str) -> tuple[float, float, float]:
        points = placed.points(system)
        metres = index.distance(points)
        along = index.along(*placed.ends(system))[0] if placed.samples.drawn else 0.0
        aligned = evidence == "alignment"
        middle = _median_inside(index, placed, system) if aligned else float(np.median(metres))
        return middle, float(np.mean(metres > CAP_M)), along

    declared_m, declared_off, declared_along = figures(placed.declared)
    if best == placed.declared:
        best_m, best_off, best_along, shift = declared_m, declared_off, declared_along, 0.0
    else:
        best_m, best_off, best_along = figures(best)
        shift = placed.shift(best)
    nearest_m = float(index.distance(placed.points(placed.declared)).min())
    return CrsFit(
        placed.declared,
        best,
        declared_m,
        best_m,
        shift,
        evidence,
        declared_off,
        best_off,
        declared_along,
        best_along,
        nearest_m,
    )
