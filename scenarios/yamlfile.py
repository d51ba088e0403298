"""YAML read strictly: safe types only, no double keys, and the line of every field.

PyYAML follows YAML 1.1, in which ``on`` is a truth value, ``12:30`` is the number 750 and
``2026-03-02`` a date. Here the core schema of YAML 1.2 holds: these are texts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from base.faults import Fault, FaultError, Faults
from scenarios.codes import DUPLICATE_FIELD, FILE_MISSING, NOT_YAML

__all__ = ["YamlFile", "pointer", "read_yaml"]

_MERGE = "tag:yaml.org,2002:merge"
_NOT_UTF8 = ("it is not UTF-8", "不是 UTF-8 编码")
_NOT_READABLE = ("it cannot be opened or holds control characters", "无法打开或含有控制字符")
_NOT_MAPPING = ("its top is not a mapping", "顶层不是映射")
_TOO_DEEP = ("it is nested too deeply", "嵌套过深")
_TOO_LARGE = ("aliases make it grow too large", "别名展开后内容过大")
_MOST_FIELDS = 100_000
"""No scenario has so many; a few hundred bytes of nested aliases do."""
Step = str | int


class _CoreLoader(yaml.SafeLoader):
    """SafeLoader with the scalar types of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.\d+|\d+\.\d*|\d+(?:\.\d*)?[eE][-+]?\d+)$", "-+.0123456789"),
    ("merge", r"^<<$", "<"),
):
    _CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), ["" if c == "\0" else c for c in _first]
    )


@dataclass(frozen=True)
class YamlFile:
    """A read file: its content, and the 1-based line of each field by its path of keys."""

    path: Path
    data: dict[str, Any]
    lines: dict[tuple[Step, ...], int]

    def line(self, steps: tuple[Step, ...]) -> int | None:
        """Line of the field, or of the nearest enclosing field that the file has."""
        for end in range(len(steps), -1, -1):
            if steps[:end] in self.lines:
                return self.lines[steps[:end]]
        return None


def pointer(path: Path, steps: tuple[Step, ...]) -> str:
    """The file's name and the field, such as ``scenario.yaml#/siting/demand/0``."""
    return path.name + ("#/" + "/".join(map(str, steps)) if steps else "")


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file whose top is a mapping.

    Raises:
        FaultError: no such file, not YAML or not UTF-8, or fields given twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FaultError([FILE_MISSING(path.name, file=path.name)]) from None
    except (OSError, UnicodeDecodeError) as error:
        utf8 = isinstance(error, UnicodeDecodeError)
        fault = _not_yaml(path, *(_NOT_UTF8 if utf8 else _NOT_READABLE))
        raise FaultError([fault]) from error
    loader = _CoreLoader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise FaultError([_not_yaml(path, *_NOT_MAPPING, row=1)])
        faults = Faults()
        found = list(itertools.islice(_walk(root, (), path, faults), _MOST_FIELDS + 1))
        if len(found) > _MOST_FIELDS:
            raise FaultError([_not_yaml(path, *_TOO_LARGE)])
        lines = dict(found)
        faults.raise_if_any()
        data = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row = mark.line + 1 if mark else None
        detail = error.problem or "syntax"
        raise FaultError([_not_yaml(path, detail, f"语法错误（{detail}）", row=row)]) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise FaultError([_not_yaml(path, *_NOT_READABLE)]) from error
    except RecursionError as error:
        raise FaultError([_not_yaml(path, *_TOO_DEEP)]) from error
    finally:
        loader.dispose()
    return YamlFile(path, data, lines)


def _not_yaml(path: Path, why_en: str, why_zh: str, row: int | None = None) -> Fault:
    return NOT_YAML(path.name, row=row, why_en=why_en, why_zh=why_zh)


def _walk(
    node: yaml.Node, steps: tuple[Step, ...], path: Path, faults: Faults
) -> Iterator[tuple[tuple[Step, ...], int]]:
    """Yield (path of keys, line) for every field and collect the fields given twice."""
    if len(steps) > 50:  # an alias that contains itself, or nesting nobody wrote by hand
        raise RecursionError
    yield steps, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*steps, index), path, faults)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name in first and key.tag != _MERGE:
                where = pointer(path, (*steps, name))
                faults.add(DUPLICATE_FIELD(where, row=line, field=name, first=first[name]))
                continue
            first[name] = line
            yield from _walk(value, (*steps, name), path, faults)
            yield (*steps, name), line
