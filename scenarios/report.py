"""Reports: what a job found, as one HTML file that opens anywhere without a network.

A job says *what* to show with the values of this module (facts, tables, plots, map layers);
:func:`write_report` renders them in Chinese and English with a switch. MapLibre GL and Plotly
come from their installed packages and are written into the file.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import jinja2
import plotly.graph_objects as go
import shapely
from geopandas import GeoDataFrame
from markupsafe import Markup

from base.faults import Lang
from scenarios.model import Text

__all__ = [
    "Cell",
    "Column",
    "Fact",
    "MapLayer",
    "MapView",
    "Plot",
    "Report",
    "Table",
    "bar_plot",
    "line_plot",
    "page_environment",
    "page_style",
    "timeline_plot",
    "write_report",
]

Cell = str | int | float | Text | None
_LANGS: tuple[Lang, Lang] = ("zh", "en")
_DECIMALS = 6
"""Decimals of map coordinates, about 0.1 m."""
PALETTE = ("#1f6f8b", "#e07a3f", "#3d8f5f", "#8d5a97", "#c0392b", "#b8860b", "#4a6fa5", "#6b705c")
"""Colours of series and routes, told apart also when printed in grey in this order."""


@dataclass(frozen=True)
class Fact:
    """A headline figure, such as coverage after: ``value`` is ready to print."""

    label: Text
    value: str | Text
    note: Text | None = None


@dataclass(frozen=True)
class Column:
    """A table column; numbers stand right-aligned with ``decimals`` places."""

    label: Text
    numeric: bool = False
    decimals: int = 0


@dataclass(frozen=True)
class Table:
    """A table; every row has one cell per column. None prints as a dash."""

    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Text | None = None


@dataclass(frozen=True)
class Plot:
    """A plot as one Plotly figure per language."""

    title: Text
    figures: dict[Lang, go.Figure]
    note: Text | None = None


@dataclass(frozen=True)
class MapLayer:
    """One layer of the map.

    Attributes:
        id: unique in the map, letters, digits and ``_``.
        label: name in the legend.
        frame: features in WGS 84; columns named in ``popup`` (and ``color_by``) are carried.
        kind: how it is drawn.
        color: CSS colour; ``color_by`` names a column of CSS colours instead.
        size: line width or point radius in pixels.
        opacity: 0..1.
        popup: (column, label) pairs shown on click; a :class:`Text` names one column per language.
        visible: drawn at first.
        counted: the legend says how many features there are.
    """

    id: str
    label: Text
    frame: GeoDataFrame
    kind: Literal["line", "fill", "point"]
    color: str = PALETTE[0]
    color_by: str | None = None
    size: float = 2.0
    opacity: float = 1.0
    popup: tuple[tuple[str | Text, Text], ...] = ()
    visible: bool = True
    counted: bool = True


@dataclass(frozen=True)
class MapView:
    """Layers from bottom to top, and names written on the map (``labels``: name_zh, name_en)."""

    layers: tuple[MapLayer, ...]
    labels: GeoDataFrame | None = None


@dataclass(frozen=True)
class Report:
    """Everything a report shows, from top to bottom."""

    title: Text
    subtitle: Text
    facts: tuple[Fact, ...] = ()
    map: MapView | None = None
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[Text, ...] = ()
    sources: tuple[str, ...] = ()
    warnings: tuple[Text, ...] = field(default=())


def line_plot(
    title: Text,
    x_label: Text,
    y_label: Text,
    series: Sequence[tuple[Text, Sequence[float], Sequence[float | None]]],
    note: Text | None = None,
) -> Plot:
    """Lines with markers: (name, x, y) per series."""

    def draw(lang: Lang) -> go.Figure:
        traces = [
            go.Scatter(x=list(x), y=list(y), name=getattr(name, lang), mode="lines+markers")
            for name, x, y in series
        ]
        figure = _figure(traces, getattr(x_label, lang), getattr(y_label, lang))
        if all(float(value).is_integer() for _, x, _ in series for value in x):
            figure.update_xaxes(tickformat="d", nticks=12, dtick=1 if _span(series) < 12 else None)
        return figure

    return Plot(title, {lang: draw(lang) for lang in _LANGS}, note)


def bar_plot(
    title: Text,
    y_label: Text,
    categories: Sequence[str | Text],
    series: Sequence[tuple[Text, Sequence[float]]],
    note: Text | None = None,
) -> Plot:
    """Grouped bars: one group per category, one bar per series."""

    def draw(lang: Lang) -> go.Figure:
        names = [_pair(category)[_LANGS.index(lang)] for category in categories]
        traces = [go.Bar(x=names, y=list(y), name=getattr(name, lang)) for name, y in series]
        return _figure(traces, "", getattr(y_label, lang))

    return Plot(title, {lang: draw(lang) for lang in _LANGS}, note)


def timeline_plot(
    title: Text,
    rows: Sequence[str],
    bars: Sequence[tuple[str, int, int, Text, str]],
    note: Text | None = None,
) -> Plot:
    """A Gantt chart over the day.

    Args:
        title: heading.
        rows: row names from top to bottom.
        bars: (row, start, end, hover text, colour); times are seconds from midnight.
        note: printed below.
    """

    def draw(lang: Lang) -> go.Figure:
        trace = go.Bar(
            y=[row for row, *_ in bars],
            x=[(end - start) / 3600 for _, start, end, *_ in bars],
            base=[start / 3600 for _, start, *_ in bars],
            orientation="h",
            marker={"color": [color for *_, color in bars]},
            hovertext=[getattr(text, lang) for *_, text, _ in bars],
            hoverinfo="text",
            textposition="none",
            showlegend=False,
        )
        figure = _figure([trace], {"zh": "时刻", "en": "time of day"}[lang], "")
        hours = [h for *_, s, e, _, _ in bars for h in (s / 3600, e / 3600)] or [8, 18]
        ticks = list(range(int(min(hours)), int(max(hours)) + 2))
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{h:02d}:00" for h in ticks])
        figure.update_yaxes(
            categoryorder="array", categoryarray=list(rows)[::-1], type="category", dtick=1
        )
        figure.update_layout(height=max(240, 60 + 20 * len(rows)), bargap=0.25)
        return figure

    return Plot(title, {lang: draw(lang) for lang in _LANGS}, note)


def write_report(path: Path, report: Report, lang: Lang = "zh") -> None:
    """Write one self-contained HTML file that opens in ``lang`` and switches to the other."""
    html = (
        page_environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            title=report.title,
            subtitle=report.subtitle,
            lang=lang,
            map_json=_script_json(_map_data(report.map)) if report.map else None,
            plots_json=_script_json(_plot_data(report.plots)),
            maplibre_js=_asset("maplibre", "srcjs/maplibre-gl.js") if report.map else "",
            maplibre_css=_asset("maplibre", "srcjs/maplibre-gl.css") if report.map else "",
            plotly_js=_asset("plotly", "package_data/plotly.min.js") if report.plots else "",
            style=page_style(),
            script=_asset("scenarios", "templates/report.js"),
        )
    )
    path.write_text(html, encoding="utf-8")


def page_environment() -> jinja2.Environment:
    """Where the project's pages are rendered: escaping on, every text in both languages."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scenarios", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(both=_both, cell=_cell)
    return environment


