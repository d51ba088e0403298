"""Run the ``sh`` blocks of the README files, so that what they promise stays true.

``python tests/readme_commands.py README.md README.zh.md`` runs every block in order, line by
line, in an empty folder, with the project's environment first on PATH.
``make`` lines are left out (``.ci/run`` calls them itself).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands(readme: Path) -> list[str]:
    """The command lines of a README's ``sh`` blocks, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    bare = [line.split(" # ")[0].strip() for line in lines]
    return [line for line in bare if line and not line.startswith(("#", "make "))]


def main(readmes: list[str]) -> int:
    """Run the commands of all files; the first failure ends the run with its exit code."""
    environment = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
    done: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        environment["CARECIRCLE_DATA"] = f"{folder}/data"
        for name in readmes:
            lines = commands(ROOT / name)
            if not lines:
                print(f"{name}: no commands found", file=sys.stderr)  # noqa: T201
                return 1
            for line in lines:
                if line in done:
                    continue
                done.add(line)
                print(f"{name}: {line}", flush=True)  # noqa: T201
                ended = subprocess.run(["bash", "-ec", line], cwd=folder, env=environment)
                if ended.returncode:
                    print(f"{name}: exit {ended.returncode}", file=sys.stderr)  # noqa: T201
                    return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
