"""The service catalogue: what is offered, how long it takes, who may do it.

The built-in catalogue is data (``services.yaml``); an office may bring its own list of services
as a table (:func:`scenarios.tables.read_services`). Skills and the rules between them come from
the built-in file: a level is a skill, and whoever has ``level:3`` has ``level:4``, ``level:5``
and ``rehab`` too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.faults import Fault, FaultError, Faults, Lang
from scenarios.cells import fold, read_windows
from scenarios.codes import BAD_CATALOGUE
from scenarios.model import Text
from scenarios.yamlfile import pointer, read_yaml

__all__ = ["LEVELS", "After", "Catalogue", "Service", "Skill", "built_in", "load_catalogue"]

LEVELS = (5, 4, 3, 2, 1)
"""Levels of carers, the lowest (五级) first."""

_BUILT_IN = Path(__file__).with_name("services.yaml")


@dataclass(frozen=True)
class After:
    """A service follows another of the same client and day; gaps in seconds between starts."""

    service: str
    min_gap: int
    max_gap: int


@dataclass(frozen=True)
class Skill:
    """Something a carer may do."""

    id: str
    name: Text
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        id: unique. name: what offices call it.
        duration: seconds at the client's.
        skills: the person must have them all.
        staff: people needed at once.
        price: fen per visit, the same for every tier (subsidies are no price).
        group: id of the class of services (助餐, 助洁 ...).
        usual: (earliest, latest) starts in seconds of the day where the client has no wish;
            empty for any time of the working day.
        after: tie to another service of the same client and day.
        meal: delivered by the meal round, never a visit.
        escort: client and carer leave the home.
        equipment: id of shared equipment that it keeps busy, None for none.
        remote: share of the value that a phone call in its place has, None where a call will not
            do.
        aliases: other names in use.
    """

    id: str
    name: Text
    duration: int
    skills: frozenset[str] = frozenset()
    staff: int = 1
    price: int = 0
    group: str = "care"
    usual: tuple[tuple[int, int], ...] = ()
    after: After | None = None
    meal: bool = False
    escort: bool = False
    aliases: tuple[str, ...] = ()
    equipment: str | None = None
    remote: float | None = None


@dataclass(frozen=True)
class Catalogue:
    """Services, skills and the rules between skills.

    Attributes:
        services: by id. skills: by id. groups: names of the classes of services by id.
        implies: skill -> skills that come with it, one step.
        equipment: what visits share, names by id.
    """

    services: Mapping[str, Service]
    skills: Mapping[str, Skill]
    groups: Mapping[str, Text]
    implies: Mapping[str, tuple[str, ...]]
    equipment: Mapping[str, Text] = field(default_factory=dict)

    def service(self, word: str) -> Service | None:
        """The service with this id, name or alias, in either language."""
        found = self._service_words.get(_key(word))
        return None if found is None else self.services[found]

    def skill(self, word: str) -> str | None:
        """Id of the skill with this id, name or alias, in either language."""
        return self._skill_words.get(_key(word))

    def with_implied(self, skills: Iterable[str]) -> frozenset[str]:
        """The skills and all that come with them (``level:3`` brings ``level:4``, ``rehab``)."""
        have: set[str] = set()
        ahead = list(skills)
        while ahead:
            skill = ahead.pop()
            if skill not in have:
                have.add(skill)
                ahead.extend(self.implies.get(skill, ()))
        return frozenset(have)

    def without_implied(self, skills: Iterable[str]) -> list[str]:
        """The fewest skills that :meth:`with_implied` turns into the same set, sorted.

        A skill that the catalogue does not know implies nothing and is kept.
        """
        all_of = sorted(set(skills))
        return [
            skill
            for skill in all_of
            if not any(skill in self.with_implied([other]) for other in all_of if other != skill)
        ]

    def skill_name(self, skill: str, lang: Lang) -> str:
        """What the skill is called; its id where the catalogue does not know it."""
        known = self.skills.get(skill)
        return skill if known is None else getattr(known.name, lang)

    def service_name(self, service: str, lang: Lang) -> str:
        """What the service is called; its id where the catalogue does not know it."""
        known = self.services.get(service)
        return service if known is None else getattr(known.name, lang)

    def equipment_of(self, word: str) -> str | None:
        """Id of the equipment with this id or name, in either language."""
        key = _key(word)
        return next(
            (
                id
                for id, name in self.equipment.items()
                if key in (_key(id), _key(name.zh), _key(name.en))
            ),
            None,
        )

    def equipment_name(self, equipment: str, lang: Lang) -> str:
        """What the equipment is called; its id where the catalogue does not know it."""
        known = self.equipment.get(equipment)
        return equipment if known is None else getattr(known, lang)

    def replace_services(self, services: Iterable[Service]) -> Catalogue:
        """The same skills and rules with other services."""
        return replace(self, services={service.id: service for service in services})

    @cached_property
    def _service_words(self) -> dict[str, str]:
        return _words((s.id, s.name, s.aliases) for s in self.services.values())

    @cached_property
    def _skill_words(self) -> dict[str, str]:
        return _words((s.id, s.name, s.aliases) for s in self.skills.values())

    def faults(self, where: str) -> list[Fault]:
        """What does not hold together: unknown skills, services or groups, names used twice."""
        faults = []
        for service in self.services.values():
            unknown = sorted(service.skills - self.skills.keys())
            if unknown:
                faults.append(_fault(where, service.id, "unknown skills", "未知技能", unknown))
            if service.group not in self.groups:
                faults.append(
                    _fault(where, service.id, "unknown group", "未知类别", [service.group])
                )
            if service.equipment is not None and service.equipment not in self.equipment:
                faults.append(
                    _fault(where, service.id, "unknown equipment", "未知设备", [service.equipment])
                )
            if service.after is not None and (
                service.after.service not in self.services
                or service.after.service == service.id
                or service.after.min_gap > service.after.max_gap
            ):
                faults.append(
                    _fault(where, service.id, "follows nothing", "后续关系无效", [service.id])
                )
        for skill, implied in self.implies.items():
            unknown = sorted({skill, *implied} - self.skills.keys())
            if unknown:
                faults.append(_fault(where, skill, "unknown skills", "未知技能", unknown))
        faults += _names_used_twice(where, self.services.values())
        faults += _names_used_twice(where, self.skills.values())
        return faults


