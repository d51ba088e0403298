"""Scenario files: read, check as a whole, and hand on.

Paths in a scenario count from the folder of its file and may lead out of it, ``../../shared``
for instance: whoever runs the command line may read those files anyway. A service that takes
scenarios from strangers passes ``confine=True``.

``python -m scenarios.files`` rewrites the published schema.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from base.faults import Fault, Faults
from geo.layers import LayerSource
from scenarios.codes import (
    BAD_SCENARIO_VALUE,
    FIELDS_DISAGREE,
    FILE_MISSING,
    MISSING_FIELD,
    OUTSIDE_FOLDER,
    UNKNOWN_FIELD,
)
from scenarios.crosschecks import disagreements
from scenarios.model import LayerInput, Scenario
from scenarios.yamlfile import YamlFile, pointer, read_yaml

__all__ = ["SCHEMA_FILE", "json_schema", "layer_source", "load_scenario", "write_schema"]

SCHEMA_FILE = Path("docs") / "scenario.schema.json"
"""Where the published schema lies in the project."""

_LONGEST_VALUE = 60


def load_scenario(path: Path | str, *, confine: bool = False) -> tuple[Scenario, Path]:
    """Read a scenario and check all of it before anything is computed.

    Args:
        path: the YAML file.
        confine: refuse layers and tables outside the scenario's folder.

    Returns:
        The scenario and the folder that its paths count from.

    Raises:
        FaultError: every fault of the file at once: double, missing and unknown fields, values
            that do not fit, fields that disagree, files that do not exist.
    """
    file = read_yaml(Path(path))
    folder = file.path.resolve().parent
    faults = Faults()
    faults.extend(_file_faults(file, folder, confine))
    scenario = None
    try:
        scenario = Scenario.model_validate(file.data)
    except ValidationError as error:
        faults.extend(_field_faults(file, error))
    if scenario is not None:
        for steps, texts in disagreements(scenario):
            where = pointer(file.path, steps)
            faults.add(FIELDS_DISAGREE(where, row=file.line(steps), **texts))
    faults.raise_if_any()
    assert scenario is not None
    return scenario, folder


def layer_source(layer: LayerInput, folder: Path) -> LayerSource:
    """The layer as geography reads it, its path made absolute."""
    fields = {name: getattr(layer, name) for name in type(layer).model_fields}
    return LayerSource(**(fields | {"path": folder / layer.path}))


def json_schema() -> dict[str, Any]:
    """The scenario file's JSON Schema (draft 2020-12)."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def write_schema(path: Path) -> None:
    """Write the published schema."""
    text = json.dumps(json_schema(), ensure_ascii=False, indent=2, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _file_faults(file: YamlFile, folder: Path, confine: bool) -> Iterator[Fault]:
    """Check every ``path`` of the file, also when other fields are wrong."""
    for steps, named in _paths(file.data, ()):
        where, row = pointer(file.path, steps), file.line(steps)
        target = (folder / named).resolve()
        if confine and not target.is_relative_to(folder):
            yield OUTSIDE_FOLDER(where, row=row, file=named)
        elif not target.is_file():
            yield FILE_MISSING(where, row=row, file=named)


def _paths(value: object, steps: tuple[str | int, ...]) -> Iterator[tuple[Any, str]]:
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, item in items:
        if key == "path" and isinstance(item, str):
            yield (*steps, key), item
        elif key != "where":  # its keys are the layer's columns, not ours
            yield from _paths(item, (*steps, key))


def _field_faults(file: YamlFile, error: ValidationError) -> Iterator[Fault]:
    """One fault per field; a value with several allowed types fails once for each of them."""
    seen = set()
    for item in error.errors():
        steps = tuple(item["loc"])
        if "where" in steps:
            steps = steps[: steps.index("where") + 2]
        if steps not in seen:
            seen.add(steps)
            yield _field_fault(file, steps, item)


def _field_fault(file: YamlFile, steps: tuple[str | int, ...], error: ErrorDetails) -> Fault:
    where, row = pointer(file.path, steps), file.line(steps)
    if error["type"] == "missing":
        return MISSING_FIELD(where, row=row)
    if error["type"] == "extra_forbidden":
        hint_en, hint_zh = _spelling_hint(steps)
        return UNKNOWN_FIELD(where, row=row, hint_en=hint_en, hint_zh=hint_zh)
    value = json.dumps(error["input"], ensure_ascii=False, default=str)
    if len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + "…"
    return BAD_SCENARIO_VALUE(
        where, row=row, value=value, why_en=error["msg"], why_zh=_chinese(error)
    )


def _spelling_hint(steps: tuple[str | int, ...]) -> tuple[str, str]:
    """What the writer may have meant, from the fields of the part that the name stands in."""
    known = _fields_at(steps[:-1])
    close = difflib.get_close_matches(str(steps[-1]), known, n=1)
    if close:
        return f"did you mean {close[0]}?", f"是否想写 {close[0]}？"
    listed = ", ".join(known)
    return f"remove it; fields here: {listed}", f"请删除；此处可用字段：{listed}"


def _fields_at(steps: tuple[str | int, ...]) -> list[str]:
    schema = Scenario.model_json_schema()
    part: dict[str, Any] = schema
    for step in steps:
        part = part.get("items", {}) if isinstance(step, int) else part["properties"][step]
        choices = [part, *part.get("anyOf", ())]
        ref = next((c["$ref"] for c in choices if "$ref" in c), None)
        part = schema["$defs"][ref.rsplit("/", 1)[-1]] if ref else _first_list(choices)
    return sorted(part.get("properties", ()))


def _first_list(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return next((choice for choice in choices if "items" in choice), choices[0])


_CHINESE = {
    "string_type": "应为文本",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数值",
    "float_parsing": "应为数值",
    "finite_number": "应为有限数值",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为映射",
    "model_type": "应为映射",
    "model_attributes_type": "应为映射",
    "path_type": "应为文件路径",
    "literal_error": "应为以下之一：{expected}",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "too_short": "至少应有 {min_length} 项",
    "too_long": "至多应有 {max_length} 项",
    "string_pattern_mismatch": "应符合格式 {pattern}",
    "date_type": "应为日期，如 2026-03-02",
    "date_parsing": "应为日期，如 2026-03-02",
    "date_from_datetime_parsing": "应为日期，如 2026-03-02",
    "date_from_datetime_inexact": "应为日期，如 2026-03-02",
}


def _chinese(error: ErrorDetails) -> str:
    template = _CHINESE.get(error["type"])
    if template is None:
        return f"不符合要求（{error['msg']}）"
    return template.format(**error.get("ctx", {}))


if __name__ == "__main__":
    write_schema(Path(__file__).resolve().parent.parent / SCHEMA_FILE)
