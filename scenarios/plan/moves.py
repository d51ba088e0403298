"""Who moves when: residents of homes and clients of stations, from last year's place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.siting.plan.problem import Assignments
from scenarios.plan.case import PlanCase

__all__ = ["moves"]

_COLUMNS = ["year", "kind", "service", "from_site", "from_id", "to_site", "to_id", "units"]


def moves(case: PlanCase, assignments: Assignments) -> pd.DataFrame:
    """Every move in the year in which it happens; see ``PlanRun.moves``.

    Today everybody is at home. Of the people of one row only as many move as their places of two
    years differ; they are whole where the row counts whole people.
    """
    demand, scale = case.demand, case.problem.units_per_person
    ids = case.sites["site_id"].to_numpy()
    resident = len(demand.labels) - 2
    entries = pd.DataFrame(
        {
            "year": assignments.year,
            "row": assignments.row,
            "site": assignments.site,
            "amount": assignments.amount,
        }
    )
    entries = entries[demand.site[entries["row"].to_numpy(dtype=np.int64)] >= 0]
    rows = []
    for row, mine in entries.groupby("row", sort=True):
        number = int(row)
        home = int(demand.site[number])
        total = int(case.problem.demand.amount[number])
        before = {home: total}
        for year, now in mine.groupby("year", sort=True):
            after = dict(zip(now["site"].tolist(), now["amount"].tolist(), strict=True))
            after = _whole(after, before, scale) if total % scale == 0 else after
            for start, end, units in _differences(before, after):
                kind = "residents" if demand.group[number] == resident else "clients"
                service = int(demand.service[number])
                moved = (start, ids[start], end, ids[end], units / scale)
                rows.append((int(year), kind, service, *moved))
            before = after
    table = pd.DataFrame(rows, columns=_COLUMNS)
    keys = [name for name in _COLUMNS if name != "units"]
    return pd.DataFrame(table.groupby(keys, as_index=False)["units"].sum()) if rows else table


def _whole(after: dict[int, int], before: dict[int, int], scale: int) -> dict[int, int]:
    """Whole people by largest remainder; of equals, who is there already stays."""
    whole = {site: amount // scale for site, amount in after.items()}
    left = sum(after.values()) // scale - sum(whole.values())
    order = sorted(after, key=lambda at: (-(after[at] % scale), -before.get(at, 0), at))
    for site in order[:left]:
        whole[site] += 1
    return {site: people * scale for site, people in whole.items() if people}


def _differences(before: dict[int, int], after: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """From, to and units: those who leave a site, to the sites that have more, ids ascending."""
    sites = sorted({*before, *after})
    change = {at: after.get(at, 0) - before.get(at, 0) for at in sites}
    gains = [(at, change[at]) for at in sites if change[at] > 0]
    for start in sites:
        less = -change[start]
        while less > 0 and gains:
            end, room = gains.pop(0)
            units = min(less, room)
            yield start, end, units
            less -= units
            if room > units:
                gains.insert(0, (end, room - units))
