"""Reading a written answer back: files, arrays, results, and what to say of a difference."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import FaultError, Lang
from geo.tables_out import unescape
from optimizer.result import SolveResult, Status, StopReason
from scenarios.codes import UNKNOWN_SCHEMA, UNREADABLE_ANSWER
from scenarios.model import Text
from scenarios.outcome import SCHEMA_VERSION

__all__ = [
    "Answer",
    "Finding",
    "columns",
    "common_findings",
    "csv_rows",
    "differs",
    "read_arrays",
    "read_json",
    "result",
    "violation_findings",
]

Answer = Mapping[str, Any]
"""What ``answer.json`` holds."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a written answer.

    Attributes:
        kind: the checker's name of the broken rule, or ``arrays_changed``, ``table_differs``.
        where: the file.
        words: what is wrong.
    """

    kind: str
    where: str
    words: Text

    def text(self, lang: Lang = "en") -> str:
        """One line: file, rule, what is wrong."""
        return f"{self.where}: {self.kind}: {getattr(self.words, lang)}"


def read_json(path: Path) -> Answer:
    """A JSON file of this schema.

    Raises:
        FaultError: it cannot be read (CC-S252), or is of another schema (CC-S253).
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FaultError([UNREADABLE_ANSWER(path, why=str(error))]) from error
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version") if isinstance(data, dict) else None
        raise FaultError([UNKNOWN_SCHEMA(path, version=version, known=SCHEMA_VERSION)])
    return data


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of ``problem.npz``; raises as :func:`read_json` does."""
    try:
        # Opened here: np.load leaves a file open that it cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FaultError([UNREADABLE_ANSWER(path, why=str(error))]) from error
    if int(arrays.get("schema_version", np.int64(-1))) != SCHEMA_VERSION:
        version = arrays.get("schema_version")
        raise FaultError([UNKNOWN_SCHEMA(path, version=version, known=SCHEMA_VERSION)])
    return arrays


def columns(
    arrays: Mapping[str, NDArray[Any]], kind: type[Any], prefix: str = ""
) -> dict[str, Any]:
    """The fields of a problem, its tables (arrays such as ``options.site``) built; plain scalars.

    Args:
        arrays: by name.
        kind: a dataclass of arrays, scalars and tables.
        prefix: what the names of the arrays begin with.
    """
    found: dict[str, Any] = {}
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        name = f"{prefix}{field.name}"
        if dataclasses.is_dataclass(hints[field.name]):
            found[field.name] = hints[field.name](**columns(arrays, hints[field.name], f"{name}."))
        else:
            found[field.name] = arrays[name].item() if arrays[name].ndim == 0 else arrays[name]
    return found


def result(data: Mapping[str, Any]) -> SolveResult:
    """The solver's result as ``SolveResult.as_dict`` wrote it."""
    return SolveResult(
        status=Status(data["status"]),
        stop_reason=StopReason(data["stop_reason"]),
        objective=data["objective"],
        bound=data["bound"],
        seconds=data["seconds"],
        seed=data["seed"],
        solver=data["solver"],
        parts=data["parts"],
        versions=data["versions"],
    )


def common_findings(folder: Path, answer: Answer) -> Iterator[Finding]:
    """What every kind of answer is checked for: unchanged arrays, the same result everywhere."""
    digest = hashlib.sha256((folder / "problem.npz").read_bytes()).hexdigest()
    if digest != answer["problem_sha256"]:
        words = Text(
            zh="文件内容与求解时不同（哈希不符）",
            en="the file is not the one that was solved (its hash differs)",
        )
        yield Finding("arrays_changed", "problem.npz", words)
    summary = read_json(folder / "summary.json")
    if summary["result"] != answer["result"]:
        yield differs("summary.json", "求解结果", "the result")


def differs(where: str, zh: str, en: str) -> Finding:
    """A file that says something else than the answer; the words name what."""
    words = Text(zh=f"{zh}与 answer.json 不一致", en=f"{en} differs from answer.json")
    return Finding("table_differs", where, words)


def violation_findings(found: Sequence[Any]) -> Iterator[Finding]:
    """A checker's violations."""
    for violation in found:
        words = Text(zh=violation.text("zh"), en=violation.text("en"))
        yield Finding(str(violation.kind), "answer.json", words)


def csv_rows(path: Path, width: int) -> list[tuple[str | None, ...]]:
    """The first ``width`` columns of a table that we wrote; headers differ by language."""
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    rows = frame.iloc[:, :width].itertuples(index=False, name=None)
    return [tuple(unescape(cell) or None for cell in row) for row in rows]