def page_style() -> Markup:
    """The style sheet that all pages share."""
    return _asset("scenarios", "templates/report.css")


def _figure(traces: list[Any], x_label: str, y_label: str) -> go.Figure:
    figure = go.Figure(traces)
    figure.update_layout(
        template="plotly_white",
        colorway=list(PALETTE),
        height=360,
        margin={"l": 60, "r": 20, "t": 20, "b": 60},
        legend={"orientation": "h", "y": 1.12},
        font={"family": "inherit"},
        barmode="group",
    )
    figure.update_xaxes(title=x_label, automargin=True)
    figure.update_yaxes(title=y_label, automargin=True, rangemode="tozero")
    return figure


def _span(series: Sequence[tuple[Text, Sequence[float], Sequence[float | None]]]) -> float:
    values = [value for _, x, _ in series for value in x] or [0]
    return max(values) - min(values)


def _both(text: str | Text) -> Markup:
    """A text in both languages, of which the page shows one."""
    if isinstance(text, str):
        return Markup("{}").format(text)
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(text.zh, text.en)


def _cell(value: Cell, column: Column) -> Markup:
    if value is None:
        return Markup("–")
    if isinstance(value, int | float):
        return Markup("{}").format(f"{value:,.{column.decimals}f}")
    return _both(value)


