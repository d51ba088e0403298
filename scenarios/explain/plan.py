"""What a plan's planner may ask: values, why not, fallback, alternatives, curve, trade-off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from optimizer.result import Status
from optimizer.siting.plan.evaluate import evaluate
from optimizer.siting.plan.explain.alternatives import PlanAlternative, alternatives, new_sites
from optimizer.siting.plan.explain.curve import PlanCurvePoint, coverage_curve
from optimizer.siting.plan.explain.marginal import MarginalValue, marginal_values
from optimizer.siting.plan.explain.pareto import ParetoPoint, pareto_front
from optimizer.siting.plan.explain.why import OptionChange, PlanDifference, fallback, why_not
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective
from optimizer.siting.shares import share
from optimizer.stop import ProgressCallback, Stop
from scenarios.explain.plan_words import (
    asked,
    broken_text,
    closed_for_good,
    loss_over_options,
    share_text,
)
from scenarios.explain.telling import (
    AlternativeRow,
    Amount,
    ChangeRow,
    CurveRow,
    Explanation,
    FrontRow,
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
from scenarios.model_explain import PlanExplainInput
from scenarios.model_parts import Text
from scenarios.plan.conflict import conflict_texts
from scenarios.plan.figures import served_units
from scenarios.plan.names import PlanNames, bracketed
from scenarios.words import STATUSES

if TYPE_CHECKING:
    from scenarios.plan.run import PlanRun

__all__ = ["explain_plan"]

_FEN = 100.0
_MINUTE = 60_000
_PPM = 10_000.0
_CURVE = Text(zh="站点数与成效曲线", en="worth by number of new sites")
_FRONT = Text(zh="成效与费用的权衡", en="worth against cost")


def explain_plan(
    run: PlanRun,
    wanted: PlanExplainInput,
    *,
    stop: Stop,
    progress: ProgressCallback | None = None,
) -> Explanation:
    """Answer the questions about a plan.

    Args:
        run: the plan; its ids have been checked (:func:`scenarios.explain.ids.check_ids`).
        wanted: the questions.
        stop: limits for all of it together, shared fairly among the questions.
        progress: hears of the solves.
    """
    measure, value_measure = _measures(run)
    if not run.solved:
        return Explanation(measure, value_measure)
    return _Explainer(run, wanted, measure, value_measure, stop, progress).explain()


def _measures(run: PlanRun) -> tuple[Measure, Measure]:
    """Of the objective, and of single sites, the curve and the front."""
    problem, objective = run.problem, run.request.objective
    people = _people(run)
    if objective is PlanObjective.MIN_COST:
        return Measure(Text(zh="元", en="yuan"), "yuan", _FEN, higher=False), people
    if objective is PlanObjective.MIN_TRAVEL:
        scale = float(run.case.value_scale * _MINUTE)
        way = Text(zh="人·分钟", en="person-minutes")
        if run.request.cost_weight:
            way = Text(zh="人·分钟（含折算费用）", en="person-minutes (costs included)")
        return Measure(way, "person-minute", scale, higher=False), people
    if objective is PlanObjective.MIN_WORST:
        scale = 60.0 * problem.ticks_per_second
        return Measure(
            Text(zh="分钟", en="minutes"), "minute", scale, higher=False, decimals=1
        ), people
    return people, people


def _people(run: PlanRun) -> Measure:
    """Persons, or person-years where the plan counts several; weighted where people are."""
    problem = run.problem
    weighted = set(run.case.demand.weight[run.case.demand.place >= 0].tolist()) - {1.0}
    weighted_too = bool(problem.options.bonus.any() or problem.demand.backup.any())
    years = int(problem.years.weight.sum()) != 1
    zh, en, one = ("人·年", "person-years", "person-year") if years else ("人", "persons", "person")
    if weighted or weighted_too or problem.n_services > 1:
        zh, en, one = f"加权{zh}", f"weighted {en}", f"weighted {one}"
    return Measure(Text(zh=zh, en=en), one, float(run.case.value_scale), higher=True)


class _Explainer:
    """Asks one question after the other."""

    def __init__(
        self,
        run: PlanRun,
        wanted: PlanExplainInput,
        measure: Measure,
        value_measure: Measure,
        stop: Stop,
        progress: ProgressCallback | None,
    ) -> None:
        self.run, self.wanted, self.progress = run, wanted, progress
        self.measure, self.value_measure = measure, value_measure
        self.clock = stop.start()
        self.seed = run.wanted.objective.seed
        self.names = PlanNames(run)
        self.numbers = {str(each): n for n, each in enumerate(run.case.sites["site_id"])}
        self.here = evaluate(run.problem, run.answer.option, run.answer.assignments)
        self.skipped: list[Text] = []
        self.better: list[Text] = []
        self.left = 0.0

    def explain(self) -> Explanation:
        """All that is asked, in the scenario's order."""
        wanted, run = self.wanted, self.run
        forced, failing = list(dict.fromkeys(wanted.why_not)), self._failing()
        count = 0 if wanted.alternatives is None else wanted.alternatives.count
        curve = 0 if wanted.curve_to is None else wanted.curve_to + 1
        front = (
            0 if wanted.pareto is None else 2 * wanted.pareto.points * wanted.pareto.share_levels
        )
        self.left = float(len(forced) + len(failing) + count + curve + front)
        values = self._values() if wanted.marginal else ()
        changes = [self._change("why_not", each) for each in forced]
        changes += [self._change("fallback", each) for each in failing]
        others, complete = self._alternatives(count)
        points = self._curve(curve)
        trade, all_levels = self._front(front)
        layer = None
        if others is not None:
            mine = {str(run.case.sites["site_id"].iloc[site]) for site in self._new(run.answer)}
            layer = self._named(alternative_layer(run.case.sites, others, mine))
        return Explanation(
            self.measure,
            self.value_measure,
            values=values,
            changes=tuple(changes),
            alternatives=others,
            complete=complete,
            front=trade,
            front_complete=all_levels,
            curve=points,
            layer=layer,
            warnings=tuple(warnings_of("plan", self.skipped, self.better)),
        )

    def _named(self, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """The layer with the names that the plan's tables use."""
        names = [self.names.sites[self.numbers[each]] for each in layer["site_id"].astype(str)]
        return layer.assign(name=[each.zh for each in names], name_en=[each.en for each in names])

    def _failing(self) -> list[str]:
        if self.wanted.fallback == "all_new":
            return [
                str(self.run.case.sites["site_id"].iloc[at]) for at in self._new(self.run.answer)
            ]
        return list(dict.fromkeys(self.wanted.fallback))

    def _new(self, answer: PlanAnswer) -> list[int]:
        return [int(site) for site in new_sites(self.run.problem, answer)]

    def _take(self, weight: float) -> Stop:
        """The stop rule of a question that has this part of what is left to ask."""
        rule = share(self.clock, self.left / weight)
        self.left -= weight
        return rule

    def _late(self, question: Text) -> bool:
        """Whether time is up; the question is then noted as not answered."""
        if self.clock.reason() is None:
            return False
        self.skipped.append(question)
        return True

    def _option_name(self, option: int) -> Text:
        site = int(self.run.problem.options.site[option])
        return bracketed(self.names.sites[site], self.names.options[option])

    # --- single sites ---------------------------------------------------------------------------

    def _values(self) -> tuple[ValueRow, ...]:
        """Every standing site by its worth, then the best option of each of the best others."""
        run = self.run
        found = marginal_values(run.problem, run.request, run.answer)
        leaving = sorted((each for each in found if each.move.option < 0), key=lambda m: m.value)
        best: dict[int, MarginalValue] = {}
        for each in found:
            site = each.move.site
            if each.move.option < 0 or run.answer.option[-1, site] >= 0 or each.value <= 0:
                continue
            if site not in best or self._rank(each) < self._rank(best[site]):
                best[site] = each
        adding = sorted(best.values(), key=self._rank)[: self.wanted.top]
        return tuple(self._value_row(each) for each in [*leaving, *adding])

    @staticmethod
    def _rank(move: MarginalValue) -> tuple[int, int, int]:
        return -move.value, move.cost, move.move.option

    def _value_row(self, found: MarginalValue) -> ValueRow:
        run, move = self.run, found.move
        is_open = move.option < 0
        option = int(run.answer.option[-1, move.site]) if is_open else move.option
        scale, total = self.value_measure.scale, self.here.value
        worth = -found.value if is_open else found.value
        return ValueRow(
            str(run.case.sites["site_id"].iloc[move.site]),
            self.names.sites[move.site],
            is_open,
            self.names.options[option],
            worth / scale,
            100 * worth / total if total else None,
            found.cost / _FEN,
            broken_text(run, found.broken),
        )

    # --- why not, fallback ----------------------------------------------------------------------

    def _change(self, kind: Kind, site_id: str) -> ChangeRow:
        site, run = self.numbers[site_id], self.run
        name = self.names.sites[site]
        stands = run.answer.option[:, site]
        is_open = bool(stands[-1] >= 0) if kind == "why_not" else bool((stands >= 0).any())
        mine = np.flatnonzero(run.problem.options.site == site)
        mine = mine[run.problem.options.first_year[mine] < run.problem.n_years]
        rule = self._take(1.0)
        if is_open == (kind == "why_not"):
            return not_asked(kind, site_id, name, is_open=is_open)
        if not mine.size:
            return ChangeRow(
                kind, site_id, name, closed_for_good(name), STATUSES[Status.INFEASIBLE]
            )
        if self._late(unexplained(kind, name)):
            return ChangeRow(kind, site_id, name, OUT_OF_TIME, NO_ANSWER_YET)
        if kind == "why_not":
            found = self._forced([int(each) for each in mine], rule)
        else:
            found = [self._banned(site, mine.tolist(), rule)]
        return self._change_row(kind, site, found)

    def _forced(self, options: Sequence[int], stop: Stop) -> list[OptionChange]:
        """The best plans with each option of a site in turn."""
        run, clock, done = self.run, stop.start(), list[OptionChange]()
        for at, option in enumerate(options):
            rule = share(clock, len(options) - at)
            args = (run.problem, run.request, run.answer, option)
            found = why_not(*args, stop=rule, seed=self.seed, progress=self.progress)
            done.append(found)
            if found.loss is not None and found.loss.found <= 0 and found.loss.proved:
                break
        return done

    def _banned(self, site: int, options: Sequence[int], stop: Stop) -> OptionChange:
        """The best plan without a site's premises: none of its options may stand."""
        run = self.run
        shown = run.answer.option[:, site]
        option = int(shown[shown >= 0][-1])
        others = tuple(each for each in options if each != option)
        forced = tuple(each for each in run.request.forced if each not in others)
        request = run.request.replace(banned=(*run.request.banned, *others), forced=forced)
        args = (run.problem, request, run.answer, option)
        return fallback(*args, stop=stop, seed=self.seed, progress=self.progress)

    def _change_row(self, kind: Kind, site: int, found: Sequence[OptionChange]) -> ChangeRow:
        run = self.run
        site_id, name = str(run.case.sites["site_id"].iloc[site]), self.names.sites[site]
        best, loss = loss_over_options(run.request.objective, run.answer, found)
        status = STATUSES[best.answer.result.status]
        if not best.answer.option.size:
            reasons = (
                () if best.conflict is None else conflict_texts(run.case, asked(best.conflict))
            )
            text = no_answer(kind, name, best.answer.result.status, reasons)
            return ChangeRow(kind, site_id, name, text, status)
        if kind == "why_not" and len(found) > 1:
            name = self._option_name(best.option)
        out, into = self._named_change(best.difference, site)
        losers = self._losers(best.answer)
        amount = Amount.of(loss, run.answer.result.objective, self.measure)
        if amount is None:
            text = share_text(kind, name, run.answer, best.answer, out, into)
            return ChangeRow(kind, site_id, name, text, status, None, out, into, losers)
        text = change_text(kind, name, self.measure, amount, out, into, losers)
        if amount.found < 0:
            self.better.append(text)
        return ChangeRow(kind, site_id, name, text, status, amount, out, into, losers)

    def _named_change(
        self, change: PlanDifference, site: int = -1
    ) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
        """What closes and what opens besides a site."""
        at = self.run.problem.options.site
        out = {int(at[each]): int(each) for each in change.out if at[each] != site}
        into = [int(each) for each in change.into if at[each] != site]
        names = []
        for option in into:
            before = out.pop(int(at[option]), None)
            names.append(
                self._option_name(option) if before is None else self._turned(before, option)
            )
        return tuple(self._option_name(each) for each in out.values()), tuple(names)

    def _turned(self, before: int, after: int) -> Text:
        """A site that changes its level or size."""
        was, now = self.names.options[before], self.names.options[after]
        site = int(self.run.problem.options.site[after])
        way = Text(zh=f"{was.zh}→{now.zh}", en=f"{was.en} → {now.en}")
        return bracketed(self.names.sites[site], way)

    def _losers(self, after: PlanAnswer) -> Losers:
        """Who is served in the last year of one plan and not of the other."""
        run = self.run
        now = served_units(run.problem, after.option, after.assignments)[-1]
        lost = np.maximum(run.served[-1] - now, 0.0)
        several = run.problem.n_services > 1
        return Losers(
            float(lost.sum()),
            float(np.maximum(now - run.served[-1], 0.0).sum()),
            losers_by_place(run.district.labels, run.case.demand.district, lost),
            Text(zh="人次", en="uses of a service") if several else self.names.units[0],
        )

    # --- alternatives, curve, front -------------------------------------------------------------

    def _alternatives(self, count: int) -> tuple[tuple[AlternativeRow, ...] | None, bool]:
        wanted, run = self.wanted.alternatives, self.run
        if wanted is None or self._late(ALTERNATIVES):
            return None, False
        found = alternatives(
            run.problem,
            run.request,
            run.answer,
            count,
            within=wanted.within_percent / 100,
            differ_by=wanted.differ_by,
            stop=self._take(count),
            seed=self.seed,
            progress=self.progress,
        )
        if len(found.found) < count and not found.complete:
            self.skipped.append(ALTERNATIVES)
        rows = tuple(self._alternative(n, each) for n, each in enumerate(found.found, start=1))
        return rows, found.complete

    def _alternative(self, number: int, found: PlanAlternative) -> AlternativeRow:
        loss = Amount.of(found.loss, self.run.answer.result.objective, self.measure)
        assert loss is not None
        out, into = self._named_change(found.difference)
        text = alternative_text(self.measure, loss, out, into)
        if loss.found < 0 and not found.answer.shares.size:
            self.better.append(text)
        ids = self.run.case.sites["site_id"]
        new = tuple(str(ids.iloc[site]) for site in self._new(found.answer))
        return AlternativeRow(number, text, loss, out, into, new)

    def _curve(self, weight: int) -> tuple[CurveRow, ...]:
        wanted, run = self.wanted.curve_to, self.run
        if wanted is None or self._late(_CURVE):
            return ()
        found = coverage_curve(
            run.problem,
            run.request,
            wanted,
            stop=self._take(weight),
            seed=self.seed,
            progress=self.progress,
        )
        return tuple(self._curve_row(each) for each in found)

    def _curve_row(self, point: PlanCurvePoint) -> CurveRow:
        scale = self.value_measure.scale
        value, bound = (
            None if each is None else each / scale for each in (point.objective, point.bound)
        )
        return CurveRow(point.new_sites, value, bound, STATUSES[point.status])

    def _front(self, weight: int) -> tuple[tuple[FrontRow, ...] | None, bool]:
        wanted, run = self.wanted.pareto, self.run
        if wanted is None or self._late(_FRONT):
            return None, False
        found = pareto_front(
            run.problem,
            run.request,
            cost_levels=wanted.points,
            share_levels=wanted.share_levels,
            stop=self._take(weight),
            seed=self.seed,
            progress=self.progress,
        )
        if not found.complete:
            self.skipped.append(_FRONT)
        rows = [self._front_row(each) for each in found.points]
        if not any(row.chosen for row in rows):
            rows.append(self._this_plan())
        rows.sort(key=lambda row: (row.cost_yuan, row.value))
        return tuple(rows), found.complete

    def _front_row(self, point: ParetoPoint) -> FrontRow:
        scale, here = self.value_measure.scale, self.here
        return FrontRow(
            point.value / scale,
            point.cost / _FEN,
            None if point.share is None else point.share / _PPM,
            len(self._new(point.answer)),
            point.proved,
            None if point.value_bound is None else point.value_bound / scale,
            chosen=(point.value, point.cost) == (here.value, here.cost),
        )

    def _this_plan(self) -> FrontRow:
        here = self.here
        return FrontRow(
            here.value / self.value_measure.scale,
            here.cost / _FEN,
            float(here.shares[0]) / _PPM if here.shares.size else None,
            len(self._new(self.run.answer)),
            proved=False,
            value_bound=None,
            chosen=True,
        )
