"""What clients have left of their allowances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.allowances import Balance
from scenarios.cells import write_money
from scenarios.model import TableInput, Text
from scenarios.tables.day_columns import BALANCE_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, write_table

__all__ = ["read_balances", "write_balances"]


def read_balances(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Balance]:
    """Read balances, one row per client.

    Raises:
        FaultError: everything wrong with the table at once.
    """
    sheet = OfficeSheet(table, folder, BALANCE_COLUMNS, intake)
    owners, seen = Owners("client", "E"), dict[str, int]()
    found = []
    for row in sheet.rows:
        client, fen = owners.of(row), row.need("balance", 0)
        expires = row.get("expires")
        if client is not None and sheet.unique(seen, client, row) and row.sound:
            found.append(Balance(client, fen, expires))
    sheet.faults.raise_if_any()
    return found


def write_balances(path: Path, balances: Sequence[Balance], lang: Lang = "zh") -> None:
    """Write balances so that :func:`read_balances` gives them back."""
    rows: list[dict[str, Any]] = [
        {
            "client": each.client,
            "balance": write_money(each.fen),
            "expires": None if each.expires is None else each.expires.isoformat(),
        }
        for each in balances
    ]
    write_table(path, Text(zh="补贴余额", en="balances"), BALANCE_COLUMNS, rows, lang)
