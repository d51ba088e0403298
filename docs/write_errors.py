"""Write ``docs/errors.md``, the index of every numbered fault, from the packages' ``*codes.py``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the packages lie beside docs/

from base.faults import registered_kinds  # noqa: E402

ROOMS = {
    "geo": "Layers and streets",
    "optimizer": "Solver input",
    "scenarios": "Scenarios",
    "api": "The command line",
}


def main() -> None:
    """Write the index beside this file."""
    lines = [
        "# Numbered errors\n",
        "Every fault names its code, its place, its cause and the way out, in English and Chinese.",
        "This index is written by `python docs/write_errors.py`.",
    ]
    for package, title in ROOMS.items():
        for file in sorted((ROOT / package).glob("*codes.py")):
            importlib.import_module(f"{package}.{file.stem}")
        letter = package[0].upper()
        lines += [f"\n## {title}\n", "| code | cause | what to do |", "|---|---|---|"]
        for code, kind in registered_kinds().items():
            if code.startswith(f"CC-{letter}"):
                cause = f"{kind.cause_en}<br>{kind.cause_zh}".replace("|", "\\|")
                remedy = f"{kind.remedy_en}<br>{kind.remedy_zh}".replace("|", "\\|")
                lines.append(f"| {code} | {cause} | {remedy} |")
    Path(__file__).with_name("errors.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
