"""PyVRP as an engine for days of visits.

:mod:`model` puts a problem in PyVRP's terms, :mod:`local` runs its iterated local search,
:mod:`pool` recombines the routes that the searches meet, :mod:`regions` plans large problems in
parts, and :mod:`engine` is the face of it all.
"""

from __future__ import annotations

from optimizer.routing.pyvrp_engine.engine import improve
from optimizer.routing.pyvrp_engine.model import EngineModel, Sequences

__all__ = ["EngineModel", "Sequences", "improve"]
