"""OR-Library ``pmed``: uncapacitated p-median on graphs (Beasley 1985).

First line: vertices, edges, p. Then one edge a line: two vertices (from 1) and a length. Edges
are read in order and the LAST of duplicate edges wins; distances are all-pairs shortest paths
(pmed1 = 5819 only with that rule).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from benchmarks.readers.text import FormatError, read_numbers, read_rows

__all__ = ["read_pmed", "read_pmed_optima"]


def read_pmed(path: Path) -> tuple[NDArray[np.int64], int]:
    """Shortest-path distances int64[n, n], and p.

    Raises:
        FormatError: counts do not fit, a vertex is out of range, or the graph is not connected.
    """
    numbers = read_numbers(path)
    if numbers.size < 3:
        raise FormatError(path, "the first line must hold vertices, edges and p")
    n, m, p = (int(value) for value in numbers[:3])
    if numbers.size != 3 + 3 * m:
        raise FormatError(path, f"{m} edges announced, {(numbers.size - 3) / 3:g} found")
    edges = numbers[3:].reshape(m, 3).astype(np.int64)
    ends = edges[:, :2]
    if ends.min() < 1 or ends.max() > n:
        raise FormatError(path, f"a vertex lies outside 1..{n}")
    length = {(min(u, v), max(u, v)): w for u, v, w in edges.tolist()}
    pairs = np.array(list(length), dtype=np.int64) - 1
    weights = np.array(list(length.values()), dtype=np.float64)
    graph = csr_array((weights, (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    distance = shortest_path(graph, directed=False)
    if not np.isfinite(distance).all():
        raise FormatError(path, "the graph is not connected")
    return np.rint(distance).astype(np.int64), p


def read_pmed_optima(path: Path) -> dict[str, float]:
    """p-median optima by name from the library's own list (``pmedopt.txt``); {} without it.

    Raises:
        FormatError: a line on an instance that holds no number.
    """
    if not path.is_file():
        return {}
    found = {}
    for at, words in read_rows(path):
        if not words[0].startswith("pmed"):
            continue
        try:
            found[words[0]] = float(words[1])
        except (IndexError, ValueError):
            raise FormatError(path, f"line {at} holds no optimum: {' '.join(words)!r}") from None
    return found
