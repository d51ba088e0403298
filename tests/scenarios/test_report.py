"""Reports: complete in both languages, safe against what names hold, no address outside."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import pytest

from scenarios.model import Text
from scenarios.report import (
    Column,
    Fact,
    MapLayer,
    MapView,
    Report,
    Table,
    line_plot,
    timeline_plot,
    write_report,
)

NASTY = "</script><script>alert(1)</script>"


def text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    frame = gpd.GeoDataFrame(
        {"name": [NASTY, "乙"], "colour": ["#111111", "#222222"]},
        geometry=gpd.points_from_xy([116.4, 116.41], [39.9, 39.91]),
        crs="EPSG:4326",
    )
    layer = MapLayer(
        "sites",
        text("站点", "Sites"),
        frame,
        "point",
        color_by="colour",
        popup=(("name", text("名称", "name")),),
    )
    report = Report(
        text("标题", "Title"),
        text("副题", "Subtitle"),
        facts=(Fact(text("覆盖", "Coverage"), "75.8 %"),),
        map=MapView((layer,)),
        plots=(
            line_plot(
                text("曲线", "Curve"),
                text("新站", "new sites"),
                text("覆盖", "covered"),
                [(text("甲", "A"), [0, 1], [10.0, 20.0])],
            ),
            timeline_plot(
                text("时间", "Timeline"),
                ["C1"],
                [("C1", 28800, 30600, text("访", "visit"), "#111")],
            ),
        ),
        tables=(
            Table(
                text("表", "Table"),
                (Column(text("名", "name")), Column(text("数", "count"), numeric=True, decimals=1)),
                ((NASTY, 1234.56), ("b", None)),
            ),
        ),
        sources=("(c) OpenStreetMap contributors",),
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, report)
    return path.read_text(encoding="utf-8")


def embedded(page: str, name: str) -> object:
    found = re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_every_text_stands_in_both_languages(page: str) -> None:
    for zh, en in (("标题", "Title"), ("副题", "Subtitle"), ("覆盖", "Coverage"), ("表", "Table")):
        assert f'<span lang="zh">{zh}</span><span lang="en">{en}</span>' in page


def test_names_from_data_cannot_break_out(page: str) -> None:
    assert NASTY not in page
    data = embedded(page, "map-data")
    assert isinstance(data, dict)
    names = [f["properties"]["name"] for f in data["layers"][0]["data"]["features"]]
    assert names == [NASTY, "乙"]


def test_numbers_are_printed_with_their_decimals_and_none_as_a_dash(page: str) -> None:
    assert ">1,234.6<" in page
    assert '<td class="num">–</td>' in page


def test_page_loads_nothing_from_outside(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", page)


def test_plots_exist_per_language(page: str) -> None:
    plots = embedded(page, "plot-data")
    assert isinstance(plots, list)
    assert [plots[0][lang]["data"][0]["name"] for lang in ("zh", "en")] == ["甲", "A"]
    assert plots[1]["zh"]["data"][0]["base"] == [8.0]


def test_sources_are_named(page: str) -> None:
    assert "(c) OpenStreetMap contributors" in page


def test_asset_that_would_end_its_script_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "maplibre" / "srcjs").mkdir(parents=True)
    for name in ("maplibre-gl.js", "maplibre-gl.css"):
        (tmp_path / "maplibre" / "srcjs" / name).write_text("</script>")
    monkeypatch.setattr("scenarios.report._home", lambda _: tmp_path)
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1.0], [1.0]), crs="EPSG:4326")
    view = MapView((MapLayer("a", text("甲", "A"), frame, "point"),))
    with pytest.raises(ValueError, match="cannot stand inside a page"):
        write_report(tmp_path / "r.html", Report(text("甲", "A"), text("乙", "B"), map=view))
