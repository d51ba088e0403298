"""The words of routing problems: marks for "none" and the kinds of links."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["NONE", "UNREACHABLE", "LinkKind"]

NONE = -1
"""Marks "no such thing" in index columns and "no limit" in limit columns."""
UNREACHABLE = 2**30
"""Travel time of a pair of places that no way connects."""


class LinkKind(IntEnum):
    """How two tasks hang together.

    Tasks tied by ``SAME_START`` or ``SEQUENCE`` are served together or not at all. The other
    kinds bind only where both tasks are served.
    """

    SAME_START = 0
    """Two people start at the same moment (a double-staffed visit is two linked tasks)."""
    SEQUENCE = 1
    """Second start minus first start lies within [link_min, link_max]; different people."""
    DIFFERENT_PERSON = 2
    """Nobody serves both."""
    SAME_PERSON = 3
    """Whoever serves one serves the other (the smaller staff lies within the larger)."""
    NOT_OVERLAPPING = 4
    """One is finished by everybody before the other starts, in whatever order."""
