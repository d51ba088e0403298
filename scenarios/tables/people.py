"""Whose row it is: an id that says nothing about the person."""

from __future__ import annotations

from scenarios.cells import fold
from scenarios.codes import ID_HOLDS_PERSONAL_DATA, PSEUDONYM_CLASH, PSEUDONYM_NEEDS_KEY
from scenarios.contacts import staff_key
from scenarios.pseudonyms import looks_personal
from scenarios.tables.rows import Row

__all__ = ["Owners"]


class Owners:
    """Gives the people of one table their ids, and notices two people under one id."""

    def __init__(self, key: str, prefix: str, *, staff: bool = False) -> None:
        self._key = key
        self._prefix = prefix
        self._staff = staff
        self._first: dict[str, tuple[str, int]] = {}

    def of(self, row: Row) -> str | None:
        """The id of the row's person: their own where it is free of personal data, else a
        pseudonym; ``None`` with a fault where there is neither.

        The contact is set aside under the id.
        """
        id = self._id(row)
        if id is None:
            return None
        name = row.text("name").casefold()
        first_name, first_row = self._first.setdefault(id, (name, row.number))
        if name and first_name and name != first_name:
            row.fault(PSEUDONYM_CLASH(row.sheet.name, row=row.number, first=first_row))
            return None
        row.contact(staff_key(id) if self._staff else id)
        return id

    def _id(self, row: Row) -> str | None:
        own = row.text(self._key)
        says_who = {row.text("name"), row.text("phone"), row.text("id_number")}
        if own and own not in says_who and not looks_personal(own):
            return own
        pseudonyms = row.sheet.intake.pseudonyms
        identity = _identity(row, own)
        if pseudonyms is not None and identity:
            return pseudonyms.of(*identity, prefix=self._prefix)
        kind = ID_HOLDS_PERSONAL_DATA if own else PSEUDONYM_NEEDS_KEY
        row.fault(kind(row.sheet.name, row=row.number, column=row.column(self._key)))
        return None


def _identity(row: Row, own: str) -> tuple[str, ...]:
    """Identity number; or name with address, building or phone; or whatever the id holds."""
    if row.text("id_number"):
        return (row.text("id_number"),)
    building = fold(f"{row.text('compound')} {row.text('building')}")
    where = row.text("address") or building or row.text("phone")
    if row.text("name") and where:
        return (row.text("name"), where)
    return (own,) if own else ()
