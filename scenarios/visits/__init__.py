"""A station's day of home visits: compiled into arrays, planned, checked, read back, reported."""

from __future__ import annotations

from scenarios.visits.case import VisitsCase, compile_visits
from scenarios.visits.run import VisitsRun, plan_visits, run_visits

__all__ = ["VisitsCase", "VisitsRun", "compile_visits", "plan_visits", "run_visits"]
