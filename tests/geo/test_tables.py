"""Office tables: what offices hand in is read as it is meant, and what we write comes back."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from base.faults import FaultError
from geo import xlsx
from geo.tables import number, read_table, write_csv, write_xlsx
from geo.xlsx import sheet_names


def codes_of(caught: pytest.ExceptionInfo[FaultError]) -> list[str]:
    return [fault.code for fault in caught.value.faults]


def text_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def rows_of(frame: pd.DataFrame) -> dict[int, list[str | None]]:
    return {int(row): list(cells) for row, cells in zip(frame.index, frame.values, strict=True)}


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = ["小区,楼栋,人数", "和平里,3号楼, 12 ", "东四,,5"]
    text = "\r\n".join(lines).replace(",", delimiter)
    frame = read_table(text_file(tmp_path, text, encoding))
    assert list(frame.columns) == ["小区", "楼栋", "人数"]
    assert rows_of(frame) == {2: ["和平里", "3号楼", "12"], 3: ["东四", None, "5"]}


def test_a_declared_encoding_is_kept_to(tmp_path: Path) -> None:
    path = text_file(tmp_path, "名称,数\n甲,1\n", "gb18030")
    assert read_table(path, encoding="gbk").columns[0] == "名称"
    with pytest.raises(FaultError) as caught:
        read_table(path, encoding="utf-8")
    assert codes_of(caught) == ["CC-G007"]
    for unknown in ("klingon", "zlib"):
        with pytest.raises(FaultError) as caught:
            read_table(path, encoding=unknown)
        assert codes_of(caught)[0] in {"CC-G007", "CC-G008"}


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n\xff\xff,1\n")
    with pytest.raises(FaultError) as caught:
        read_table(path)
    assert codes_of(caught) == ["CC-G007"]


def test_titles_above_the_header_and_empty_rows_are_left_out(tmp_path: Path) -> None:
    title, header = "台账,,,\n单位：某站,,日期：5月,\n", "序号,姓名,小区,人数\n"
    body = "1,甲,东四,3\n\n,,,\n2,乙,东四,4\n,,,\n"
    frame = read_table(text_file(tmp_path, title + header + body))
    assert list(frame.columns) == ["序号", "姓名", "小区", "人数"]
    assert list(frame.index) == [4, 7]


def test_quoted_line_breaks_count_as_one_row(tmp_path: Path) -> None:
    text = 'id,note\n1,"two\nlines, one cell"\n2,x\n'
    assert rows_of(read_table(text_file(tmp_path, text))) == {
        2: ["1", "two\nlines, one cell"],
        3: ["2", "x"],
    }


def test_long_fields_are_read(tmp_path: Path) -> None:
    ring = ", ".join(f"{116 + i / 1e5:.5f} 39.9" for i in range(12_000))
    frame = read_table(text_file(tmp_path, f'id,wkt\n1,"LINESTRING ({ring})"\n'))
    assert len(str(frame["wkt"].iloc[0])) > 131_072


def test_repeated_and_missing_column_names(tmp_path: Path) -> None:
    frame = read_table(text_file(tmp_path, "备注,备注,,备注,\na,b,c,d,\n"))
    assert list(frame.columns) == ["备注", "备注_2", "column_3", "备注_3"]


def test_the_header_may_be_named(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n1,2\nx,y\n3,4\n")
    frame = read_table(path, header=3)
    assert rows_of(frame) == {4: ["3", "4"]}
    assert list(frame.columns) == ["x", "y"]
    with pytest.raises(FaultError) as caught:
        read_table(path, header=9)
    assert codes_of(caught) == ["CC-G010"]


def test_one_column_is_a_table(tmp_path: Path) -> None:
    frame = read_table(text_file(tmp_path, "小区\n东四\n和平里\n"))
    assert rows_of(frame) == {2: ["东四"], 3: ["和平里"]}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "CC-G013"), ("a,b\n", "CC-G013"), ("1,2\n3,4\n", "CC-G010"), ('a,b\n1,"x\n', "CC-G003")],
)
def test_tables_without_rows_header_or_end(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(FaultError) as caught:
        read_table(text_file(tmp_path, text))
    assert codes_of(caught) == [code]


def test_missing_files_and_other_kinds(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        read_table(tmp_path / "none.csv")
    assert codes_of(caught) == ["CC-G001"]
    with pytest.raises(FaultError) as caught:
        read_table(text_file(tmp_path, "a", name="t.doc"))
    assert codes_of(caught) == ["CC-G002"]
    assert ".xlsx" in caught.value.text("zh")


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        (" １２．５ ", 12.5),
        ("－３", -3.0),
        ("1,234", 1234.0),
        ("1，234，567.5", 1234567.5),
        ("-3", -3.0),
        ("1e3", 1000.0),
        (7, 7.0),
        (2.5, 2.5),
    ],
)
def test_numbers_in_cells(text: object, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", " ", "12人", "5%", "nan", "inf", "1e999", "1_000", "1,23", ",", "三", None, True]
)
def test_no_numbers_in_cells(text: object) -> None:
    assert number(text) is None


# --- workbooks ----------------------------------------------------------------------------------


def ledger(folder: Path) -> Path:
    """A ledger as offices make them: a title, a header over two rows, merged body cells."""
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["某街道老年人台账"])
    sheet.merge_cells("A1:G1")
    sheet.append(["填报单位", "某站", None, "日期", "5月"])
    sheet.append(["序号", "姓名", "住址", None, "居住\n状况", "助餐", None])
    sheet.append([None, None, "小区", "楼栋", None, "午", "晚"])
    for block in ("A3:A4", "B3:B4", "C3:D3", "E3:E4", "F3:G3"):
        sheet.merge_cells(block)
    sheet.append([1, "甲", "和平里", "3号楼", "独居", 1.0, None])
    sheet.append([2, "乙", None, "4号楼", "空巢", None, 1])
    sheet.append([3, "丙", "东四", 5, None, 0.5, 0])
    sheet.merge_cells("C5:C6")
    sheet.merge_cells("C7:C9")
    path = folder / "ledger.xlsx"
    book.save(path)
    return path


def test_a_ledger_with_merged_cells(tmp_path: Path) -> None:
    frame = read_table(ledger(tmp_path))
    assert list(frame.columns) == [
        "序号", "姓名", "住址_小区", "住址_楼栋", "居住状况", "助餐_午", "助餐_晚",
    ]  # fmt: skip
    assert rows_of(frame) == {
        5: ["1", "甲", "和平里", "3号楼", "独居", "1", None],
        6: ["2", "乙", "和平里", "4号楼", "空巢", None, "1"],
        7: ["3", "丙", "东四", "5", None, "0.5", "0"],
    }


def test_cells_of_every_type_become_text(tmp_path: Path) -> None:
    book = Workbook()
    values = [3.0, 0.1, True, date(2024, 5, 1), datetime(2024, 5, 1, 8, 30), time(10, 45)]
    book.active.append([f"c{i}" for i in range(8)])
    book.active.append([*values, timedelta(minutes=90), "  a "])
    book.save(tmp_path / "t.xlsx")
    frame = read_table(tmp_path / "t.xlsx")
    texts = ["3", "0.1", "TRUE", "2024-05-01", "2024-05-01 08:30:00", "10:45"]
    assert rows_of(frame) == {2: [*texts, "01:30", "a"]}


def test_sheets_are_chosen_by_name_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "hidden"
    book.active.sheet_state = "hidden"
    for name in ("one", "two"):
        sheet = book.create_sheet(name)
        sheet.append(["a", "b"])
        sheet.append([name, 1])
    path = tmp_path / "t.xlsx"
    book.save(path)
    assert read_table(path)["a"].iloc[0] == "one"
    assert read_table(path, sheet="two")["a"].iloc[0] == "two"
    assert sheet_names(path) == ["hidden", "one", "two"]
    with pytest.raises(FaultError) as caught:
        read_table(path, sheet="three")
    assert codes_of(caught) == ["CC-G006"]
    assert "one, two" in caught.value.text()


def test_formulas_give_their_stored_values_only(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append(["=1+1", "x"])
    book.save(tmp_path / "t.xlsx")
    assert rows_of(read_table(tmp_path / "t.xlsx")) == {2: [None, "x"]}


def test_no_workbook_and_a_broken_one(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n1,2\n", name="t.xlsx")
    with pytest.raises(FaultError) as caught:
        read_table(path)
    assert codes_of(caught) == ["CC-G003"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.txt", "no workbook")
    with pytest.raises(FaultError) as caught:
        read_table(path)
    assert codes_of(caught) == ["CC-G003"]


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ledger(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(3 * 1024**2))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(xlsx, "MAX_EXPANDED_BYTES", 2 * 1024**2)
    monkeypatch.setattr(xlsx, "load_workbook", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(FaultError) as caught:
        read_table(path)
    assert codes_of(caught) == ["CC-G009"]
    assert "2 MiB" in caught.value.text()


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_CELLS", 10)
    with pytest.raises(FaultError) as caught:
        read_table(ledger(tmp_path))
    assert codes_of(caught) == ["CC-G009"]


def with_sheet(path: Path, old: bytes, new: bytes) -> Path:
    """The workbook with its sheet's XML changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(old, new, 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())
    return path


