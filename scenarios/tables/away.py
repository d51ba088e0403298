"""Who is away from when to when: leave of carers, suspended clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.absences import Absence, AbsenceReason
from scenarios.model import TableInput, Text
from scenarios.tables.day_columns import ABSENCE_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row, write_table

__all__ = ["REASON_NAMES", "read_absences", "write_absences"]

REASON_NAMES: Mapping[AbsenceReason, Text] = {
    AbsenceReason.HOSPITAL: Text(zh="住院", en="in hospital"),
    AbsenceReason.AWAY: Text(zh="外出", en="away"),
    AbsenceReason.LEAVE: Text(zh="请假", en="on leave"),
    AbsenceReason.HOLIDAY: Text(zh="节假日", en="public holiday"),
    AbsenceReason.OTHER: Text(zh="其他", en="other"),
}
_WORDS = {
    AbsenceReason.HOSPITAL: ("住院", "医院", "hospital"),
    AbsenceReason.AWAY: ("外出", "探亲", "旅游", "出京", "离京", "away", "travel"),
    AbsenceReason.LEAVE: ("假", "休", "leave", "sick"),
}
_WHO = Text(zh="老人编号或护理员编号，二者填一", en="a client's or a carer's id, one of the two")
_LAST_RULE = Text(zh="不早于开始日期", en="no earlier than the first day")


def read_absences(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Absence]:
    """Read absences. A reason is kept as one of a few words, whatever else the cell says.

    Raises:
        FaultError: everything wrong with the table at once.
    """
    sheet = OfficeSheet(table, folder, ABSENCE_COLUMNS, intake)
    clients, staff = Owners("client", "E"), Owners("carer", "C", staff=True)
    found = []
    for row in sheet.rows:
        is_staff = bool(row.text("carer"))
        if is_staff and row.text("client"):
            row.wrong("carer", _WHO)
        person = _carer(row, staff) if is_staff else clients.of(row)
        first, last = row.need("first", None), row.get("last")
        if first is not None and last is not None and last < first:
            row.wrong("last", _LAST_RULE)
        if row.sound and person is not None:
            found.append(Absence(person, is_staff, first, last, _reason(row.text("reason"))))
    sheet.faults.raise_if_any()
    return found


def _carer(row: Row, staff: Owners) -> str | None:
    """The carer's id; a name is looked up among the carers read before."""
    return row.sheet.intake.carer(row.text("carer")) or staff.of(row)


def _reason(text: str) -> AbsenceReason:
    word = text.casefold()
    return next(
        (reason for reason, parts in _WORDS.items() if any(part in word for part in parts)),
        AbsenceReason.OTHER,
    )


def write_absences(path: Path, absences: Sequence[Absence], lang: Lang = "zh") -> None:
    """Write absences so that :func:`read_absences` gives them back."""
    rows: list[dict[str, Any]] = [
        {
            "client": None if each.staff else each.person,
            "carer": each.person if each.staff else None,
            "first": each.first.isoformat(),
            "last": None if each.last is None else each.last.isoformat(),
            "reason": getattr(REASON_NAMES[each.reason], lang),
        }
        for each in absences
    ]
    write_table(path, Text(zh="停服请假", en="absences"), ABSENCE_COLUMNS, rows, lang)
