"""Run the ``sh`` and ``python`` blocks of the README files, so that what they promise stays true.

``python tests/readme_commands.py README.md README.zh.md`` runs every block in order, shell blocks
line by line, in an empty folder, with the project's environment first on PATH. What a second file
repeats is not run again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands(readme: Path) -> list[list[str]]:
    """The commands of a README's blocks; continued shell lines are joined."""
    found: list[list[str]] = []
    text = readme.read_text(encoding="utf-8")
    for kind, block in re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL):
        if kind == "python":
            found.append(["python", "-c", block])
            continue
        lines = (line.strip() for line in block.replace("\\\n", " ").splitlines())
        found += [["bash", "-ec", line] for line in lines if line and not line.startswith("#")]
    return found


def main(readmes: list[str]) -> int:
    """Run the commands of all files; the first failure ends the run with its exit code."""
    environment = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
    done: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        environment["CARECIRCLE_DATA"] = f"{folder}/data"
        for name in readmes:
            found = commands(ROOT / name)
            if not found:
                print(f"{name}: no commands found", file=sys.stderr)  # noqa: T201
                return 1
            for command in found:
                if command in done:
                    continue
                done.append(command)
                print(f"{name}: {command[-1]}", flush=True)  # noqa: T201
                ended = subprocess.run(command, cwd=folder, env=environment)
                if ended.returncode:
                    print(f"{name}: exit {ended.returncode}", file=sys.stderr)  # noqa: T201
                    return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
