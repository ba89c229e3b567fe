"""Texts that are kept beside the tests. `UPDATE_GOLDEN=1 pytest ...` writes them anew."""

import inspect
import os
from pathlib import Path


def assert_golden(name: str, text: str) -> None:
    """`text` is what `golden/<name>.txt`, beside the calling test, holds."""
    caller = inspect.stack()[1].filename
    path = Path(caller).parent / "golden" / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"UPDATE_GOLDEN=1 writes {path.name} anew"
