"""Sheets onto paper: one HTML page per sheet and one workbook tab per sheet, A4.

The files hold personal data, so they are readable by their owner only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from base.faults import Lang
from geo.tables_out import workbook_cell
from geo.whole import whole_file
from scenarios.itinerary import PaperSheet
from scenarios.report import page_environment

__all__ = ["write_sheets"]

_WIDTH_OF_A4 = 135
"""Width of a landscape A4 page in the characters that Excel measures columns in."""
_LINE = Side(style="thin", color="B8C2C6")
_BOX = Border(_LINE, _LINE, _LINE, _LINE)
_HEAD = PatternFill("solid", fgColor="E8EEF0")


def write_sheets(
    folder: Path, stem: str, sheets: Sequence[PaperSheet], lang: Lang
) -> tuple[Path, ...]:
    """Write ``<stem>.html`` and ``<stem>.xlsx`` into the folder; nothing where no sheet is.

    Both are made with mode 0600, because they hold names, phones and doors.
    """
    if not sheets:
        return ()
    html, workbook = folder / f"{stem}.html", folder / f"{stem}.xlsx"
    with whole_file(html) as part:
        part.touch(mode=0o600)
        part.write_text(_html(sheets, lang), encoding="utf-8")
    with whole_file(workbook) as part:
        part.touch(mode=0o600)
        _workbook(sheets).save(part)
    return html, workbook


def _html(sheets: Sequence[PaperSheet], lang: Lang) -> str:
    return page_environment().get_template("sheets.html.j2").render(sheets=sheets, lang=lang)


def _workbook(sheets: Sequence[PaperSheet]) -> Workbook:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for number, sheet in enumerate(sheets, start=1):
        # Tabs may not hold these signs, and Excel cuts their names at 31.
        tab = re.sub(r"[\[\]:*?/\\']", " ", f"{number} {sheet.name}")[:31]
        _fill(book.create_sheet(tab), sheet)
    return book


def _fill(page: Worksheet, sheet: PaperSheet) -> None:
    width = len(sheet.columns)
    page.append([workbook_cell(sheet.title)])
    page["A1"].font = Font(bold=True, size=15)
    for label, value in sheet.facts:
        page.append([workbook_cell(label), None, workbook_cell(value)])
    page.append([])
    page.append([workbook_cell(heading) for heading, _ in sheet.columns])
    header = page.max_row
    for row in sheet.rows:
        page.append([workbook_cell(cell) for cell in row.cells])
        if row.colour:
            page.cell(page.max_row, 1).fill = PatternFill("solid", fgColor=row.colour[1:])
    for line in page.iter_rows(min_row=header, max_row=page.max_row, max_col=width):
        for box in line:
            box.border = _BOX
            box.alignment = Alignment(wrap_text=True, vertical="center")
            if box.row == header:
                box.font, box.fill = Font(bold=True), _HEAD
    for note in sheet.notes:
        page.append([workbook_cell(note)])
    for column, (_, share) in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(column)].width = _WIDTH_OF_A4 * share / 100
    page.freeze_panes = f"A{header + 1}"
    page.print_title_rows = f"{header}:{header}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    assert page.oddFooter is not None
    page.oddFooter.center.text = "&P / &N"
