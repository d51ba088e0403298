"""Catchments and search areas on a report's map."""

from __future__ import annotations

from scenarios.model_parts import Text
from scenarios.outcome import NAME_COLUMNS
from scenarios.report import MapLayer
from scenarios.territory.run import Territory

__all__ = ["territory_map_layers"]

_NAME = (NAME_COLUMNS, Text(zh="名称", en="name"))
_MOST_AREAS = 15
"""More search areas cover the map: they are there to be switched on."""
_CATCHMENTS, _AREAS = "#1f6f8b", "#e07a3f"


def territory_map_layers(territory: Territory) -> list[MapLayer]:
    """Catchments by their stations, and search areas."""
    layers: list[MapLayer] = []
    found = territory.layers
    if "catchments" in found:
        layers.append(
            MapLayer(
                id="catchments",
                label=Text(zh="责任片区", en="catchments"),
                frame=found["catchments"].round({"work": 1, "mean_minutes": 1}),
                kind="fill",
                color=_CATCHMENTS,
                opacity=0.15,
                popup=(
                    _NAME,
                    ("work", Text(zh="工作量", en="work")),
                    ("mean_minutes", Text(zh="平均路程（分钟）", en="mean way (min)")),
                ),
            )
        )
    if "search_areas" in found:
        layers.append(
            MapLayer(
                id="search_areas",
                label=Text(zh="选址范围", en="search areas"),
                frame=found["search_areas"][["site_id", "geometry"]],
                kind="fill",
                color=_AREAS,
                opacity=0.45,
                visible=len(found["search_areas"]) <= _MOST_AREAS,
                popup=(("site_id", Text(zh="站点编号", en="site id")),),
            )
        )
    return layers
