"""Plan tables: read-only columns of one length; every fault of every field is found and named."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_REQUEST, BAD_VALUE
from optimizer.siting.plan import tables
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanRequest
from optimizer.siting.plan.tables import Attachments, Floors, Quotas, Rules, Years
from tests.plan_example import example_problem

PROBLEM = example_problem()
TABLES = {
    name: getattr(PROBLEM, name)
    for name in (
        "years",
        "sites",
        "options",
        "demand",
        "reach",
        "attachments",
        "rules",
        "floors",
        "quotas",
    )
}
COLUMNS = [
    (name, column)
    for name, table in TABLES.items()
    for column in vars(table)
    if column != "carries"
]
OWN_LENGTH = {
    ("sites", "takeover_indptr"),
    ("sites", "takeover_option"),
    ("reach", "indptr"),
    ("rules", "indptr"),
    ("rules", "option"),
    ("rules", "coefficient"),
    ("rules", "kind"),
    ("floors", "indptr"),
    ("floors", "demand"),
    ("quotas", "indptr"),
    ("quotas", "site"),
}


def faults_of(build):
    with pytest.raises(FaultError) as caught:
        build()
    return [(fault.kind, fault.values.get("field")) for fault in caught.value.faults]


def with_column(table, column, values):
    """The problem with one column of a table (or of its own) replaced."""
    if not table:
        return lambda: PROBLEM.replace(**{column: values})
    return lambda: PROBLEM.replace(**{table: getattr(PROBLEM, table).replace(**{column: values})})


def with_entry(table, column, value, at=0):
    """The problem with one entry of a column replaced."""
    owner = getattr(PROBLEM, table) if table else PROBLEM
    values = np.array(getattr(owner, column))
    values.reshape(-1)[at] = value
    return with_column(table, column, values)


def test_every_table_is_tried():
    public = {name for name in tables.__all__ if name != "UNLIMITED"}
    assert {type(table).__name__ for table in TABLES.values()} == public


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_columns_are_read_only_copies(name, column):
    values = np.array(getattr(TABLES[name], column))
    copied = getattr(TABLES[name].replace(**{column: values}), column)
    assert not np.shares_memory(values, copied)
    with pytest.raises(ValueError, match="read-only"):
        copied[0] = 0


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_column_of_the_wrong_shape_or_type_is_named(name, column):
    table, where = TABLES[name], f"{name}.{column}"
    values = getattr(table, column)
    assert faults_of(lambda: table.replace(**{column: values[None]})) == [(BAD_ARRAY, where)]
    halves = values + 0.5
    if values.dtype != bool:
        assert faults_of(lambda: table.replace(**{column: halves})) == [(BAD_ARRAY, where)]
    if values.dtype == np.int32:
        long = values + np.int64(2**40)
        assert faults_of(lambda: table.replace(**{column: long})) == [(BAD_ARRAY, where)]


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_column_of_another_length_is_named(name, column):
    table = TABLES[name]
    values = getattr(table, column)
    longer = np.concatenate([values, values[-1:]])
    if (name, column) in OWN_LENGTH:
        assert getattr(table.replace(**{column: longer}), column).shape[0] == len(values) + 1
        return
    shared = [each for each in vars(table) if each != "carries" and (name, each) not in OWN_LENGTH]
    if len(shared) == 1:
        assert len(table.replace(**{column: longer})) == len(table) + 1
    elif column == shared[0]:
        # The first column says how long the table is: all others differ from it.
        expected = [(BAD_LENGTH, f"{name}.{each}") for each in shared[1:]]
        assert faults_of(lambda: table.replace(**{column: longer})) == expected
    else:
        expected = [(BAD_LENGTH, f"{name}.{column}")]
        assert faults_of(lambda: table.replace(**{column: longer})) == expected


def test_all_columns_at_fault_are_named_at_once():
    found = faults_of(lambda: Years(weight=[0.5], capital=[[1]], running=["x"]))
    fields = ["years.weight", "years.capital", "years.running"]
    assert found == [(BAD_ARRAY, field) for field in fields]


def test_tables_left_out_are_empty():
    assert [len(each()) for each in (Attachments, Rules, Floors, Quotas)] == [0, 0, 0, 0]
    assert Rules().indptr.tolist() == Floors().indptr.tolist() == Quotas().indptr.tolist() == [0]


def test_sizes_and_capacitated_services():
    sizes = (
        PROBLEM.n_years,
        PROBLEM.n_sites,
        PROBLEM.n_options,
        PROBLEM.n_demand,
        PROBLEM.n_services,
    )
    assert sizes == (2, 4, 5, 4, 2)
    assert PROBLEM.capacitated.tolist() == [False, True]
    assert PROBLEM.level_parent.dtype == np.int32
    assert not PROBLEM.level_fanout.flags.writeable


POINTERS = [
    ("sites", "takeover_indptr"),
    ("reach", "indptr"),
    ("rules", "indptr"),
    ("floors", "indptr"),
    ("quotas", "indptr"),
]


@pytest.mark.parametrize(("table", "column"), POINTERS)
def test_unsound_pointers_are_named(table, column):
    where = f"{table}.{column}"
    indptr = getattr(getattr(PROBLEM, table), column)
    assert faults_of(with_column(table, column, indptr[:-1])) == [(BAD_LENGTH, where)]
    assert faults_of(with_entry(table, column, 1)) == [(BAD_ARRAY, where)]
    last = with_entry(table, column, int(indptr[-1]) + 1, at=-1)
    assert faults_of(last) == [(BAD_ARRAY, where)]
    if indptr.size > 2:
        falls = with_entry(table, column, int(indptr[-1]) + 1, at=1)
        assert faults_of(falls) == [(BAD_ARRAY, where)]


def test_other_lengths_between_tables_are_named():
    short = with_column("rules", "coefficient", [1, 1, 1, 1])
    assert faults_of(short) == [(BAD_LENGTH, "rules.coefficient")]
    assert faults_of(with_column("", "level_fanout", [1])) == [(BAD_LENGTH, "level_fanout")]
    none = Years(weight=[], capital=[], running=[])
    assert faults_of(lambda: PROBLEM.replace(years=none)) == [(BAD_ARRAY, "years")]


INDICES = {
    ("sites", "current"): (-2, 5),
    ("sites", "due"): (-2, 2),
    ("sites", "takeover_option"): (-1, 5),
    ("options", "site"): (-1, 4),
    ("options", "level"): (-1, 2),
    ("demand", "service"): (-1, 2),
    ("reach", "demand"): (-1, 4),
    ("", "level_parent"): (-2, 2),
    ("attachments", "child"): (-1, 4),
    ("attachments", "parent"): (-1, 4),
    ("rules", "option"): (-1, 5),
    ("rules", "first_year"): (-1, 2),
    ("rules", "last_year"): (-1, 2),
    ("floors", "demand"): (-1, 4),
    ("floors", "first_year"): (-1, 2),
    ("floors", "last_year"): (-1, 2),
    ("quotas", "site"): (-1, 4),
}


@pytest.mark.parametrize(("table", "column"), INDICES)
def test_indices_outside_their_table_are_named(table, column):
    where = f"{table}.{column}" if table else column
    for value in INDICES[table, column]:
        assert faults_of(with_entry(table, column, value)) == [(BAD_INDEX, where)]


LEAST = {
    ("years", "weight"): 0,
    ("years", "capital"): -1,
    ("years", "running"): -1,
    ("sites", "closing_cost"): 0,
    ("options", "first_year"): 0,
    ("options", "area"): 0,
    ("options", "yearly_cost"): 0,
    ("options", "opening_cost"): 0,
    ("options", "bonus"): 0,
    ("options", "capacity"): -1,
    ("options", "quota_area"): 0,
    ("demand", "amount"): 1,
    ("demand", "weight"): 0,
    ("demand", "full"): 0,
    ("demand", "backup"): 0,
    ("reach", "cost"): 0,
    ("attachments", "cost"): 0,
    ("quotas", "area"): 0,
    ("quotas", "first_year"): 0,
    ("", "level_fanout"): -1,
}


@pytest.mark.parametrize(("table", "column"), LEAST)
def test_values_below_the_least_are_named(table, column):
    where = f"{table}.{column}" if table else column
    # An entry of which no other rule speaks.
    at = 0 if column == "backup" else -1
    below = with_entry(table, column, LEAST[table, column] - 1, at=at)
    assert faults_of(below) == [(BAD_VALUE, where)]
    with_entry(table, column, LEAST[table, column], at=at)()


@pytest.mark.parametrize("name", ["ticks_per_second", "units_per_person"])
def test_scales_are_positive(name):
    assert faults_of(lambda: PROBLEM.replace(**{name: 0})) == [(BAD_VALUE, name)]


LIMITS = {
    "radius below full": (with_entry("demand", "radius", 4), "demand.radius"),
    "backup of an assigned row": (with_entry("demand", "backup", 1, at=2), "demand.backup"),
    "high below low": (with_entry("rules", "high", 0), "rules.high"),
    "a rule's span": (
        lambda: PROBLEM.replace(rules=PROBLEM.rules.replace(first_year=[1], last_year=[0])),
        "rules.last_year",
    ),
    "a floor's span": (with_entry("floors", "last_year", 0, at=1), "floors.last_year"),
    "a current option elsewhere": (with_entry("sites", "current", 4, at=2), "sites.current"),
    "a current option to come": (with_entry("options", "first_year", 1), "sites.current"),
    "a site on itself": (with_entry("attachments", "parent", 1), "attachments.parent"),
    "a level on itself": (with_entry("", "level_parent", 1, at=1), "level_parent"),
}


@pytest.mark.parametrize("case", LIMITS)
def test_values_that_do_not_fit_each_other_are_named(case):
    build, where = LIMITS[case]
    assert faults_of(build) == [(BAD_VALUE, where)]


ORDER = {
    "sites of options": (with_entry("options", "site", 0, at=4), "options.site"),
    "rows of a site": (with_entry("reach", "demand", 1, at=2), "reach.demand"),
    "rows of a floor": (with_entry("floors", "demand", 0, at=1), "floors.demand"),
    "options of a rule": (with_entry("rules", "option", 0, at=1), "rules.option"),
    "pairs": (with_entry("attachments", "parent", 0, at=2), "attachments"),
}


@pytest.mark.parametrize("case", ORDER)
def test_entries_out_of_order_are_named(case):
    build, where = ORDER[case]
    assert faults_of(build) == [(BAD_ARRAY, where)]


def test_faults_of_one_kind_come_together():
    wrong = PROBLEM.demand.replace(weight=[-1, 0, 0, 0], amount=[0, 1, 1, 1])
    found = faults_of(lambda: PROBLEM.replace(demand=wrong, ticks_per_second=0))
    assert found == [
        (BAD_VALUE, "demand.amount"),
        (BAD_VALUE, "demand.weight"),
        (BAD_VALUE, "ticks_per_second"),
    ]


def test_faults_have_words_in_both_languages():
    with pytest.raises(FaultError) as caught:
        with_entry("demand", "radius", 4)()
    (fault,) = caught.value.faults
    assert "demand.radius" in fault.text("en")
    assert "demand.radius" in fault.text("zh")


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": PlanObjective.MIN_TRAVEL, "cost_weight": -1},
        {"cost_weight": 1},
        {"forced": (1, 2), "banned": (2,)},
    ],
)
def test_requests_that_make_no_sense(changes):
    with pytest.raises(FaultError) as caught:
        PlanRequest(**changes)
    assert [fault.kind for fault in caught.value.faults] == [BAD_REQUEST]


def test_requests_can_be_varied():
    request = PlanRequest(forced=(1,)).replace(banned=(2,))
    assert (request.forced, request.banned) == ((1,), (2,))


def test_assignments_are_read_only():
    none = Assignments.none()
    assert none.year.dtype == np.int32
    assert none.amount.dtype == np.int64
    assert not none.row.flags.writeable
