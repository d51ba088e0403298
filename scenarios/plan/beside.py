"""Which sites stand beside the features of a layer, a health station for instance."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from scenarios.district import District, in_english
from scenarios.model import Text
from scenarios.plan.model import NearInput

__all__ = ["Beside", "read_beside"]


@dataclass(frozen=True, eq=False)
class Beside:
    """Sites beside features.

    Attributes:
        labels: what each of the f features is called.
        site: int64[k], sites. feature: int64[k], the feature that each of them is beside.
        any: bool[m], sites that are beside any.
    """

    labels: tuple[Text, ...]
    site: NDArray[np.int64]
    feature: NDArray[np.int64]
    any: NDArray[np.bool_]

    def of(self, feature: int) -> NDArray[np.bool_]:
        """bool[m], sites that are beside one feature."""
        there = np.zeros(self.any.size, dtype=bool)
        there[self.site[self.feature == feature]] = True
        return there


def read_beside(part: NearInput, district: District, sites: gpd.GeoSeries) -> Beside:
    """Who stands within so many metres, straight, of which feature (the reader keeps faults)."""
    nothing = np.zeros(0, dtype=np.int64)
    none = np.zeros(len(sites), dtype=bool)
    features = district.reader.read(part.source, required=[part.name, part.name_en])
    if features is None or features.empty:
        return Beside((), nothing, nothing, none)
    crs = district.streets.crs
    tree = features.geometry.to_crs(crs).sindex
    site, feature = tree.query(sites.to_crs(crs).array, predicate="dwithin", distance=part.within_m)
    none[site] = True
    numbers = features.index.to_series().astype(str)
    names = numbers if part.name is None else features[part.name].astype(str)
    english = in_english(features, part.name_en, names)
    labels = tuple(Text(zh=zh, en=str(en)) for zh, en in zip(names, english, strict=True))
    return Beside(labels, site.astype(np.int64), feature.astype(np.int64), none)
