"""Records as Markdown tables and as one HTML page with its plots, readable without a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment
from plotly.offline import get_plotlyjs

from benchmarks.profiles import Curve, gap_over_time, loss_profile, time_profile
from benchmarks.record import Record

__all__ = ["COLUMNS", "markdown", "table_rows", "write_report"]

COLUMNS = (
    "instance",
    "solver",
    "status",
    "objective",
    "best known",
    "gap",
    "proved gap",
    "seconds",
    "peak MB",
    "more",
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>carecircle benchmarks</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
table { border-collapse: collapse; font-size: 13px; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .5rem; text-align: left }
</style>
<script>{{ script | safe }}</script></head><body>
<h1>carecircle benchmarks</h1>
{% for line in setting %}<p>{{ line }}</p>{% endfor %}
{% for suite in suites %}
<h2>{{ suite.name }}</h2>
{% for plot in suite.plots %}{{ plot | safe }}{% endfor %}
<table><thead><tr>{% for name in columns %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in suite.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
{% endfor %}
</body></html>
"""


def write_report(records: Sequence[Record], out: Path) -> tuple[Path, Path]:
    """Write ``report.md`` and ``report.html`` into a folder; returns both paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths = out / "report.md", out / "report.html"
    paths[0].write_text(markdown(records), encoding="utf-8")
    paths[1].write_text(_page(records), encoding="utf-8")
    return paths


def markdown(records: Sequence[Record]) -> str:
    """A section with a table per suite."""
    parts = ["# Benchmarks", "", *(f"{line}  " for line in _setting(records)), ""]
    for suite, group in _by_suite(records).items():
        parts += [f"## {suite}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        parts += [_line(row) for row in table_rows(group)]
        parts.append("")
    return "\n".join(parts)


def table_rows(records: Iterable[Record]) -> list[tuple[str, ...]]:
    """One row per instance and solver: means over the seeds, the worst where there are several."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.instance, record.solver].append(record)
    return [_row(instance, solver, group) for (instance, solver), group in groups.items()]


def _row(instance: str, solver: str, group: Sequence[Record]) -> tuple[str, ...]:
    if all(record.status == "not_expressible" for record in group):
        return (instance, solver, *("-",) * 7, group[0].note)
    values = [r.objective for r in group if r.objective is not None]
    objective = _number(sum(values) / len(values)) if values else "-"
    if len(values) > 1:
        worst = max(values) if group[0].sense == "min" else min(values)
        objective += f" (worst {_number(worst)})"
    best = group[0].best_known
    return (
        instance,
        solver,
        ", ".join(sorted({record.status for record in group})),
        objective,
        "-" if best is None else _number(best),
        _mean([r.gap for r in group if r.gap is not None], ".3%"),
        _mean([r.proved_gap for r in group if r.proved_gap is not None], ".3%"),
        _mean([r.seconds for r in group if r.seconds is not None], ".3g"),
        _mean([r.peak_mb for r in group if r.peak_mb is not None], ",.0f"),
        _more(group),
    )


def _more(group: Sequence[Record]) -> str:
    names = list(dict.fromkeys(name for record in group for name in record.metrics))
    figures = []
    for name in names:
        values = [record.metrics[name] for record in group if name in record.metrics]
        figures.append(f"{name} {sum(values) / len(values):,.4g}")
    notes = list(dict.fromkeys(record.note for record in group if record.note))
    return "; ".join([*figures, *notes])


def _mean(values: Sequence[float], form: str) -> str:
    return format(sum(values) / len(values), form) if values else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _by_suite(records: Iterable[Record]) -> Mapping[str, list[Record]]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.suite].append(record)
    return groups


def _setting(records: Sequence[Record]) -> list[str]:
    """Machine, versions and limits, each distinct one once."""
    machines = _distinct(record.machine for record in records)
    lines = [", ".join(f"{key}: {value}" for key, value in each.items()) for each in machines]
    installed = _distinct(record.versions for record in records)
    lines += [" ".join(f"{name} {value}" for name, value in each.items()) for each in installed]
    for suite, group in _by_suite(records).items():
        limits = {(r.limit_s, r.iterations, r.threads) for r in group}
        said = "; ".join(_limits_text(*each) for each in sorted(limits, key=str))
        seeds = sorted({record.seed for record in group})
        lines.append(f"{suite}: {said}; seeds {', '.join(map(str, seeds))}")
    return lines


def _limits_text(seconds: float | None, iterations: int | None, threads: int) -> str:
    time = "no limit" if seconds is None else f"{seconds:g} s"
    return f"{time if iterations is None else f'{iterations} iterations'}, threads: {threads}"


def _distinct(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in items:
        if item and dict(item) not in found:
            found.append(dict(item))
    return found


def _page(records: Sequence[Record]) -> str:
    suites = [
        {"name": name, "rows": table_rows(group), "plots": _plots(name, group)}
        for name, group in _by_suite(records).items()
    ]
    page = Environment(autoescape=True).from_string(_PAGE)
    return page.render(
        script=get_plotlyjs(), setting=_setting(records), suites=suites, columns=COLUMNS
    )


def _plots(suite: str, records: Sequence[Record]) -> list[str]:
    pictures = (
        ("time", time_profile(records), "times the fastest proof", "share of instances proved"),
        ("loss", loss_profile(records), "loss against the best, %", "share of instances"),
        ("gap", gap_over_time(records), "seconds", "mean gap to the best, %"),
    )
    return [
        _plot(f"{suite}-{kind}", kind, curves, x_title, y_title)
        for kind, curves, x_title, y_title in pictures
        if curves
    ]


def _plot(name: str, kind: str, curves: Mapping[str, Curve], x_title: str, y_title: str) -> str:
    figure = go.Figure()
    for solver, (x, y) in curves.items():
        figure.add_scatter(
            x=(100 * x if kind == "loss" else x).tolist(),
            y=(100 * y if kind == "gap" else y).tolist(),
            name=solver,
            mode="lines+markers" if kind != "gap" else "lines",
            line_shape="hv",
        )
    figure.update_layout(
        height=360, margin={"t": 20, "b": 50}, xaxis_title=x_title, yaxis_title=y_title
    )
    if kind != "loss":
        figure.update_xaxes(type="log")
    html: str = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config={"displaylogo": False}
    )
    return html
