"""Local search for maximal covering in a thread of its own, beside the bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.cover.core import Cover
from optimizer.siting.cover.search_kernels import search

__all__ = ["SearchBeside"]

_STALLED_ROUNDS = 10_000


class SearchBeside:
    """A context in which a second thread goes on searching; the kernels hold no interpreter lock.

    What it has found at a given moment depends on the machine, so an answer with it is not the
    same every time.

    Args:
        cover: the lists, weights and gains in units.
        members: int32[room], where to start.
        units: the value of the best answer known.
        word: state of the random numbers to start with.
        rounds: rounds of one kernel call; stopping waits for one.
        most_out: most sites that a round closes.
    """

    def __init__(
        self,
        cover: Cover,
        members: NDArray[np.int32],
        units: int,
        word: int,
        rounds: int,
        most_out: int,
    ) -> None:
        self._cover, self._rounds, self._most_out = cover, rounds, most_out
        self._members, self._best = members.copy(), members.copy()
        self._values = np.array([0, units], dtype=np.int64)
        self._words = np.array([word], dtype=np.uint64)
        self._done = self._found_at = 0
        self._found: NDArray[np.int32] | None = None
        self._lock, self._stop = Lock(), Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="cover-search")

    def __enter__(self) -> SearchBeside:
        self._work = self._pool.submit(self._run)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        if kind is None:
            self._work.result()

    @property
    def is_stalled(self) -> bool:
        """Whether far more rounds have found nothing since the last find than came before it."""
        return self._done >= _STALLED_ROUNDS + 2 * self._found_at

    def end(self) -> None:
        """End the search; what it has found can still be taken."""
        self._stop.set()
        self._pool.shutdown()

    def take(self) -> NDArray[np.int32] | None:
        """The newest best set of sites, None where there is none since the last time."""
        with self._lock:
            found, self._found = self._found, None
        return found

    def _run(self) -> None:
        while not self._stop.is_set():
            before = int(self._values[1])
            search(
                self._cover,
                self._members,
                self._best,
                self._values,
                self._words,
                self._rounds,
                self._most_out,
            )
            self._done += self._rounds
            if self._values[1] > before:
                self._found_at = self._done
                with self._lock:
                    self._found = self._best.copy()
