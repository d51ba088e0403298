"""What clients ask of the person who comes, as visits and ledgers write it down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from base.faults import Lang
from scenarios.model import Text
from scenarios.records import Ability, Asked
from scenarios.tables.kinds import KINDS, MUST, SEX_NAMES, read_sex
from scenarios.tables.rows import Row

__all__ = ["asked_cells", "glance", "read_ability", "read_asked"]

_SEX_RULE = Text(zh="女或男，可加（必须）", en="female or male, (must) may follow")
_NOBODY = Text(zh="护理员表中的编号或姓名", en="an id or a name of the carers' table")
_ONE_WORD = Text(zh="一种语言，可加（必须）", en="one language, (must) may follow")


def read_asked(row: Row) -> Asked:
    """Named people, sex, language, people to keep away, and who came last time.

    A wish for somebody who is no carer here is dropped and the row set down in the intake's
    ``strangers``; as a must it is a fault.
    """
    must = set()
    words, bound = row.get("carer", ((), False))
    named = _people(row, words)
    if bound:
        must.add("carers")
        if len(named) < len(words):
            row.wrong("carer", _NOBODY)
    sexes, bound = row.get("carer_sex", ((), False))
    sex = read_sex(sexes[0]) if len(sexes) == 1 else None
    if sexes and sex is None:
        row.wrong("carer_sex", _SEX_RULE)
    if bound:
        must.add("sex")
    languages, bound = row.get("language", ((), False))
    if len(languages) > 1:
        row.wrong("language", _ONE_WORD)
    if bound:
        must.add("language")
    last = _people(row, [row.text("last_carer")] if row.text("last_carer") else [])
    return Asked(
        carers=tuple(named),
        sex=sex,
        language=languages[0] if languages else None,
        must=frozenset(must),
        avoid=frozenset(_people(row, row.get("avoid", []))),
        last=last[0] if last else None,
    )


def _people(row: Row, words: Iterable[str]) -> list[str]:
    """Ids of the carers meant; a word that means nobody is set down."""
    intake, found = row.sheet.intake, []
    for word in words:
        id = intake.carer(word)
        if id is None:
            intake.strangers.append((row.sheet.name, row.number))
        elif id not in found:
            found.append(id)
    return found


def read_ability(row: Row) -> Ability | None:
    """The grade, None where the cell says something else: ledgers know many scales."""
    grade: Ability | None = glance(row, "ability")
    return grade


def glance(row: Row, key: str) -> Any:
    """The value of a cell that is only for information: None where it cannot be read."""
    raw = row.raw(key)
    return None if raw is None else KINDS[row.sheet.columns[key].kind].read(raw)


def asked_cells(asked: Asked, lang: Lang) -> dict[str, Any]:
    """The cells that :func:`read_asked` takes back."""

    def must(key: str) -> str:
        return str(getattr(MUST, lang)) if key in asked.must else ""

    sex = None if asked.sex is None else f"{getattr(SEX_NAMES[asked.sex], lang)}{must('sex')}"
    return {
        "carer": f"{'; '.join(asked.carers)}{must('carers')}" if asked.carers else None,
        "carer_sex": sex,
        "language": None if asked.language is None else f"{asked.language}{must('language')}",
        "avoid": "; ".join(sorted(asked.avoid)) or None,
        "last_carer": asked.last,
    }
