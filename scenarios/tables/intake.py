"""What the readers of office tables use beside the table, and what they set aside."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.catalogue import Catalogue, built_in
from scenarios.cells import fold
from scenarios.contacts import Contact
from scenarios.places import PlaceTable, Unplaced
from scenarios.pseudonyms import Pseudonyms, looks_personal
from scenarios.records import Place

__all__ = ["Intake"]


@dataclass
class Intake:
    """One taking-in of office tables.

    Pass the same intake to every reader of a job, then look at ``unplaced`` and put
    ``contacts`` into the contact store. A reader that is given no intake keeps no contacts and
    takes a row that it cannot place for a fault.

    Attributes:
        catalogue: services and skills.
        places: the local place table, None where every row has coordinates.
        pseudonyms: makes ids for people who have none, None where that is not allowed.
        station: where carers without a start of their own begin and end.
        unplaced: filled by readers: rows for a person to place; they make no record.
        contacts: filled by readers: names, phones and doors, one per person.
        strangers: filled by readers: (table, row) of wishes for people who are no carers here.
    """

    catalogue: Catalogue = field(default_factory=built_in)
    places: PlaceTable | None = None
    pseudonyms: Pseudonyms | None = None
    station: Place | None = None
    unplaced: list[Unplaced] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    strangers: list[tuple[str, int]] = field(default_factory=list)
    _staff: dict[str, str | None] | None = field(default=None, repr=False)
    _kept: set[Contact] = field(default_factory=set, repr=False)

    def keep(self, contact: Contact) -> None:
        """Set a contact aside, once; one that says nothing is not kept."""
        says = contact.name or contact.phone or contact.address
        if says and contact not in self._kept:
            self._kept.add(contact)
            self.contacts.append(contact)

    def know_carer(self, id: str, name: str) -> None:
        """Remember a carer by id and name; a name that two share finds neither."""
        known = self._staff = {} if self._staff is None else self._staff
        known[_key(id)] = id
        if name:
            known[_key(name)] = id if known.get(_key(name), id) == id else None

    def carer(self, word: str) -> str | None:
        """The id of the carer whom an id or a name means, None for nobody.

        Where no carers were read, any id without personal data stands for itself.
        """
        if self._staff is None:
            return None if looks_personal(word) else word
        return self._staff.get(_key(word))


def _key(word: str) -> str:
    return fold(word).casefold().replace(" ", "")
