"""Runner, records, comparison, report and downloads on a family of one tiny instance."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.compare import compare
from benchmarks.fetch import FetchError, fetch
from benchmarks.profiles import gap_over_time, loss_profile, time_profile
from benchmarks.readers.solomon import Solomon
from benchmarks.record import Record, read_records, write_records
from benchmarks.runner import OURS, available_peers
from benchmarks.sources import SOURCES, Download, PublicSet
from benchmarks.suites import SUITES
from benchmarks.suites.mclp_cordeau import Generated, draw, load
from benchmarks.suites.vrptw import faults_of

RING = "6 6 2\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 6 1\n6 1 1\n"


def record(**changes: object) -> Record:
    base = Record("s", "i", OURS, "feasible", "min", objective=100.0, best_known=90.0, seconds=1.0)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_a_run_from_the_command_line_writes_records_and_solutions(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "pmed"
    folder.mkdir(parents=True)
    (folder / "pmed1.txt").write_text(RING, encoding="utf-8")
    (folder / "best_known.csv").write_text(
        "instance,pmedian_optimum,pcenter_optimum\npmed1,4,1\n", encoding="utf-8"
    )
    command = ["run", "--suite", "pcenter", "--data", str(folder.parent), "--seconds", "5"]
    command += ["--peers", "highs,nobody", "--seeds", "1", "--out", str(tmp_path / "r.json")]
    done = CliRunner().invoke(app, [*command, "--solutions", str(tmp_path / "sol")])
    assert done.exit_code == 0, done.output
    assert "no peer nobody" in done.output
    ours, highs = read_records(tmp_path / "r.json")
    assert (ours.solver, highs.solver) == (OURS, "highs")
    for one in (ours, highs):
        assert (one.status, one.objective, one.gap, one.proved_gap) == ("optimal", 1.0, 0.0, 0.0)
        assert one.peak_mb is not None and one.peak_mb > 10
        assert one.machine["cores"] >= 1 and "highspy" in one.versions
        assert one.limit_s == 5.0 and one.threads == 1 and one.trace[-1][1] == 1.0
    value, sites = (tmp_path / "sol/pcenter/pmed1.carecircle.seed0.sol").read_text().splitlines()
    assert value == "1" and len(sites.split()) == 2


def test_missing_data_and_unknown_suites_are_told() -> None:
    done = CliRunner().invoke(app, ["run", "--suite", "nothing"])
    assert done.exit_code == 2 and "no suite 'nothing'" in done.output
    done = CliRunner().invoke(app, ["run", "--suite", "reach", "--instances", "atlantis"])
    assert done.exit_code == 2 and "no instance fits 'atlantis'" in done.output


def test_a_peer_without_its_package_is_told() -> None:
    suite = replace(SUITES["reach"], packages={"scipy": ("no-such-package",)})
    usable, missing = available_peers(suite, ["scipy"])
    assert usable == [] and missing == ["peer scipy needs no-such-package"]


def test_records_survive_the_file_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    written = [record(trace=[(0.1, 120.0), (0.9, 100.0)], metrics={"served": 3.0})]
    write_records(path, written)
    assert read_records(path) == written
    path.write_text("[{}]", encoding="utf-8")
    with pytest.raises(ValueError, match="no list of benchmark records"):
        read_records(path)


def test_gaps_are_fractions_of_best_known_in_the_sense_of_the_objective() -> None:
    assert record().gap == pytest.approx(10 / 90)
    assert record(sense="max").gap == pytest.approx(-10 / 90)
    assert record(objective=None).gap is None
    assert record(bound=80.0).proved_gap == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"objective": 100.2}, "objective is worse"),
        ({"objective": None, "status": "no_solution"}, "answers fewer seeds"),
        ({"objective": None, "status": "failed"}, "answers fewer seeds"),
    ],
)
def test_compare_flags_what_got_worse(changes: dict[str, object], what: str) -> None:
    assert [change.what for change in compare([record()], [record(**changes)])] == [what]


def test_compare_is_quiet_about_equal_better_slower_and_new_runs() -> None:
    old = [record(status="optimal")]
    assert compare(old, old) == ()
    assert compare(old, [record(status="optimal", objective=99.0, seconds=50.0)]) == ()
    assert compare(old, [record(instance="other")]) == ()
    assert compare(old, [record()])[0].what == "proves fewer seeds optimal"


def test_compare_by_command(tmp_path: Path) -> None:
    write_records(tmp_path / "old.json", [record()])
    write_records(tmp_path / "new.json", [record(objective=110.0)])
    command = ["compare", str(tmp_path / "old.json")]
    assert CliRunner().invoke(app, [*command, command[1]]).exit_code == 0
    done = CliRunner().invoke(app, [*command, str(tmp_path / "new.json")])
    assert done.exit_code == 1 and "objective is worse by 10.000%" in done.output


def test_profiles_count_what_is_unsolved_and_leave_out_what_cannot_be_said() -> None:
    runs = [
        record(status="optimal", seconds=1.0, objective=90.0, trace=[(1.0, 90.0)]),
        record(solver="peer", status="optimal", seconds=4.0, objective=99.0, trace=[(4.0, 99.0)]),
        record(instance="j", status="optimal", seconds=2.0, objective=90.0, trace=[(2.0, 90.0)]),
        record(instance="j", solver="peer", status="no_solution", objective=None),
        record(instance="j", solver="mute", status="not_expressible", objective=None),
    ]
    times, losses, gaps = time_profile(runs), loss_profile(runs), gap_over_time(runs)
    assert set(times) == set(losses) == set(gaps) == {OURS, "peer"}
    assert times[OURS][1][0] == 1.0
    assert times["peer"][0][-1] == 4.0 and times["peer"][1].tolist() == [0.0, 0.5]
    assert losses["peer"][0][-1] == pytest.approx(0.1) and losses["peer"][1][-1] == 0.5
    at, gap = gaps[OURS]
    assert gap[0] == 0.5 and gap[-1] == 0.0 and np.all(np.diff(gap) <= 0) and at[0] == 1.0


def test_the_report_stands_alone(tmp_path: Path) -> None:
    seeds = [record(trace=[(0.5, 120.0), (1.0, 100.0)]), record(seed=1, objective=104.0)]
    mute = record(solver="peer", status="not_expressible", objective=None, note="<no breaks>")
    write_records(tmp_path / "r.json", [*seeds, mute])
    done = CliRunner().invoke(app, ["report", str(tmp_path / "r.json"), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| i | carecircle | feasible | 102 (worst 104) | 90 | 13.333% |" in text
    assert "| i | peer | - | - |" in text and "seeds 0, 1" in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page and "&lt;no breaks&gt;" in page
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)


# --- downloads ------------------------------------------------------------------------------------


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"In/{name}.txt", content)
    return buffer.getvalue()


def test_fetch_unpacks_checks_and_leaves_files_alone(tmp_path: Path) -> None:
    archive = zipped(c101=b"one")
    served = {
        "https://b.example/a.txt": b"plain",
        "https://b.example/t.tsp.gz": gzip.compress(b"points"),
        "https://b.example/s.zip": archive,
    }
    asked: list[str] = []

    def get(address: str) -> bytes:
        asked.append(address)
        if address not in served:
            raise OSError("not here")
        return served[address]

    public = PublicSet(
        "family",
        "test",
        (
            Download(("https://a.example/a.txt", "https://b.example/a.txt"), "a.txt"),
            Download(("https://b.example/t.tsp.gz",), "t.tsp.gz"),
            Download(("https://b.example/s.zip",), "s.zip", hashlib.sha256(archive).hexdigest()),
        ),
    )
    written = fetch(public, tmp_path, get=get, tell=asked.append)
    assert [path.name for path in written] == ["a.txt", "t.tsp", "C101.txt"]
    assert [path.read_bytes() for path in written] == [b"plain", b"points", b"one"]
    asked.clear()
    assert fetch(public, tmp_path, get=get, tell=asked.append) == [] and asked == []
    # A file that changed since the first download is refused.
    (tmp_path / "family" / "a.txt").unlink()
    served["https://b.example/a.txt"] = b"forged"
    with pytest.raises(FetchError, match=r"a\.txt has sha256"):
        fetch(public, tmp_path, get=get, tell=asked.append)
    assert not (tmp_path / "family" / "a.txt").exists()


def test_fetch_without_a_network_says_so(tmp_path: Path) -> None:
    def get(address: str) -> bytes:
        raise OSError("no route")

    with pytest.raises(FetchError, match=r"pmed1\.txt cannot be had .*no route.*Is there a netw"):
        fetch(SOURCES["pmed"], tmp_path, get=get, tell=print)
    assert list((tmp_path / "pmed").iterdir()) == []


def test_sources_are_https_and_named_once() -> None:
    for public in SOURCES.values():
        names = [download.name for download in public.downloads]
        assert len(set(names)) == len(names)
        for download in public.downloads:
            assert all(address.startswith("https://") for address in download.addresses)
    listed = CliRunner().invoke(app, ["fetch"]).output
    assert all(name in listed for name in SOURCES)


# --- families -------------------------------------------------------------------------------------


def test_the_generated_family_is_the_same_bits_everywhere() -> None:
    source = Generated(100, 1000, 5.5, 10, 0)
    sites, customers, demand = draw(source)
    digest = hashlib.sha256(sites.tobytes() + customers.tobytes() + demand.tobytes()).hexdigest()
    assert digest[:16] == "ee94f03e86dfe42a"
    assert customers.min() >= 0 and customers.max() < 30
    assert (demand.min(), demand.max()) == (1, 100)
    lists = load(source)
    near = np.hypot(*(sites[:, None, :] - customers[None, :, :]).transpose(2, 0, 1)) < 5.5
    assert np.array_equal(lists.covered, np.nonzero(near)[1])
    assert np.array_equal(np.diff(lists.indptr), near.sum(axis=1))
    assert lists.value(np.array([3, 8])) == demand[near[[3, 8]].any(axis=0)].sum()


def test_the_vrptw_checker_finds_what_is_wrong() -> None:
    columns = np.array(
        [[0, 0, 0, 0, 100, 0], [3, 4, 5, 0, 50, 10], [1, 1, 6, 10, 60, 10], [9, 9, 1, 0, 12, 0]]
    )
    instance = Solomon(2, 11, *columns.T)
    assert faults_of(instance, [[3], [1, 2]]) == "customer 3 is reached too late"
    on_time = Solomon(2, 11, *np.vstack([columns[:3], [9, 9, 1, 0, 13, 0]]).T)
    assert faults_of(on_time, [[3], [1, 2]]) is None
    assert faults_of(on_time, [[3, 1, 2]]) == "route [3, 1, 2] is over capacity"
    assert faults_of(on_time, [[1], [2], [3]]) == "3 routes, 2 vehicles"
    assert "1 customers unserved" in str(faults_of(on_time, [[1, 2]]))
