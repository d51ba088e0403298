"""Where the public sets lie: the one table of addresses that ``fetch`` reads.

``sha256`` is that of the downloaded file, where somebody other than us has published or confirmed
it; elsewhere ``fetch`` writes down what it got (``SHA256SUMS``) and compares with that next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SOURCES", "Download", "PublicSet"]

_ORLIB = (
    "https://people.brunel.ac.uk/~mastjjb/jeb/orlib/files/",
    "https://www.brunel.ac.uk/~mastjjb/jeb/orlib/files/",
)
_TSPLIB = ("https://comopt.ifi.uni-heidelberg.de/software/TSPLIB95/tsp/",)
_SINTEF = "https://www.sintef.no/globalassets/project/top/vrptw/"
_PYVRP = "https://raw.githubusercontent.com/PyVRP/Instances/main/"


@dataclass(frozen=True)
class Download:
    """One file: addresses to try in order, its name here, its hash where known.

    A ``.gz`` is unpacked under its own name, of a ``.zip`` the files with ``member`` endings.
    """

    addresses: tuple[str, ...]
    name: str
    sha256: str | None = None
    member: str = ".txt"


@dataclass(frozen=True)
class PublicSet:
    """A family: its folder under the data folder, what it is, its files."""

    folder: str
    about: str
    downloads: tuple[Download, ...]


def _each(roots: tuple[str, ...], names: list[str]) -> tuple[Download, ...]:
    return tuple(Download(tuple(root + name for root in roots), name) for name in names)


SOURCES: Mapping[str, PublicSet] = {
    "pmed": PublicSet(
        "pmed",
        "OR-Library p-median graphs (Beasley 1985) and their optima",
        _each(_ORLIB, [*(f"pmed{n}.txt" for n in range(1, 41)), "pmedopt.txt"]),
    ),
    "tsplib": PublicSet(
        "tsplib_pmedian",
        "TSPLIB points that p-median papers use",
        _each(_TSPLIB, [f"{name}.tsp.gz" for name in ("rl1304", "fl1400", "u1432", "d2103")]),
    ),
    "solomon": PublicSet(
        "vrptw",
        "Solomon's 56 VRPTW instances (SINTEF's copy)",
        (
            Download(
                (_SINTEF + "solomon/solomon-100.zip",),
                "solomon-100.zip",
                "8a0a72cbe6b7f8f9988ace4ebde0378ec34943acaaac47f2c408915e41887747",
            ),
        ),
    ),
    "homberger": PublicSet(
        "vrptw",
        "Gehring and Homberger's VRPTW instances, 200, 400 and 1000 customers (SINTEF's copy)",
        tuple(
            Download(
                (_SINTEF + f"homberger/{n}/homberger_{n}_customer_instances.zip",),
                f"homberger-{n}.zip",
            )
            for n in (200, 400, 1000)
        ),
    ),
    "mtvrptwr": PublicSet(
        "mtvrptwr",
        "multi-trip VRPTW with release dates (PyVRP's collection, MIT)",
        _each(
            (_PYVRP + "MTVRPTWR/",),
            [
                f"{kind}201R{release}.vrp"
                for kind in ("C", "R", "RC")
                for release in ("0.25", "0.5", "0.75")
            ],
        ),
    ),
    "cflp": PublicSet(
        "cflp",
        "OR-Library capacitated warehouse location and its optima",
        _each(
            _ORLIB,
            [
                *(
                    f"cap{group}{n}.txt"
                    for group in (4, 6, 7, 8, 9, 10, 11, 12, 13)
                    for n in (1, 2, 3, 4)
                ),
                "capopt.txt",
            ],
        ),
    ),
}
"""By the name that is given to ``fetch``."""
