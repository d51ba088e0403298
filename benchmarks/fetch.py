"""Downloads public sets for people with a network; checks hashes, leaves nothing half-written."""

from __future__ import annotations

import gzip
import hashlib
import io
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from benchmarks.sources import Download, PublicSet

__all__ = ["FetchError", "fetch"]

_TIMEOUT = 60.0
_SUMS = "SHA256SUMS"
Get = Callable[[str], bytes]


class FetchError(RuntimeError):
    """A set that could not be had, and why."""


def fetch(
    public: PublicSet, data: Path, *, get: Get | None = None, tell: Callable[[str], None] = print
) -> list[Path]:
    """Download a set into its folder; files that are there are left alone.

    Args:
        public: the set.
        data: the data folder, as given to ``--data``.
        get: hands back the bytes behind an address; urllib by default.
        tell: hears of every file.

    Returns:
        The files written.

    Raises:
        FetchError: no address answers, or a file is not the one that was meant.
    """
    folder = data / public.folder
    folder.mkdir(parents=True, exist_ok=True)
    sums = _read_sums(folder / _SUMS)
    written: list[Path] = []
    for download in public.downloads:
        if _is_there(folder, download, sums):
            continue
        content = _download(download, get or _get)
        _compare(download, content, download.sha256 or sums.get(download.name))
        for name, part in _unpacked(download, content):
            path = folder / name
            path.with_suffix(path.suffix + ".part").write_bytes(part)
            path.with_suffix(path.suffix + ".part").replace(path)
            written.append(path)
        tell(f"{public.folder}/{download.name}: {len(content):,} bytes")
        sums[download.name] = hashlib.sha256(content).hexdigest()
        lines = [f"{sums[name]}  {name}\n" for name in sorted(sums)]
        (folder / _SUMS).write_text("".join(lines), encoding="utf-8")
    return written


def _is_there(folder: Path, download: Download, sums: dict[str, str]) -> bool:
    if download.name.endswith(".zip"):
        return download.name in sums
    return (folder / download.name.removesuffix(".gz")).is_file()


def _download(download: Download, get: Get) -> bytes:
    reasons = []
    for address in download.addresses:
        try:
            return get(address)
        except (OSError, urllib.error.URLError) as error:
            reasons.append(f"{address}: {error}")
    why = "; ".join(reasons)
    raise FetchError(f"{download.name} cannot be had ({why}). Is there a network?")


def _get(address: str) -> bytes:
    if not address.startswith("https://"):
        raise FetchError(f"{address} is no https address")
    with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer:  # noqa: S310 - https only
        content: bytes = answer.read()
    return content


def _compare(download: Download, content: bytes, expected: str | None) -> None:
    got = hashlib.sha256(content).hexdigest()
    if expected is not None and got != expected:
        raise FetchError(f"{download.name} has sha256 {got}, expected {expected}; nothing written")


def _unpacked(download: Download, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files inside, under plain names; upper case, as the families' papers write them."""
    if download.name.endswith(".gz"):
        yield download.name.removesuffix(".gz"), gzip.decompress(content)
    elif download.name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                name = PurePosixPath(member).name
                if name.lower().endswith(download.member):
                    stem = name[: -len(download.member)].upper()
                    yield stem + download.member, archive.read(member)
    else:
        yield download.name, content


def _read_sums(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {row[1]: row[0] for row in rows if len(row) == 2}