def _asset(package: str, name: str) -> Markup:
    """A file of an installed package, to be written into the page as it is."""
    # By its recorded place, not by import: importing maplibre pulls in widgets nobody needs here.
    home = Path(__file__).parent.parent if package == "scenarios" else _home(package)
    text = (home / package / name).read_text(encoding="utf-8")
    if "</script" in text.lower():
        raise ValueError(f"{package}/{name} cannot stand inside a page")
    return Markup(text)  # noqa: S704 - an asset of an installed package, or JSON escaped above


def _home(distribution: str) -> Path:
    return Path(str(importlib.metadata.distribution(distribution).locate_file("")))


def _script_json(data: object) -> Markup:
    """JSON that can stand in a script element whatever its strings hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - an asset of an installed package, or JSON escaped above


def _map_data(view: MapView | None) -> dict[str, Any]:
    if view is None:
        return {}
    layers = [_layer_data(layer) for layer in view.layers]
    boxes = [layer.frame.total_bounds for layer in view.layers if len(layer.frame)]
    bounds = [
        *(min(float(box[i]) for box in boxes) for i in (0, 1)),
        *(max(float(box[i]) for box in boxes) for i in (2, 3)),
    ]
    labels = []
    if view.labels is not None:
        points = view.labels.geometry
        names = zip(points, view.labels["name_zh"], view.labels["name_en"], strict=True)
        labels = [{"at": [p.x, p.y], "zh": zh, "en": en} for p, zh, en in names]
    return {"layers": layers, "bounds": bounds, "labels": labels}


def _layer_data(layer: MapLayer) -> dict[str, Any]:
    named = [_pair(column) for column, _ in layer.popup]
    columns = list(dict.fromkeys(name for pair in named for name in pair))
    if layer.color_by is not None and layer.color_by not in columns:
        columns.append(layer.color_by)
    # Topology is for the eye only here, so a plain rounding of coordinates is enough.
    geometry = shapely.set_precision(layer.frame.geometry.array, 10.0**-_DECIMALS, mode="pointwise")
    frame = layer.frame[columns].set_geometry(list(geometry), crs=layer.frame.crs)
    return {
        "id": layer.id,
        "label": {"zh": layer.label.zh, "en": layer.label.en},
        "kind": layer.kind,
        "color": ["get", layer.color_by] if layer.color_by else layer.color,
        "swatch": layer.color,
        "size": layer.size,
        "opacity": layer.opacity,
        "popup": [
            {"zh": [zh, label.zh], "en": [en, label.en]}
            for (zh, en), (_, label) in zip(named, layer.popup, strict=True)
        ],
        "visible": layer.visible,
        "count": len(layer.frame) if layer.counted else None,
        "data": json.loads(frame.to_json(na="null", drop_id=True)),
    }


def _pair(text: str | Text) -> tuple[str, str]:
    """A text in Chinese and in English."""
    return (text, text) if isinstance(text, str) else (text.zh, text.en)


def _plot_data(plots: Sequence[Plot]) -> list[dict[str, Any]]:
    return [{lang: json.loads(plot.figures[lang].to_json()) for lang in _LANGS} for plot in plots]
