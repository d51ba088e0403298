"""What a siting's planner may ask: single sites' values, why not, fallback, alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from optimizer.siting.alternatives import Alternative, alternatives
from optimizer.siting.coverage import covered
from optimizer.siting.explain import SiteChange, fallback, why_not
from optimizer.siting.problem import Question, SiteStatus
from optimizer.siting.shares import share
from optimizer.siting.site_values import site_values
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock
from scenarios.explain.telling import (
    AlternativeRow,
    Amount,
    ChangeRow,
    Explanation,
    Kind,
    Losers,
    Measure,
    ValueRow,
    alternative_text,
    change_text,
)
from scenarios.explain.words import (
    ALTERNATIVES,
    NO_ANSWER_YET,
    OUT_OF_TIME,
    alternative_layer,
    losers_by_place,
    no_answer,
    not_asked,
    unexplained,
    warnings_of,
)
from scenarios.model_explain import ExplainInput
from scenarios.model_parts import Text
from scenarios.words import SITE_STATES, STATUSES

if TYPE_CHECKING:
    from scenarios.siting.run import SitingRun

__all__ = ["explain_siting"]

_WAYS_UNKNOWN = Text(
    zh="现有站点恒开，未计算其关闭后的路程",
    en="existing sites stay open: ways without them are not searched",
)


def explain_siting(
    run: SitingRun,
    wanted: ExplainInput,
    *,
    stop: Stop,
    progress: ProgressCallback | None = None,
) -> Explanation:
    """Answer the questions about a siting.

    Args:
        run: the siting; its ids have been checked (:func:`scenarios.explain.ids.check_ids`).
        wanted: the questions.
        stop: limits for all of it together, shared fairly among the questions.
        progress: hears of every answer (phase ``explain``).
    """
    measure, value_measure = _measures(run)
    if run.answer.result.objective is None:
        return Explanation(measure, value_measure)
    return _Explainer(run, wanted, measure, stop, progress).explain(value_measure)


def _measures(run: SitingRun) -> tuple[Measure, Measure]:
    """Of the objective, and of single sites."""
    problem, question = run.problem, run.request.question
    persons = Text(zh="加权人" if run.weighted else "人", en="weighted persons")
    people = Measure(
        persons if run.weighted else Text(zh="人", en="persons"),
        "weighted person" if run.weighted else "person",
        float(problem.weight_scale),
        higher=True,
    )
    if question is Question.MCLP:
        return people, people
    if question is Question.LSCP:
        return Measure(Text(zh="处站点", en="sites"), "site", 1.0, higher=False), people
    if question is Question.P_MEDIAN:
        unit, one, decimals = Text(zh="人·分钟", en="person-minutes"), "person-minute", 0
    else:
        unit, one, decimals = Text(zh="分钟", en="minutes"), "minute", 1
    way = Measure(unit, one, run.gain_scale, higher=False, decimals=decimals)
    return way, way


class _Explainer:
    """Asks one question after the other."""

    def __init__(
        self,
        run: SitingRun,
        wanted: ExplainInput,
        measure: Measure,
        stop: Stop,
        progress: ProgressCallback | None,
    ) -> None:
        self.run, self.wanted, self.measure, self.progress = run, wanted, measure, progress
        self.clock: StopClock = stop.start()
        self.seed = run.wanted.seed
        self.numbers = {str(each): n for n, each in enumerate(run.case.sites["site_id"])}
        self.skipped: list[Text] = []
        self.better: list[Text] = []
        self.left = 0

    def explain(self, value_measure: Measure) -> Explanation:
        """All that is asked, in the scenario's order."""
        wanted = self.wanted
        values = self._values(value_measure) if wanted.marginal else ()
        forced = list(dict.fromkeys(wanted.why_not))
        failing = self._failing()
        count = 0 if wanted.alternatives is None else wanted.alternatives.count
        self.left = len(forced) + len(failing) + count
        changes = [self._change("why_not", each) for each in forced]
        changes += [self._change("fallback", each) for each in failing]
        others, complete = self._alternatives()
        return Explanation(
            self.measure,
            value_measure,
            values=values,
            changes=tuple(changes),
            alternatives=others,
            complete=complete,
            layer=None if others is None else self._layer(others),
            warnings=tuple(warnings_of("siting", self.skipped, self.better)),
        )

    def _failing(self) -> list[str]:
        if self.wanted.fallback == "all_new":
            return list(self.run.chosen["site_id"])
        return list(dict.fromkeys(self.wanted.fallback))

    def _name(self, site: int) -> Text:
        row = self.run.case.sites.iloc[site]
        return Text(zh=str(row["name"]), en=str(row["name_en"]))

    def _names(self, sites: NDArray[np.int32]) -> tuple[Text, ...]:
        return tuple(self._name(int(site)) for site in sites)

    def _values(self, measure: Measure) -> tuple[ValueRow, ...]:
        """Every open site by its worth, then the best closed ones."""
        run, question = self.run, self.run.request.question
        found = site_values(run.problem, question, run.answer)
        worth = np.array([float(each) for each in found.value]) / measure.scale
        total = self._total(measure)
        is_open = np.flatnonzero(found.is_open)
        closed = np.flatnonzero(~found.is_open & (worth > 0))
        order = [*_descending(is_open, worth), *_descending(closed, worth)[: self.wanted.top]]
        return tuple(
            self._value_row(int(site), bool(found.is_open[site]), float(worth[site]), total)
            for site in order
        )

    def _total(self, measure: Measure) -> float:
        """What the worth of single sites is a share of."""
        run, objective = self.run, self.run.answer.result.objective
        if run.request.question is Question.LSCP:
            return float(run.problem.demand_weight[run.covered_after].sum()) / measure.scale
        return float(objective or 0) / measure.scale

    def _value_row(self, site: int, is_open: bool, worth: float, total: float) -> ValueRow:
        status = SiteStatus(int(self.run.problem.site_status[site]))
        new = is_open and status is not SiteStatus.EXISTING
        told = not (is_open and not new and self._travels())
        return ValueRow(
            str(self.run.case.sites["site_id"].iloc[site]),
            self._name(site),
            is_open,
            SITE_STATES["new" if new else status.name.lower()],
            worth if told else None,
            100 * worth / total if told and total else None,
            note=None if told else _WAYS_UNKNOWN,
        )

    def _travels(self) -> bool:
        return self.run.request.question in (Question.P_MEDIAN, Question.P_CENTER)

    def _change(self, kind: Kind, site_id: str) -> ChangeRow:
        site = self.numbers[site_id]
        name, run = self._name(site), self.run
        is_open = bool(np.isin(site, run.answer.open_sites))
        if is_open == (kind == "why_not"):
            self.left -= 1
            return not_asked(kind, site_id, name, is_open=is_open)
        existing = run.problem.site_status[site] == SiteStatus.EXISTING
        if existing and self._travels():
            self.left -= 1
            return ChangeRow(kind, site_id, name, _WAYS_UNKNOWN, NO_ANSWER_YET)
        if self.clock.reason() is not None:
            self.skipped.append(unexplained(kind, name))
            return ChangeRow(kind, site_id, name, OUT_OF_TIME, NO_ANSWER_YET)
        ask = why_not if kind == "why_not" else fallback
        found = ask(
            run.problem,
            run.request,
            run.answer,
            site,
            stop=share(self.clock, self.left),
            seed=self.seed,
        )
        self.left -= 1
        self._tell(found.answer.result.objective)
        return self._change_row(kind, site_id, name, found)

    def _change_row(self, kind: Kind, site_id: str, name: Text, found: SiteChange) -> ChangeRow:
        result = found.answer.result
        status = STATUSES[result.status]
        loss = Amount.of(found.loss, self.run.answer.result.objective, self.measure)
        if loss is None:
            text = no_answer(kind, name, result.status)
            return ChangeRow(kind, site_id, name, text, status)
        site = found.site
        out = self._names(found.closed[found.closed != site])
        into = self._names(found.opened[found.opened != site])
        losers = self._losers(found)
        text = change_text(kind, name, self.measure, loss, out, into, losers)
        if found.given_up:
            persons = f"{found.given_up / self.run.problem.weight_scale:,.0f}"
            text = Text(
                zh=f"{text.zh}其中 {persons} 人除该站外无站点可覆盖。",
                en=f"{text.en} Nobody but this site can cover {persons} of them.",
            )
        if loss.found < 0 and not found.given_up:
            self.better.append(text)
        return ChangeRow(kind, site_id, name, text, status, loss, out, into, losers)

    def _losers(self, found: SiteChange) -> Losers:
        run, demand = self.run, self.run.demand
        now = covered(run.problem, found.answer.open_sites)
        before = covered(run.problem, run.answer.open_sites)
        lost = demand.persons * (before & ~now)
        return Losers(
            float(lost.sum()),
            float(demand.persons[now & ~before].sum()),
            losers_by_place(run.district.labels, demand.district, lost),
        )

    def _alternatives(self) -> tuple[tuple[AlternativeRow, ...] | None, bool]:
        wanted, run = self.wanted.alternatives, self.run
        if wanted is None:
            return None, False
        if self.clock.reason() is not None:
            self.skipped.append(ALTERNATIVES)
            return None, False
        found = alternatives(
            run.problem,
            run.request,
            run.answer,
            wanted.count,
            within=wanted.within_percent / 100,
            differ_by=wanted.differ_by,
            stop=share(self.clock, 1),
            seed=self.seed,
            progress=self.progress,
        )
        if len(found.found) < wanted.count and not found.complete:
            self.skipped.append(ALTERNATIVES)
        rows = tuple(self._alternative(n, each) for n, each in enumerate(found.found, start=1))
        return rows, found.complete

    def _alternative(self, number: int, found: Alternative) -> AlternativeRow:
        before, after = self.run.answer.open_sites, found.answer.open_sites
        loss = Amount.of(found.loss, self.run.answer.result.objective, self.measure)
        assert loss is not None
        out = self._names(np.setdiff1d(before, after))
        into = self._names(np.setdiff1d(after, before))
        text = alternative_text(self.measure, loss, out, into)
        if loss.found < 0:
            self.better.append(text)
        new = after[self.run.problem.site_status[after] != SiteStatus.EXISTING]
        ids = self.run.case.sites["site_id"].iloc[new]
        return AlternativeRow(number, text, loss, out, into, tuple(map(str, ids)))

    def _layer(self, rows: Sequence[AlternativeRow]) -> gpd.GeoDataFrame:
        """Sites that alternatives open and the answer does not."""
        sites = self.run.case.sites
        in_answer = set(sites["site_id"].iloc[self.run.answer.open_sites])
        return alternative_layer(sites, rows, in_answer)

    def _tell(self, objective: int | None) -> None:
        if self.progress is not None:
            self.progress(Progress("explain", self.clock.elapsed, objective))


def _descending(sites: NDArray[np.intp], worth: NDArray[np.float64]) -> list[int]:
    return [int(site) for site in sites[np.argsort(-worth[sites], kind="stable")]]
