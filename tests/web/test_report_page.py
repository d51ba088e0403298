"""The report in a real browser: draws, switches language, asks nothing of the network."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from scenarios.model import Text
from scenarios.report import Column, MapLayer, MapView, Report, Table, line_plot, write_report
from tests.web.browser import open_page


def write_small_report(folder: Path) -> Path:
    sites = gpd.GeoDataFrame(
        {"name": ["甲站", "乙站"]},
        geometry=gpd.points_from_xy([116.40, 116.41], [39.90, 39.91]),
        crs="EPSG:4326",
    )
    label = sites.assign(name_zh="某街道", name_en="Some street")[
        ["name_zh", "name_en", "geometry"]
    ].head(1)
    name = Text(zh="名称", en="name")
    layer = MapLayer(
        "sites", Text(zh="站点", en="Sites"), sites, "point", size=9, popup=(("name", name),)
    )
    curve = line_plot(
        Text(zh="曲线", en="Curve"),
        Text(zh="新增站点", en="new sites"),
        Text(zh="覆盖", en="covered"),
        [(Text(zh="覆盖", en="covered"), [0, 1, 2], [10, 20, 25])],
    )
    table = Table(Text(zh="站点表", en="Table of sites"), (Column(name),), (("甲站",), ("乙站",)))
    report = Report(
        Text(zh="选址报告", en="Siting report"),
        Text(zh="副题", en="Subtitle"),
        map=MapView((layer,), label),
        plots=(curve,),
        tables=(table,),
    )
    path = folder / "report.html"
    write_report(path, report)
    return path


def test_report_draws_switches_language_and_asks_nothing_outside(tmp_path: Path) -> None:
    with open_page(write_small_report(tmp_path).as_uri()) as visit:
        page = visit.page
        page.wait_for_selector("html[data-map=ready]", timeout=60_000)
        page.wait_for_selector(".plot svg")
        assert page.locator("h1").inner_text() == "选址报告"
        assert page.locator(".map-label").inner_text() == "某街道"

        page.get_by_role("button", name="English").click()
        assert page.locator("h1").inner_text() == "Siting report"
        assert page.locator(".map-label").inner_text() == "Some street"
        assert page.locator("#legend label").inner_text().split() == ["Sites", "2"]
        assert page.locator(".plot .xtitle").first.text_content() == "new sites"

        box = page.locator("#legend input")
        box.uncheck()
        assert not box.is_checked()
        assert visit.errors == []
        assert visit.outside == []
