"""Scenario parts on reasons: what sites are worth, why not this one, what if that one fails."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.model_parts import Part, Positive

__all__ = ["AlternativesInput", "ExplainInput", "ParetoInput", "PlanExplainInput"]


class AlternativesInput(Part):
    """Answers of nearly the same worth that open different sites."""

    count: Annotated[int, Field(ge=1, le=20)] = 3
    within_percent: Annotated[float, Field(ge=0, le=100)] = 2.0
    """The largest loss, per cent of the answer's objective."""
    differ_by: Annotated[int, Field(ge=1)] = 1
    """Every alternative leaves out at least so many new sites of the answer and of each other."""


class ParetoInput(Part):
    """The trade-off of coverage, cost and the worst sub-district."""

    points: Annotated[int, Field(ge=2, le=20)] = 5
    """Levels of cost between the cheapest and the most valuable plan, both included."""
    share_levels: Annotated[int, Field(ge=1, le=10)] = 1
    """Levels of the worst sub-district's share, each with its own levels of cost; 1 for none."""


class ExplainInput(Part):
    """Questions about the answer; each is solved anew, so that its loss is proved."""

    marginal: bool = False
    """What every open site is worth (left out, the others as they are), and the best closed ones
    (added)."""
    top: Annotated[int, Field(ge=1)] = 10
    """``marginal``: so many of the closed sites."""
    why_not: list[str] = Field(default_factory=list)
    """Ids of sites that stand closed: what forcing them open costs, and whom they replace."""
    fallback: list[str] | Literal["all_new"] = Field(default_factory=list)
    """Ids of sites whose premises may fall through, or ``all_new``: what replaces each, the
    loss, and who loses coverage."""
    alternatives: AlternativesInput | None = None
    seconds: Positive = 60.0
    """For all of it together, on top of the answer's own; what finds no time is told."""


class PlanExplainInput(ExplainInput):
    """Questions about a plan."""

    pareto: ParetoInput | None = None
    curve_to: Annotated[int, Field(ge=0)] | None = None
    """The coverage curve runs to this many new sites; None for no curve."""
