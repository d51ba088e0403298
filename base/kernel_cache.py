"""Where compiled kernels are kept between runs.

Numba's ``cache=True`` does not notice a change in a kernel file that another one imports. The
cache folder therefore carries a hash of all kernel sources and of numba's version: a changed
kernel never meets a stale binary. Import this module before any ``@njit(cache=True)``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numba

__all__ = ["kernel_cache_folder"]

_KERNEL_ROOTS = ("geo", "optimizer")


def kernel_cache_folder() -> Path:
    """The folder for the kernels as they are now, under the user's cache directory."""
    digest = hashlib.sha256(numba.__version__.encode())
    house = Path(__file__).resolve().parent.parent
    for root in _KERNEL_ROOTS:
        for source in sorted((house / root).rglob("*_kernels.py")):
            digest.update(source.read_bytes())
    cache_home = os.environ.get("XDG_CACHE_HOME")
    base = Path(cache_home) if cache_home else Path.home() / ".cache"
    return base / "carecircle" / "kernels" / digest.hexdigest()[:16]


def _use_kernel_cache() -> None:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    folder = kernel_cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a read-only home: compile once per process and machine boot instead
        folder = Path(tempfile.gettempdir()) / f"carecircle-kernels-{os.getuid()}" / folder.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]


_use_kernel_cache()
