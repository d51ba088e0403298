"""One page in front of several reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from base.faults import Lang
from scenarios.model import Text
from scenarios.report import Fact, page_environment, page_style

__all__ = ["ReportLink", "write_index"]


@dataclass(frozen=True)
class ReportLink:
    """A report: what it answers, where it lies (relative to the page), its headline figures."""

    title: Text
    href: str
    facts: tuple[Fact, ...]
    papers: tuple[tuple[Text, str], ...] = ()
    """Printed sheets beside the report: (name, href)."""


def write_index(
    path: Path,
    title: Text,
    subtitle: Text,
    links: Sequence[ReportLink],
    notes: Sequence[Text] = (),
    lang: Lang = "zh",
) -> None:
    """Write the page; it opens in ``lang`` and switches to the other language."""
    html = (
        page_environment()
        .get_template("index.html.j2")
        .render(
            title=title, subtitle=subtitle, links=links, notes=notes, lang=lang, style=page_style()
        )
    )
    path.write_text(html, encoding="utf-8")
