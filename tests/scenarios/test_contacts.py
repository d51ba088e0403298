"""The contact store: encrypted, whole or not at all, and never without its key."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from base.faults import FaultError
from scenarios.contacts import Contact, ContactStore, default_data_folder

WANG = Contact("E-1", "王示例", "13800000001", "幸福里3-2-501", "先敲门")
LI = Contact("E-2", "李示例", "13800000002")


@pytest.fixture
def store(tmp_path: Path) -> ContactStore:
    return ContactStore(tmp_path / "data")


def code_of(call: object, *args: object) -> str:
    with pytest.raises(FaultError) as caught:
        call(*args)  # type: ignore[operator]
    (fault,) = caught.value.faults
    assert "示例" not in caught.value.text("zh") and "1380000" not in caught.value.text("en")
    return fault.code


def test_contacts_come_back_by_id_and_newer_ones_replace_older(store: ContactStore) -> None:
    assert store.get(["E-1"]) == {} and store.ids() == frozenset()
    store.put([WANG, LI])
    newer = Contact("E-2", "李示例", "13900000002")
    store.put([newer])
    assert ContactStore(store.folder).get(["E-1", "E-2", "E-3"]) == {"E-1": WANG, "E-2": newer}
    assert store.get(["E-2"]) == {"E-2": newer}


def test_nothing_readable_lies_on_the_disk(store: ContactStore, tmp_path: Path) -> None:
    store.put([WANG, LI])
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for text in ("王示例", "13800000001", "幸福里", "E-1"):
                assert text.encode() not in content
                assert text.encode("gb18030") not in content


def test_key_beside_the_folder_both_for_the_owner_only(store: ContactStore) -> None:
    store.put([WANG])
    assert store.key_file.parent == store.folder.parent
    assert not store.key_file.is_relative_to(store.folder)
    for path, mode in ((store.key_file, 0o600), (store.file, 0o600), (store.folder, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_repr_shows_no_personal_data(store: ContactStore) -> None:
    store.put([WANG])
    shown = repr(WANG) + str(WANG) + f"{[WANG]}" + repr(store) + repr(store.pseudonyms())
    for text in ("王示例", "13800000001", "501", "先敲门"):
        assert text not in shown


def test_purge_by_day_and_by_id(store: ContactStore) -> None:
    store.put([WANG], today=date(2026, 1, 1))
    store.put([LI], today=date(2026, 3, 1))
    assert store.purge(before=date(2026, 1, 1)) == 0
    assert store.purge(before=date(2026, 2, 1)) == 1
    assert store.ids() == {"E-2"}
    assert store.purge(ids=["E-2", "E-9"]) == 1
    assert store.ids() == frozenset()


def test_a_lost_key_is_never_made_anew(store: ContactStore) -> None:
    store.put([WANG])
    sealed = store.file.read_bytes()
    store.key_file.unlink()
    assert code_of(store.get, ["E-1"]) == "CC-S070"
    assert code_of(store.put, [LI]) == "CC-S070"
    assert code_of(store.pseudonyms) == "CC-S070"
    assert not store.key_file.exists() and store.file.read_bytes() == sealed


def test_a_wrong_key_and_a_changed_file(store: ContactStore) -> None:
    store.put([WANG])
    key, sealed = store.key_file.read_bytes(), store.file.read_bytes()
    for wrong in (Fernet.generate_key(), b"no key"):
        store.key_file.write_bytes(wrong)
        assert code_of(store.get, ["E-1"]) == "CC-S071"
        assert code_of(store.put, [LI]) == "CC-S071"
    store.key_file.write_bytes(key)
    changed = bytearray(sealed)
    changed[len(changed) // 2] ^= 1
    store.file.write_bytes(bytes(changed))
    assert code_of(store.get, ["E-1"]) == "CC-S071"
    store.file.write_bytes(sealed)
    assert store.get(["E-1"]) == {"E-1": WANG}


def test_a_key_that_others_may_read_is_refused(store: ContactStore) -> None:
    store.put([WANG])
    store.key_file.chmod(0o644)
    assert code_of(store.get, ["E-1"]) == "CC-S072"


def test_a_later_versions_file_is_left_alone(store: ContactStore) -> None:
    store.put([WANG])
    key = Fernet(store.key_file.read_bytes())
    store.file.write_bytes(key.encrypt(b'{"schema_version": 99}'))
    assert code_of(store.get, ["E-1"]) == "CC-S073"


def test_a_failed_write_leaves_the_old_contacts(
    store: ContactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put([WANG])

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        store.put([LI])
    assert store.ids() == {"E-1"}
    assert {file.name for file in store.folder.iterdir()} == {"contacts.bin", "contacts.lock"}


def test_pseudonyms_hang_on_the_key_and_on_nothing_else(tmp_path: Path) -> None:
    first, second = ContactStore(tmp_path / "a"), ContactStore(tmp_path / "b")
    id = first.pseudonyms().of("110101193001011234")
    assert id == ContactStore(tmp_path / "a").pseudonyms().of(" １10101193001011234 ")
    assert id != second.pseudonyms().of("110101193001011234")
    assert first.pseudonyms().of("甲乙", "丙") != first.pseudonyms().of("甲", "乙丙")


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARECIRCLE_DATA", str(tmp_path / "x"))
    assert ContactStore().folder == default_data_folder() == tmp_path / "x"
    monkeypatch.delenv("CARECIRCLE_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_folder() == tmp_path / ".local" / "share" / "carecircle"
