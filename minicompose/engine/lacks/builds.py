"""What an image is to be built from, and is not there: a directory, a Dockerfile, a stage of it."""

import re
from collections.abc import Iterator
from pathlib import Path

from minicompose.engine.lacks.lack import Lack
from minicompose.errors import nearest
from minicompose.model import Build
from minicompose.regex import regex

_REMOTE = regex(r"^(https?://|git://|ssh://|git@|github\.com/)|\.git(#.*)?$")
_CONTINUED = regex(r"[\\`][ \t]*\r?\n")
_STAGE = regex(r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+(?:[ \t]+AS[ \t]+(\S+))?[ \t]*$", re.IGNORECASE | re.MULTILINE)


def is_remote(context: str) -> bool:
    """Whether the engine fetches the context itself: a git repository or an archive's URL."""
    return bool(_REMOTE.search(context)) and not Path(context).exists()


def missing_for_build(build: Build) -> Iterator[Lack]:
    """Looks at files here; of what the engine fetches itself nothing is known."""
    context = build.context or "."
    if is_remote(context):
        return
    if not Path(context).is_dir():
        what = "is a file: a build needs a directory" if Path(context).exists() else "is not there"
        yield Lack(("context",), f"the directory {context} {what}")
        return
    dockerfile = Path(context, build.dockerfile or "Dockerfile")
    if build.dockerfile_inline is None and not dockerfile.is_file():
        yield Lack(("dockerfile",), f"there is no Dockerfile {dockerfile}", hint=_other_dockerfile(context))
        return
    if build.target:
        yield from _missing_stage(build.target, dockerfile_text(build))


def _other_dockerfile(context: str) -> str:
    """Where the one that is meant may be."""
    found = sorted(entry.name for entry in Path(context).iterdir() if "dockerfile" in entry.name.lower())
    return f"there are: {', '.join(found[:5])}" if found else ""


def dockerfile_text(build: Build) -> str:
    """Empty where it cannot be read, which the build says better."""
    if build.dockerfile_inline is not None:
        return build.dockerfile_inline
    try:
        return Path(build.context or ".", build.dockerfile or "Dockerfile").read_text(errors="replace")
    except OSError:
        return ""


def _missing_stage(target: str, text: str) -> Iterator[Lack]:
    """A stage has a name, in upper case or lower, or a number from 0 on."""
    stages = _STAGE.findall(_CONTINUED.sub(" ", text))
    names = [name for name in stages if name]
    numbers = {str(number) for number in range(len(stages))}
    if not stages or target in numbers or target.lower() in {name.lower() for name in names}:
        return
    near = nearest(target, names)
    hint = f'did you mean "{near}"?' if near else f"there are: {', '.join(names) or 'none that have a name'}"
    yield Lack(("target",), f'the Dockerfile has no stage "{target}"', hint=hint)
