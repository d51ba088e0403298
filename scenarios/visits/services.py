"""What services are called on a day."""

from __future__ import annotations

from scenarios.model import Text
from scenarios.visits.run import VisitsRun
from scenarios.words import both

__all__ = ["service_name"]


def service_name(run: VisitsRun, service: str) -> Text:
    """What the day's catalogue calls a service; its id where it does not know it."""
    known = run.case.day.catalogue.services.get(service)
    return both(service) if known is None else known.name
