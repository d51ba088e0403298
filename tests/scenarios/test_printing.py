"""Printed sheets hold what strangers typed, and personal data."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook

from scenarios.itinerary import PaperRow, PaperSheet
from scenarios.printing import write_sheets

SHEET = PaperSheet(
    name="a/b:c",
    title="=cmd()",
    facts=(("phone", "+1 234"),),
    columns=(("name", 40.0), ("note", 60.0)),
    rows=(
        PaperRow(("<script>alert(1)</script>", "=HYPERLINK(1)"), "#f6c9c2"),
        PaperRow(("张\x0b三", "")),
    ),
    notes=("@note",),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return write_sheets(tmp_path_factory.mktemp("sheets"), "carers", [SHEET], "zh")


def test_only_the_owner_may_read_them(written: tuple[Path, ...]) -> None:
    assert [path.name for path in written] == ["carers.html", "carers.xlsx"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_no_cell_of_the_workbook_runs(written: tuple[Path, ...]) -> None:
    page = load_workbook(written[1]).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    texts = [cell.value for cell in cells]
    assert {"'=cmd()", "'+1 234", "'=HYPERLINK(1)", "'@note", "张三"} <= set(texts)


def test_the_page_shows_markup_as_text(written: tuple[Path, ...]) -> None:
    html = written[0].read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html


def test_no_sheet_makes_no_file(tmp_path: Path) -> None:
    assert write_sheets(tmp_path, "carers", [], "zh") == ()
    assert not list(tmp_path.iterdir())
