"""The part ``plan:`` of a scenario file: what stands where in which year, as a planner writes it.

Services are what people ask for, levels (centre, station, point) are what offers them, and a size
says what a level costs and holds on how much floor. Ids are the planner's own short words; every
other part names things by them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.model_explain import PlanExplainInput
from scenarios.model_parts import (
    CandidatesInput,
    DemandInput,
    Fraction,
    LayerInput,
    Part,
    Positive,
    Text,
)
from scenarios.model_territory import AccessInput, CatchmentsInput, SearchAreasInput
from scenarios.plan.model_rules import (
    FloorInput,
    GroupInput,
    NearInput,
    PopulationInput,
    RuleInput,
)
from scenarios.plan.model_terms import Count, Id, Label, NotNegative

__all__ = [
    "AimInput",
    "AskInput",
    "CommunitiesInput",
    "FloorInput",
    "GroupInput",
    "HangsOnInput",
    "LevelInput",
    "NearInput",
    "PlanCandidatesInput",
    "PlanInput",
    "PlanSitesInput",
    "PopulationInput",
    "QuotaInput",
    "RoomInput",
    "RuleInput",
    "ServiceInput",
    "SizeInput",
    "TakeoverInput",
    "YearInput",
]


class YearInput(Part):
    """One year of the plan, or one phase of several years."""

    label: Label
    """``2026``, or any word; other parts name the year by it."""
    capital_yuan: NotNegative | None = None
    """What openings and closings of the year may cost; None for no limit."""
    running_yuan: NotNegative | None = None
    """What all that stands may cost in the year; None for no limit."""
    weight: Count = 1
    """How much the year's coverage counts."""


class AskInput(Part):
    """Who asks for a service."""

    cells: Annotated[list[str], Field(min_length=1)] | None = None
    """Ids of demand cells or of groups of them; None for all."""
    share: Fraction = 1.0
    """Share of the cells' people who ask for it."""
    units: Positive = 1.0
    """Units of the service (places, beds, portions) per person who asks."""
    weight: NotNegative = 1.0
    minutes: Positive | None = None
    """Walk of these people; None for the service's."""
    estimated: bool = False


class ServiceInput(Part):
    """A service: who asks for it, how far it may be, whether its places are counted."""

    id: Id
    label: Text
    unit: Text | None = None
    """What is counted (places, beds, portions); None for persons."""
    asks: list[AskInput] = Field(default_factory=lambda: [AskInput()])
    """Everybody unless given; an empty list where only people who are there already need it."""
    minutes: Positive | None = None
    """Walk within which it counts; None for the cell's minutes, else the plan's."""
    full_minutes: NotNegative | None = None
    """Walk up to which it counts in full, falling evenly to nothing at ``minutes``; None for
    all in full."""
    walk: bool = True
    """False for services of the whole district, beds for instance: no walk circle, any site will
    do."""
    capacitated: bool = False
    """True where a site serves so many and no more: its sizes then state how many."""
    weight: NotNegative = 1.0
    backup: NotNegative = 0.0
    """Value of a second site within reach, as a part of the first (services without capacity)."""
    must: bool = False
    """Everybody who asks for it has to be served, every year."""
    single: bool = False
    """All people of one cell and place go to the same site (services with capacity)."""
    choice: Literal["assigned", "nearest"] = "assigned"
    """Services with capacity: who goes where is planned (``assigned``), or everybody goes to the
    nearest open site that still has room, whoever is closest first (``nearest``)."""


class RoomInput(Part):
    """Room by floor area: so many m2 for each unit."""

    m2_each: Positive


class SizeInput(Part):
    """One size of a level: floor, room and cost."""

    id: Id
    label: Text | None = None
    area_m2: Positive | None = None
    """Floor that it takes; None for all of the premises."""
    from_area_m2: NotNegative | None = None
    """Only premises of at least this area; None for ``area_m2``. Premises whose area nobody knows
    fit every size that states its own."""
    capacity: dict[str, NotNegative | RoomInput] = Field(default_factory=dict)
    """Units per capacitated service: a number, or ``{m2_each: 30}``."""
    yearly_cost_yuan: NotNegative = 0.0
    yearly_cost_per_m2_yuan: NotNegative = 0.0
    opening_cost_yuan: NotNegative = 0.0
    opening_cost_per_m2_yuan: NotNegative = 0.0
    change_cost_yuan: NotNegative | None = None
    """What it costs to make a standing site into this; None for the cost of opening."""


class HangsOnInput(Part):
    """On what a level hangs, and how far away that may be (neither limit: anywhere)."""

    level: str
    within_m: Positive | None = None
    """Metres along the streets."""
    minutes: Positive | None = None
    """Walk at 1 m/s."""
    same_subdistrict: bool = False


class LevelInput(Part):
    """A level of the network: centre, station, point."""

    id: Id
    label: Text
    hangs_on: HangsOnInput | None = None
    most_children: Count | None = None
    """Most sites that hang on one site of this level."""
    offers: list[str] = Field(default_factory=list)
    """Services; those that a size has capacity for count too."""
    nested: bool = False
    """Also offers what the levels below it offer (services without capacity)."""
    sizes: Annotated[list[SizeInput], Field(min_length=1)]


class TakeoverInput(Part):
    """Who has to stand when a site closes, so that its work goes on."""

    levels: list[str] = Field(default_factory=list)
    """Levels that may take over; empty for any."""
    within_m: Positive | None = None
    """At most so far away in a straight line."""
    same_operator: bool = False
    same_subdistrict: bool = False


