"""Random premises inside search areas, evaluated from scratch."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.reach import reach
from geo.snap import snap
from scenarios.siting.run import SitingRun

__all__ = ["losses_inside"]


def losses_inside(run: SitingRun, areas: gpd.GeoDataFrame, samples: int) -> list[float]:
    """Largest share of its limit (1 for all of it) that a random premises in each area loses."""
    worst = []
    for row in areas.itertuples():
        if row.geometry.is_empty:
            continue
        site = list(run.case.sites["site_id"]).index(row.site_id)
        lost, whole, gain = _lost(run, site, _inside(row.geometry, samples))
        base = whole if row.limit_of == "plan" else gain
        worst.append(float(lost.max()) / (base * row.limit_percent / 100))
    return worst


def _inside(shape, samples: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    west, south, east, north = shape.bounds
    found = np.empty((0, 2))
    while len(found) < samples:
        more = rng.random((20 * samples, 2)) * [east - west, north - south] + [west, south]
        found = np.concatenate([found, more[shapely.contains_xy(shape, *more.T)]])
    # The corners too: there the promise is closest to its edge.
    return np.concatenate([found[:samples], shapely.get_coordinates(shape)])


def _lost(run: SitingRun, site: int, at: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Persons (weighted) lost by each premises in place of the site, by a search of its own."""
    demand, streets, mode = run.demand, run.district.streets, run.case.mode
    sites = run.case.sites.geometry
    others = [other for other in run.open_sites.tolist() if other != site]
    places = demand.places.geometry
    points = np.concatenate([np.column_stack([sites.x, sites.y])[[*others, site]], at])
    found = reach(
        streets,
        snap(streets, *points.T, mode),
        snap(streets, places.x.to_numpy(), places.y.to_numpy(), mode),
        mode,
        float((demand.radius / 1000 * demand.speed).max()) + 1,
    )
    weights = np.array([cell.weight for cell in demand.cells])[demand.cell] * demand.persons
    covers = np.zeros((len(points), len(demand.persons)), dtype=bool)
    for number in range(len(points)):
        span = slice(int(found.indptr[number]), int(found.indptr[number + 1]))
        cost = np.full(len(places), np.inf)
        cost[found.target[span]] = found.cost[span]
        covers[number] = np.rint(cost[demand.place] / demand.speed) <= demand.radius
    fixed = covers[: len(others)].any(axis=0)
    value = (covers[len(others) :] | fixed) @ weights
    return value[0] - value[1:], float(value[0]), float(value[0] - fixed @ weights)
