"""The scenario file: what a planner writes in YAML, checked against a published schema."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from scenarios.model_day import AllowanceInput, BreakInput, WeightsInput
from scenarios.model_explain import ExplainInput
from scenarios.model_parts import (
    CandidatesInput,
    CellInput,
    DemandInput,
    LayerInput,
    Part,
    Positive,
    TableInput,
    Text,
)
from scenarios.model_territory import AccessInput, CatchmentsInput, SearchAreasInput
from scenarios.plan.model import PlanInput
from scenarios.week.model import WeekInput

__all__ = [
    "BonusInput",
    "CandidatesInput",
    "CellInput",
    "DemandInput",
    "DistrictsInput",
    "LayerInput",
    "MealsInput",
    "NetworkInput",
    "Scenario",
    "SitesInput",
    "SitingInput",
    "TableInput",
    "Text",
    "VisitsInput",
    "WeekInput",
]


class NetworkInput(Part):
    """Streets. ``kind`` auto goes by the file's ending."""

    source: LayerInput
    kind: Literal["auto", "lines", "osm", "graphml", "saved"] = "auto"
    name: str | None = None
    """Column with the street's name (lines only)."""
    drop_names: list[str] = Field(default_factory=list)
    """Streets whose name contains one of these are left out (ring roads for walking)."""
    largest_component: bool = True


class DistrictsInput(Part):
    """Sub-districts (街道): polygons with a name; reports are per sub-district."""

    source: LayerInput
    name: str = "name"
    name_en: str | None = None
    """Column with the English name; None where reports show ``name`` in both languages."""
    code: str | None = None
    population: str | None = None


class SitesInput(Part):
    """Sites of one status and tier. ``serves`` False keeps a tier out of the walk circles."""

    source: LayerInput
    status: Literal["existing", "required", "candidate", "forbidden"] = "existing"
    tier: str = "station"
    serves: bool = True
    id: str | None = None
    name: str | None = None
    name_en: str | None = None
    """Column with the English name; None where reports show ``name`` in both languages."""
    area: str | None = None
    """Column with the floor area in m2."""
    cost: str | None = None
    """Column with the yearly cost in yuan."""
    premises: str | None = None
    """Column with the source of the premises (新建, 置换, 租赁, 改建)."""


class BonusInput(Part):
    """A bonus, in persons, for a new site within ``within_m`` metres of a feature."""

    near: LayerInput
    within_m: Positive = 300.0
    persons: Annotated[float, Field(ge=0)]
    label: Text


class SitingInput(Part):
    """Where sites should stand."""

    question: Literal["lscp", "mclp", "p_median", "p_center"] = "mclp"
    new_sites: Annotated[int, Field(ge=0)] | None = None
    minutes: Positive = 15.0
    demand: Annotated[list[DemandInput], Field(min_length=1)]
    sites: list[SitesInput] = Field(default_factory=list)
    candidates: list[CandidatesInput] = Field(default_factory=list)
    bonus: BonusInput | None = None
    curve_to: Annotated[int, Field(ge=0)] | None = None
    """The coverage curve runs to this many new sites; None for ``new_sites``."""
    catchments: CatchmentsInput | None = None
    """Divide the communities among the open stations; None for no catchments."""
    search_areas: SearchAreasInput | None = None
    """Ground around each new site in which any premises loses little; None for none."""
    access: AccessInput | None = None
    """Access indicators before and after; None for none."""
    explain: ExplainInput | None = None
    """Questions about the answer: values, why not, fallback, alternatives; None for none."""
    seconds: Positive = 60.0
    seed: int = 0


class VisitsInput(Part):
    """One day of a station."""

    day: date
    elders: TableInput | None = None
    """Ledger of elders with their needs, turned into the day's visits; or give ``visits``."""
    visits: TableInput | None = None
    carers: TableInput
    catalogue: TableInput | None = None
    """Services with duration, skills and staff; None for the built-in catalogue."""
    places: TableInput | None = None
    """Local place table: 小区 + 楼栋 -> lon/lat."""
    station: tuple[float, float] | None = None
    """lon, lat (WGS 84) where carers without a start of their own begin and end."""
    catchments: LayerInput | None = None
    """Catchments as ``carecircle site`` writes them (result.gpkg, layer catchments); with
    ``station_id``, only the visits in that station's catchment are planned."""
    station_id: str | None = None
    breaks: list[BreakInput] = Field(default_factory=list)
    """Rests of carers whose own table says nothing of breaks."""
    weights: WeightsInput = WeightsInput()
    """What waiting, lateness, wishes and fairness weigh against wages."""
    equipment: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """How many there are of what visits share, by id (``stair_climber``); what is not listed is
    always at hand."""
    allowances: AllowanceInput | None = None
    """Pay visits from the clients' allowances and never overspend them; None leaves money out."""
    absences: TableInput | None = None
    """Who is away from when to when: carers on leave, clients in hospital or out of town."""
    holidays: list[date] = Field(default_factory=list)
    """Public holidays, on which only carers who work on holidays come."""
    by_phone: bool = False
    """Visits whose service a call can stand in for may be done by phone."""
    one_at_a_time: bool = False
    """No two visits to one client at the same time."""
    floor_seconds: Annotated[int, Field(ge=0)] = 45
    """Longer at the door for every floor to climb without a lift, where floors are known."""
    seconds: Positive = 30.0
    iterations: Annotated[int, Field(gt=0)] | None = None
    seed: int = 0


class MealsInput(Part):
    """One meal of a day."""

    day: date
    meal: Literal["lunch", "dinner"] = "lunch"
    orders: TableInput | None = None
    """The meal's orders; or give ``elders``."""
    elders: TableInput | None = None
    """Ledger of elders, of which those with 助餐 on that day order the meal."""
    kitchens: TableInput
    carriers: TableInput
    places: TableInput | None = None
    window: tuple[str, str] = ("10:45", "12:30")
    """Delivery window of orders that have none of their own, HH:MM."""
    fresh_minutes: Positive = 60.0
    """Most minutes from leaving the kitchen to the last door of a stop."""
    stop_seconds: Annotated[int, Field(ge=0)] = 120
    """Time per stop: parking, entering the building."""
    door_seconds: Annotated[int, Field(ge=0)] = 60
    """Time per door."""
    box_portions: Annotated[int, Field(gt=0)] = 1
    """Portions per box; carriers count boxes."""
    loading_seconds: Annotated[int, Field(ge=0)] = 300
    seconds: Positive = 30.0
    iterations: Annotated[int, Field(gt=0)] | None = None
    seed: int = 0


class Scenario(Part):
    """A scenario: one district with its streets, and up to five jobs."""

    schema_version: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name: Text
    district_code: Annotated[str, Field(pattern=r"^\d{6}$")] | None = None
    metric_crs: str = "auto"
    """Local metric system, ``auto`` for the UTM zone of the streets."""
    sources: list[str] = Field(default_factory=list)
    """Lines that name the data's origin, printed on every map and report."""
    assumptions: list[Text] = Field(default_factory=list)
    """What the scenario assumes, printed on every report."""
    network: NetworkInput
    districts: DistrictsInput | None = None
    siting: SitingInput | None = None
    plan: PlanInput | None = None
    visits: VisitsInput | None = None
    meals: MealsInput | None = None
    week: WeekInput | None = None