class PlanSitesInput(Part):
    """Sites from a layer: standing, on their way, possible, or ruled out."""

    source: LayerInput
    status: Literal["existing", "committed", "candidate", "forbidden"] = "existing"
    level: str
    """What stands there, or (candidates) what may open there."""
    levels: list[str] = Field(default_factory=list)
    """Further levels that a candidate may open as."""
    size: str | None = None
    """Size of what stands; None for the level's first. Candidates may open in every size."""
    size_column: str | None = None
    year: Label | None = None
    """Candidates: free from this year; committed: opens in it."""
    year_column: str | None = None
    may: list[Literal["keep", "upgrade", "convert", "close"]] = Field(
        default_factory=lambda: ["keep"]  # type: ignore[arg-type]
    )
    """What may become of an existing site; without ``keep`` something has to by the last year."""
    upgrade_to: list[str] = Field(default_factory=list)
    """Levels; empty for the level it hangs on. Larger sizes of its own level count too."""
    convert_to: list[str] = Field(default_factory=list)
    id: str | None = None
    name: str | None = None
    name_en: str | None = None
    area: str | None = None
    """Column with the floor area in m2."""
    capacity: dict[str, str] = Field(default_factory=dict)
    """Service -> column with the capacity of what stands (existing and committed sites)."""
    yearly_cost: str | None = None
    """Column with the yearly cost of what stands, in yuan, instead of its size's."""
    opening_cost: str | None = None
    """Column with the cost of opening in yuan, instead of its size's (0 where it is paid)."""
    rent: str | None = None
    """Column with the premises' yearly rent in yuan, on top of the size's cost."""
    premises: str | None = None
    """Column with the source of the premises (新建, 置换, 租赁, 改建)."""
    operator: str | None = None
    """Column with who runs what stands there, or would run what opens."""
    operated_by: str | None = None
    """The operator of all of them where no column says so."""
    ownership: str | None = None
    """Column with who owns it (公办, 民办)."""
    owned_by: str | None = None
    """The ownership of all of them where no column says so."""
    closing_cost_yuan: NotNegative = 0.0
    takeover: TakeoverInput | None = None
    residents: dict[str, str] = Field(default_factory=dict)
    """Service (type of bed) -> column with the residents of a home: when it closes, each of them
    needs such a bed somewhere in the district."""
    clients: dict[str, str] = Field(default_factory=dict)
    """Service -> column with the clients of a station: when it closes, each of them needs a place
    within walking distance of it. They count on top of those whom ``asks`` gives."""


class PlanCandidatesInput(CandidatesInput):
    """Candidates generated on the map; ``yearly_cost_yuan`` is the rent."""

    level: str
    levels: list[str] = Field(default_factory=list)
    area_m2: Positive | None = None
    """Floor area assumed of every one."""
    floor_share: Annotated[float, Field(gt=0)] | None = None
    """Parcels: floor area assumed as this share of the parcel's ground; parcels with too little
    for every size are no candidates."""
    premises: str | None = None
    operated_by: str | None = None
    """Who would run them."""
    owned_by: str | None = None
    """Who would own them (公办, 民办)."""
    year: Label | None = None


class QuotaInput(Part):
    """Floor that new compounds (新建配建) have to provide; pooled within a sub-district.

    The area of several compounds may be given together to one site in one of them.
    """

    source: LayerInput
    area: str
    year: Label | None = None
    year_column: str | None = None
    level: str
    levels: list[str] = Field(default_factory=list)
    operated_by: str | None = None
    owned_by: str | None = None
    id: str | None = None
    name: str | None = None
    name_en: str | None = None


class CommunitiesInput(Part):
    """Communities (社区): polygons with a name."""

    source: LayerInput
    name: str = "name"
    name_en: str | None = None


class AimInput(Part):
    """What the plan is to be best at, and how long the search may take."""

    aim: Literal["max_value", "min_cost", "max_min", "min_travel", "min_worst"] = "max_value"
    minutes_per_yuan: NotNegative = 0.0
    """min_travel: person-minutes of way that one yuan is worth."""
    least_persons: NotNegative | None = None
    """The plan's value in weighted persons, summed over years, reaches this."""
    most_cost_yuan: NotNegative | None = None
    """Its cost over all years stays within this."""
    least_share: Fraction | None = None
    """Every sub-district's covered share in the last year reaches this."""
    seconds: Positive = 60.0
    seed: int = 0
    iterations: Annotated[int, Field(gt=0)] | None = None


class PlanInput(Part):
    """What stands where, and when."""

    years: Annotated[list[YearInput], Field(min_length=1)]
    carry_capital: bool = False
    """Money for openings that a year leaves over may be spent later."""
    minutes: Positive = 15.0
    """Walk of services and cells that name none."""
    demand: Annotated[list[DemandInput], Field(min_length=1)]
    groups: list[GroupInput] = Field(default_factory=list)
    """Groups of cells with a name, for asks, floors, populations and tables."""
    services: Annotated[list[ServiceInput], Field(min_length=1)]
    levels: Annotated[list[LevelInput], Field(min_length=1)]
    sites: list[PlanSitesInput] = Field(default_factory=list)
    candidates: list[PlanCandidatesInput] = Field(default_factory=list)
    quotas: list[QuotaInput] = Field(default_factory=list)
    near: list[NearInput] = Field(default_factory=list)
    populations: list[PopulationInput] = Field(default_factory=list)
    communities: CommunitiesInput | None = None
    rules: list[RuleInput] = Field(default_factory=list)
    floors: list[FloorInput] = Field(default_factory=list)
    objective: AimInput = Field(default_factory=AimInput)
    catchments: CatchmentsInput | None = None
    """Divide the communities among the stations of the last year; None for no catchments."""
    search_areas: SearchAreasInput | None = None
    """Ground around each new site in which any premises loses little; None for none."""
    access: AccessInput | None = None
    """Access indicators today and in the last year; None for none."""
    explain: PlanExplainInput | None = None
    """Questions about the plan; None for none."""
