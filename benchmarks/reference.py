"""Where docker compose is, to compare with."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def reference_command(environment: Path) -> str:
    """Its path; it is fetched, with the pip of the virtual environment, where it is not there yet."""
    return subprocess.run(
        [ROOT / "scripts" / "reference-compose"],
        env={**os.environ, "VENV": str(environment)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()
