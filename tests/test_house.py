"""The house itself: every package is shipped, every fault is numbered, documented, bilingual."""

from __future__ import annotations

import importlib
import re
import string
import tomllib
from pathlib import Path

import pytest

from base.faults import Fault, FaultError, FaultKind, Faults, registered_kinds

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "base", "benchmarks", "carecircle", "geo", "optimizer", "scenarios")
LETTERS = {"geo": "G", "optimizer": "O", "scenarios": "S", "api": "A"}


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def all_kinds() -> dict[str, FaultKind]:
    for package in LETTERS:
        for file in sorted((ROOT / package).glob("*codes.py")):
            importlib.import_module(f"{package}.{file.stem}")
    return {code: kind for code, kind in registered_kinds().items() if code.startswith("CC-")}


def fields(template: str) -> set[str]:
    """Names of the values; those that differ by language end in ``_zh`` or ``_en``."""
    names = (name for _, name, _, _ in string.Formatter().parse(template) if name)
    return {name.removesuffix("_zh").removesuffix("_en") for name in names}


def test_every_package_is_listed_for_the_wheel() -> None:
    listed = project()["tool"]["setuptools"]["packages"]  # type: ignore[index]
    found = {
        str(init.parent.relative_to(ROOT)).replace("/", ".")
        for package in PACKAGES
        for init in (ROOT / package).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(found)


def test_locks_are_plain_and_complete() -> None:
    pinned: dict[str, str] = {}
    for name in ("requirements.lock", "requirements-dev.lock"):
        for line in (ROOT / name).read_text().splitlines():
            assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), (name, line)
            package, version = line.split("==")
            pinned[re.sub(r"[-_.]+", "-", package).lower()] = version
    data = project()["project"]
    wanted = [*data["dependencies"], *data["optional-dependencies"]["dev"]]  # type: ignore[index]
    for requirement in wanted:
        package = re.split(r"[<>=!\[; ]", requirement)[0]
        assert re.sub(r"[-_.]+", "-", package).lower() in pinned, requirement


def test_fault_codes_belong_to_their_package() -> None:
    for package, letter in LETTERS.items():
        path = ROOT / package / "codes.py"
        if path.exists():
            codes = re.findall(r'"(CC-[A-Z]\d+)"', path.read_text(encoding="utf-8"))
            assert codes, f"{package}/codes.py declares no kind"
            assert all(re.fullmatch(rf"CC-{letter}\d{{3}}", code) for code in codes)


def test_faults_say_the_same_in_both_languages() -> None:
    for kind in all_kinds().values():
        for en, zh in ((kind.cause_en, kind.cause_zh), (kind.remedy_en, kind.remedy_zh)):
            assert fields(en) == fields(zh), kind.code
            assert re.search(r"[\u4e00-\u9fff]", zh), f"{kind.code} has no Chinese text"
            assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"`[^`]*`|\([^)]*\)", "", en)), (
                kind.code
            )


def test_error_index_is_complete() -> None:
    index = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| (CC-[A-Z]\d{3}) \|", index, re.MULTILINE))
    assert listed == set(all_kinds()), "write it anew with `python docs/write_errors.py`"


def test_checkers_import_problems_and_answers_only() -> None:
    """import-linter names the solver modules of today; this holds for those of tomorrow too."""
    values = ("problem", "tables", "terms", "solution", "violations", "result")
    may = ("check", *values, "arrays", "codes")
    room = ROOT / "optimizer"
    checkers = [*room.rglob("check*.py"), *room.rglob("viol*.py"), *room.rglob("checking/*.py")]
    assert len(checkers) >= 10
    for path in checkers:
        imported = re.findall(r"^from ((?:base|optimizer)[\w.]*) import", path.read_text(), re.M)
        for module in imported:
            last = module.rsplit(".", 1)[-1]
            known = module.startswith("base.") or ".checking." in module or last.startswith(may)
            assert known, f"{path.name}: {module}"


def test_two_kinds_cannot_share_a_code() -> None:
    known = next(iter(all_kinds().values()))
    with pytest.raises(ValueError, match="share the code"):
        FaultKind(known.code, "other", "其他", "do", "做")


def test_a_fault_names_code_place_cause_and_remedy_in_both_languages() -> None:
    kind = FaultKind("TEST-1", "the count is {n}", "数量为 {n}", "make it positive", "请改为正数")
    fault = kind("elders.xlsx", row=17, id="E-1", n=-3)
    assert fault.text("en") == (
        "TEST-1 elders.xlsx, row 17, E-1: the count is -3 -> make it positive"
    )
    assert fault.text("zh") == "TEST-1 elders.xlsx, 第 17 行, E-1：数量为 -3 → 请改为正数"
    assert fault.as_dict()["row"] == 17
    assert Fault(kind, values={"n": 1}).text("en") == "TEST-1 the count is 1 -> make it positive"


def test_faults_are_raised_together() -> None:
    kind = FaultKind("TEST-2", "bad", "坏", "mend", "改")
    faults = Faults()
    faults.raise_if_any()
    faults.add(kind(row=1))
    faults.extend([kind(row=2)])
    assert len(faults) == 2
    with pytest.raises(FaultError) as caught:
        faults.raise_if_any()
    assert [fault.row for fault in caught.value.faults] == [1, 2]
    assert caught.value.text("zh").count("\n") == 1
