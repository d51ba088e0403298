"""Names, phones and doors: one encrypted file, apart from everything else.

The data folder holds ``contacts.bin``; its key lies *beside* the folder (``<folder>.key``), so
that a copy of the data alone opens nothing. Fernet (AES-128-CBC with HMAC-SHA256, from
``cryptography``) keeps the file secret and notices changes. Plain text never reaches the disk.

Solvers, maps, logs and JSON see ids only; printed sheets join the two.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from base.faults import FaultError
from scenarios.codes import (
    CONTACTS_DAMAGED,
    CONTACTS_KEY_MISSING,
    CONTACTS_KEY_OPEN,
    CONTACTS_KEY_WRONG,
)
from scenarios.pseudonyms import Pseudonyms

__all__ = ["Contact", "ContactStore", "default_data_folder", "staff_key"]

_SCHEMA_VERSION = 1
_FILE = "contacts.bin"
_LOCK = "contacts.lock"


@dataclass(frozen=True, repr=False)
class Contact:
    """How to reach a person. ``repr`` shows the id only.

    Attributes:
        id: pseudonymous id. name, phone: of the person. address: with the door number.
        note: for whoever stands at the door.
    """

    id: str
    name: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""

    def __repr__(self) -> str:
        return f"Contact({self.id!r}, ...)"


def staff_key(id: str) -> str:
    """The id under which a carer's or carrier's contact is kept: an elder may have the same id."""
    return f"staff:{id}"


def default_data_folder() -> Path:
    """``CARECIRCLE_DATA``, or ``~/.local/share/carecircle``."""
    named = os.environ.get("CARECIRCLE_DATA")
    return Path(named) if named else Path.home() / ".local" / "share" / "carecircle"


class ContactStore:
    """The contacts of one data folder.

    Args:
        data_folder: made on first writing, readable by its owner only;
            :func:`default_data_folder` by default.

    Every method that opens the file raises :class:`FaultError`: the key is missing (CC-S070),
    wrong or the file was changed (CC-S071), open to others (CC-S072), or the file is of a later
    version (CC-S073).
    """

    def __init__(self, data_folder: Path | str | None = None) -> None:
        folder = default_data_folder() if data_folder is None else Path(data_folder)
        self.folder = folder.expanduser().absolute()
        self.file = self.folder / _FILE
        self.key_file = self.folder.with_name(self.folder.name + ".key")

    def __repr__(self) -> str:
        return f"ContactStore({str(self.folder)!r})"

    def put(self, contacts: Iterable[Contact], *, today: date | None = None) -> None:
        """Keep contacts; one with a known id replaces the older one.

        Args:
            contacts: any number.
            today: the day that :meth:`purge` counts from; the day of the call by default.
        """
        kept_on = (today or datetime.now(UTC).date()).isoformat()
        with self._locked():
            entries = self._read()
            for contact in contacts:
                entries[contact.id] = asdict(contact) | {"kept_on": kept_on}
            self._write(entries)

    def get(self, ids: Iterable[str]) -> dict[str, Contact]:
        """The contacts of these ids, without those that are not known."""
        wanted = set(ids)
        names = [field.name for field in fields(Contact)]
        return {
            id: Contact(**{name: entry[name] for name in names})
            for id, entry in self._read().items()
            if id in wanted
        }

    def ids(self) -> frozenset[str]:
        """Ids of everyone in the store."""
        return frozenset(self._read())

    def purge(self, *, before: date | None = None, ids: Iterable[str] = ()) -> int:
        """Delete contacts last put before a day, and those of the ids; returns how many."""
        unwanted = set(ids)
        with self._locked():
            entries = self._read()
            kept = {
                id: entry
                for id, entry in entries.items()
                if id not in unwanted
                and not (before is not None and entry["kept_on"] < before.isoformat())
            }
            if len(kept) < len(entries):
                self._write(kept)
        return len(entries) - len(kept)

    def pseudonyms(self) -> Pseudonyms:
        """Makes ids with a key of its own, derived from this store's key."""
        with self._locked():
            key = self._key()
        return Pseudonyms(hmac.new(key, b"carecircle pseudonyms 1", hashlib.sha256).digest())

    def _read(self) -> dict[str, dict[str, str]]:
        if not self.file.exists():
            return {}
        try:
            plain = self._fernet().decrypt(self.file.read_bytes())
        except InvalidToken:
            raise FaultError([CONTACTS_KEY_WRONG(_FILE, file=self.key_file.name)]) from None
        content = json.loads(plain)
        if content.get("schema_version") != _SCHEMA_VERSION:
            raise FaultError([CONTACTS_DAMAGED(_FILE, file=_FILE)])
        entries: dict[str, dict[str, str]] = content["contacts"]
        return entries

    def _write(self, entries: dict[str, dict[str, str]]) -> None:
        content = {"schema_version": _SCHEMA_VERSION, "contacts": entries}
        plain = json.dumps(content, ensure_ascii=False).encode()
        _write_whole(self.file, self._fernet().encrypt(plain))

    def _fernet(self) -> Fernet:
        key = self._key()
        try:
            return Fernet(key)
        except ValueError:  # the key file holds no key
            raise FaultError([CONTACTS_KEY_WRONG(_FILE, file=self.key_file.name)]) from None

    def _key(self) -> bytes:
        """The key, made on first use; never made anew while there are contacts."""
        if not self.key_file.exists():
            if self.file.exists():
                raise FaultError([CONTACTS_KEY_MISSING(_FILE, file=self.key_file.name)])
            _write_whole(self.key_file, Fernet.generate_key())
        if stat.S_IMODE(self.key_file.stat().st_mode) & 0o077:
            raise FaultError([CONTACTS_KEY_OPEN(_FILE, file=self.key_file.name)])
        return self.key_file.read_bytes().strip()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, also among processes."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file with rights for its owner only (mkstemp's 0600), whole or not at all."""
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