def test_external_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = text_file(tmp_path, "the secret", name="secret.txt")
    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.save(tmp_path / "t.xlsx")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><worksheet'.encode()
    path = with_sheet(tmp_path / "t.xlsx", b"<worksheet", entity)
    path = with_sheet(path, b"<v>1</v>", b"<v>&e;</v>")
    with pytest.raises(FaultError) as caught:
        read_table(path)
    assert codes_of(caught) == ["CC-G003"]
    assert "secret" not in caught.value.text().replace("secret.txt", "")


def test_a_wrongly_stated_extent_is_not_believed(tmp_path: Path) -> None:
    path = with_sheet(ledger(tmp_path), b'ref="A1:G7"', b'ref="A1:A1"')
    assert len(read_table(path).columns) == 7


# --- writing ------------------------------------------------------------------------------------

DANGEROUS = ["=1+1", "+86 10", "-x", "@cmd", "\tx", "\rx"]
HARMLESS = ["-5", "+3.5", "-1e3", "a=b", "", None]


def test_csv_for_excel(tmp_path: Path) -> None:
    frame = pd.DataFrame({"文本": [*DANGEROUS, *HARMLESS], "数": [1.5, float("nan"), -3.0] * 4})
    path = tmp_path / "new" / "t.csv"
    write_csv(path, frame)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    for cell in DANGEROUS:
        assert f"'{cell}" in text
    for line in ("-5,1.5", "+3.5,", "-1e3,-3.0", "a=b,1.5"):
        assert f"{line}\r\n" in text
    assert list(path.parent.iterdir()) == [path]
    back = read_table(path)
    assert list(back["文本"])[:4] == DANGEROUS[:4]
    assert back["数"].iloc[1] is None


def test_workbooks_for_offices(tmp_path: Path) -> None:
    frame = pd.DataFrame({"很长的中文列名称": ["=1+1", "-5", "a\x07b"], "n": [1, 2, 3]})
    path = tmp_path / "t.xlsx"
    write_xlsx(path, {"一/二": frame, "一:二": frame, "x" * 40: frame.iloc[:0]})
    book = load_workbook(path)
    assert book.sheetnames == ["一 二", "一 二 (2)", "x" * 31]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width >= 18
    assert [cell.value for cell in sheet["A"]][1:] == ["'=1+1", "-5", "ab"]
    assert sheet["A2"].data_type == "s"
    assert [cell.value for cell in sheet["B"]] == ["n", 1, 2, 3]
    assert rows_of(read_table(path)) == {2: ["=1+1", "1"], 3: ["-5", "2"], 4: ["ab", "3"]}


def test_nothing_is_half_written(tmp_path: Path) -> None:
    class Bad:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    path = text_file(tmp_path, "old")
    with pytest.raises(RuntimeError):
        write_csv(path, pd.DataFrame({"a": ["x", Bad()]}))
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="different names"):
        write_csv(path, pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(ValueError, match="at least one sheet"):
        write_xlsx(path, {})
