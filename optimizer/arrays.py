"""Read-only columns: how the frozen problems take and guard their arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["csr_rows", "read_only"]


def read_only(values: ArrayLike, dtype: type[np.generic] | str, ndim: int = 1) -> NDArray[Any]:
    """A read-only C-contiguous copy with this dtype; a cast that changes a value is refused.

    Raises:
        ValueError: the wrong number of dimensions, or values that the dtype cannot hold.
    """
    given = np.asarray(values)
    if given.ndim != ndim:
        raise ValueError(f"expected {ndim} dimension(s), got {given.ndim}")
    array = np.array(given, dtype=dtype, order="C", copy=True)
    if given.size and not np.array_equal(array, given):
        raise ValueError(f"values do not fit {np.dtype(dtype).name} exactly")
    array.flags.writeable = False
    return array


def csr_rows(indptr: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The row number of every entry of a CSR layout."""
    return np.repeat(np.arange(indptr.size - 1, dtype=np.int64), np.diff(indptr))