def _names_used_twice(where: str, entries: Iterable[Service | Skill]) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for entry in entries:
        for word in sorted({_key(w) for w in _names(entry.id, entry.name, entry.aliases)}):
            if taken.setdefault(word, entry.id) != entry.id:
                yield _fault(where, entry.id, "name used twice", "名称重复", [word])


def _fault(where: str, entry: str, why_en: str, why_zh: str, words: Sequence[str]) -> Fault:
    listed = ", ".join(words)
    return BAD_CATALOGUE(
        where, id=entry, why_en=f"{why_en}: {listed}", why_zh=f"{why_zh}：{listed}"
    )


def _key(word: str) -> str:
    return fold(word).casefold().replace(" ", "")


def _names(id: str, name: Text, aliases: Iterable[str]) -> tuple[str, ...]:
    return (id, name.zh, name.en, *aliases)


def _words(entries: Iterable[tuple[str, Text, tuple[str, ...]]]) -> dict[str, str]:
    """Every id, name and alias -> id."""
    return {_key(word): id for id, name, aliases in entries for word in _names(id, name, aliases)}


@lru_cache(maxsize=1)
def built_in() -> Catalogue:
    """The catalogue that comes with carecircle."""
    return load_catalogue(_BUILT_IN)


def load_catalogue(path: Path) -> Catalogue:
    """Read a catalogue in YAML.

    Raises:
        FaultError: everything wrong with it at once.
    """
    file = read_yaml(path)
    try:
        form = _CatalogueForm.model_validate(file.data)
    except ValidationError as error:
        raise FaultError(
            BAD_CATALOGUE(
                pointer(path, tuple(item["loc"])),
                row=file.line(tuple(item["loc"])),
                why_en=item["msg"],
                why_zh=f"该字段不符合要求（{item['msg']}）",
            )
            for item in error.errors()
        ) from error
    catalogue = form.catalogue()
    faults = Faults()
    faults.extend(catalogue.faults(path.name))
    for id, service in form.services.items():
        if service.usual and read_windows(";".join(service.usual)) is None:
            faults.add(_fault(path.name, id, "bad windows", "时间窗无效", service.usual))
    faults.raise_if_any()
    return catalogue


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _NamedForm(_Form):
    zh: str
    en: str
    aliases: list[str] = Field(default_factory=list)


class _AfterForm(_Form):
    service: str
    min_minutes: int = Field(ge=0)
    max_minutes: int = Field(ge=0)

    def link(self) -> After:
        return After(self.service, self.min_minutes * 60, self.max_minutes * 60)


class _ServiceForm(_NamedForm):
    minutes: int = Field(gt=0)
    yuan: float = Field(default=0, ge=0)
    group: str
    skills: list[str] = Field(default_factory=list)
    staff: int = Field(default=1, ge=1, le=9)
    usual: list[str] = Field(default_factory=list)
    after: _AfterForm | None = None
    meal: bool = False
    escort: bool = False
    equipment: str | None = None
    by_phone: float | None = Field(default=None, gt=0, le=1)

    def service(self, id: str) -> Service:
        after = self.after
        return Service(
            id=id,
            name=Text(zh=self.zh, en=self.en),
            duration=self.minutes * 60,
            skills=frozenset(self.skills),
            staff=self.staff,
            price=round(self.yuan * 100),
            group=self.group,
            usual=read_windows(";".join(self.usual)) or (),
            after=None if after is None else after.link(),
            meal=self.meal,
            escort=self.escort,
            aliases=tuple(self.aliases),
            equipment=self.equipment,
            remote=self.by_phone,
        )


class _CatalogueForm(_Form):
    schema_version: int = Field(ge=1, le=1)
    skills: dict[str, _NamedForm]
    implies: dict[str, list[str]] = Field(default_factory=dict)
    groups: dict[str, Text]
    equipment: dict[str, Text] = Field(default_factory=dict)
    services: dict[str, _ServiceForm]

    def catalogue(self) -> Catalogue:
        parts: dict[str, Any] = {
            "services": {id: form.service(id) for id, form in self.services.items()},
            "skills": {
                id: Skill(id, Text(zh=form.zh, en=form.en), tuple(form.aliases))
                for id, form in self.skills.items()
            },
            "groups": self.groups,
            "implies": {skill: tuple(implied) for skill, implied in self.implies.items()},
            "equipment": self.equipment,
        }
        return Catalogue(**parts)
