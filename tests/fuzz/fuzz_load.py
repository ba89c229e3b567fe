"""Look for files that the loader neither reads nor refuses: coverage-guided, for as long as you let it.

    pip install atheris
    python -m tests.fuzz.fuzz_load --seed DIRECTORY    # corpus/ of the differential cases, and words
    python -m tests.fuzz.fuzz_load DIRECTORY/corpus -dict=DIRECTORY/words -timeout=2 -max_total_time=3600

Each input is several files (`archive.py`), and must keep the laws of `tests/stackfile/laws.py`. The
first input that breaks one ends the run. With FINDINGS=DIRECTORY in the environment the first input
of each kind of failure is kept there, with its traceback, and the run goes on.
"""

import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

with atheris.instrument_imports(include=["minicompose", "yaml"]):
    from minicompose.stackfile.schema import schema
    from tests.stackfile.laws import is_read_or_refused

from tests.config_cases.cases import cases
from tests.fuzz.archive import NAMES, packed, unpack


def seed(directory: Path) -> None:
    """Write to `directory` what to begin with: the projects of the differential cases, under names that are read.

    Beside them a dictionary: the words of the file language.
    """
    corpus = directory / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for case in cases():
        files: dict[str, bytes] = {}
        for file in sorted(case.directory.glob("files/*")):
            name = file.name if file.name in NAMES else "override.yaml" if file.suffix in (".yaml", ".yml") else None
            if name is not None and file.is_file():
                files[name] = file.read_bytes()
        (corpus / case.name).write_bytes(packed(files))
    words = sorted({*_words(schema()), *_SIGNS, *(f"=== {name}\n" for name in NAMES)})
    lines = ('"{}"'.format("".join(f"\\x{byte:02x}" for byte in word.encode())) for word in words)
    (directory / "words").write_text("\n".join(lines) + "\n")


def _words(part: Any) -> Iterator[str]:
    """The attributes and the words to choose from that a part of the schema has."""
    if isinstance(part, dict):
        yield from (f"{name}: " for name in part.get("properties", ()))
        yield from (word for word in part.get("enum", ()) if isinstance(word, str))
    if isinstance(part, dict | list):
        for inside in part.values() if isinstance(part, dict) else part:
            yield from _words(inside)


_SIGNS = ("&a ", "*a", "<<: *a", "!reset ", "!override ", "${A:-", "${A?", "$$", "---\n", "x-a: ", "~", "\n  - ")


class _Target:
    """One call for each input, in a directory of its own."""

    def __init__(self, directory: Path, findings: str | None) -> None:
        self.directory = directory
        self.findings = Path(findings) if findings else None

    def __call__(self, data: bytes) -> None:
        unpack(data, self.directory)
        try:
            is_read_or_refused(self.directory)
        except Exception as failure:
            if self.findings is None:
                raise
            self.keep(data, failure)

    def keep(self, data: bytes, failure: Exception) -> None:
        """Keep an input that fails as none before it: by its exception, where that was raised, and its words."""
        assert self.findings is not None
        frame = traceback.extract_tb(failure.__traceback__)[-1]
        words = "".join(re.findall("[a-z]+", str(failure))[:8])[:40]
        kept = self.findings / f"{type(failure).__name__}-{Path(frame.filename).stem}{frame.lineno}-{words}"
        if not kept.exists():
            kept.write_bytes(data)
            kept.with_suffix(".txt").write_text("".join(traceback.format_exception(failure)))


def main() -> None:
    if sys.argv[1:2] == ["--seed"]:
        seed(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as directory:
        atheris.Setup(sys.argv, _Target(Path(directory), os.environ.get("FINDINGS")))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
