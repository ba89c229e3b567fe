"""The recorded cases: what each holds, and its project laid out in a directory."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

CORPUS = Path(__file__).parent / "corpus"
ROOT = "<ROOT>"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. The defaults are those of `case.json`, which README.md describes."""

    name: str
    title: str
    area: str
    args: tuple[str, ...] = ()
    config_args: tuple[str, ...] = ("--format", "json")
    env: dict[str, str] = {}
    cwd: str = "."
    dir: str = "proj"
    output: str = "json"
    mentions: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        return CORPUS / self.name

    @property
    def expected(self) -> dict[str, Any]:
        """The recorded answer: `exit`, and `output` or `stderr`."""
        answer: dict[str, Any] = json.loads((self.directory / "expect.json").read_text("utf-8"))
        return answer


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A case's project in a directory of its own, and how to run `config` there."""

    root: Path
    cwd: Path
    words: tuple[str, ...]
    environment: dict[str, str]

    def without_root(self, text: str) -> str:
        """`text` as it would be wherever the directory is."""
        return text.replace(str(self.root), ROOT)


def cases() -> Iterator[Case]:
    for file in sorted(CORPUS.glob("*/case.json")):
        yield msgspec.convert({"name": file.parent.name, **json.loads(file.read_text("utf-8"))}, Case)


def lay_out(case: Case, root: Path) -> Laid:
    """Copy the project of `case` below `root`, beside an empty home directory."""
    root = root.resolve()
    project, home = root / case.dir, root / "home"
    if (case.directory / "files").is_dir():
        shutil.copytree(case.directory / "files", project)
    else:
        project.mkdir()
    home.mkdir()
    cwd = project / case.cwd
    words = (*case.args, "config", *case.config_args)
    return Laid(
        root=root,
        cwd=cwd,
        words=tuple(word.replace(ROOT, str(root)) for word in words),
        environment={
            "HOME": str(home),
            "PWD": str(cwd),
            "LANG": "C.UTF-8",
            **{name: value.replace(ROOT, str(root)) for name, value in case.env.items()},
        },
    )
