"""Every word of the command line stands in both languages, with the same values."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from api.words import WORDS, preferred_lang, word


def test_both_languages_take_the_same_values() -> None:
    for key, (zh, en) in WORDS.items():
        names = [{n for _, n, _, _ in string.Formatter().parse(text) if n} for text in (zh, en)]
        assert names[0] == names[1], key
        assert re.search(r"[\u4e00-\u9fff]", zh), key
        assert not re.search(r"[\u4e00-\u9fff]", en), key


def test_language_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, lang in (("zh", "zh"), ("zh_CN.UTF-8", "zh"), ("en", "en"), ("de", "en")):
        monkeypatch.setenv("CARECIRCLE_LANG", value)
        assert preferred_lang() == lang


def test_words_take_values() -> None:
    assert word("violations", "en", path="x", count=3) == "x: 3 violations"
    assert word("violations", "zh", path="x", count=3) == "x：3 处违规"


@pytest.mark.parametrize(
    "command",
    ["site", "plan", "visits", "week", "meals", "demo", "check", "network", "templates", "schema"],
)
def test_chinese_help_is_not_cut_off(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", command, "--help"],
        cwd=Path(__file__).parents[2],
        env={"PATH": "", "CARECIRCLE_LANG": "zh", "COLUMNS": "80", "HOME": str(Path.home())},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert re.search("[\u4e00-\u9fff]", done.stdout)
    assert "…" not in done.stdout, done.stdout
