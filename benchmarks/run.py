"""Measure minicompose beside docker compose, and write the table into docs/performance.md.

What is measured is what people have: a wheel, installed with its byte code into a virtual environment of its own
(`.cache/bench`). A checkout that is run where it lies, or with PYTHONDONTWRITEBYTECODE, starts more slowly.

    python benchmarks/run.py [options of compare.py]     default: --runs 5, every stack

Everything is measured in one run, in turns, so what counts is the ratio. The table replaces what
stands between the two marks in the document.
"""

import re
import subprocess
import sys
from pathlib import Path

from reference import reference_command

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def installed() -> Path:
    """The command of a fresh installation of this checkout; what it depends on is kept from one time to the next."""
    directory = ROOT / ".cache" / "bench"
    pip = [directory / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not (directory / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    subprocess.run([*pip, ROOT], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", ROOT], check=True)
    return directory / "bin" / "minicompose"


def main() -> int:
    environment = Path(sys.prefix)
    reference = reference_command(environment)
    options = sys.argv[1:] or ["--runs", "5"]
    ours = installed()
    command = [sys.executable, HERE / "compare.py", "--ours", str(ours), "--peer", reference, *options]
    measured = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    for path, name in ((str(ours), "minicompose"), (reference, "docker compose")):
        measured = measured.replace(path, name)
    print(measured)
    if "\n|" not in measured:  # no table, but an answer to --help
        return 0
    text = DOCUMENT.read_text()
    block = f"{BEGIN}\n{measured.rstrip()}\n{END}"
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
