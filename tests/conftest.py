"""What every test run shares: fixed hypothesis seeds, resumable long checks, the real layers."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
PASSED = ROOT / ".accept" / "passed.json"

# Fixed seeds, and no deadline: these machines are noisy and compiled kernels compile once.
settings.register_profile("carecircle", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("carecircle")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real layers beside the project; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real layers (../shared/data) are not beside the project")
    return folder


@pytest.fixture(scope="session")
def shared_bench() -> Path:
    """The folder of public benchmark instances beside the project."""
    folder = ROOT.parent / "shared" / "bench"
    if not folder.is_dir():
        pytest.skip("the benchmark instances (../shared/bench) are not beside the project")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--resume``."""
    parser.addoption(
        "--resume",
        action="store_true",
        help="leave out tests that already passed on exactly this source tree",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep a record of passed tests when asked to."""
    if config.getoption("--resume"):
        config.pluginmanager.register(_Resume(), "resume")


class _Resume:
    """Remembers passed tests per source tree, so that a stopped long run goes on."""

    def __init__(self) -> None:
        self.tree = _tree_hash()
        record = json.loads(PASSED.read_text()) if PASSED.exists() else {}
        self.passed: set[str] = set(record.get(self.tree, []))

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        done = [item for item in items if item.nodeid in self.passed]
        if done:
            config.hook.pytest_deselected(items=done)
            items[:] = [item for item in items if item.nodeid not in self.passed]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)
            PASSED.parent.mkdir(exist_ok=True)
            PASSED.write_text(json.dumps({self.tree: sorted(self.passed)}, indent=1))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.passed:
            session.exitstatus = pytest.ExitCode.OK


def _tree_hash() -> str:
    """Hash of every tracked or new file's content, so that any change runs all checks again."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed)):
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".toml", ".lock", ".yaml"}:
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:20]
