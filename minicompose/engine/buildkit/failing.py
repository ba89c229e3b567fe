"""Why a build failed: which step, where in the Dockerfile, what it printed."""

import re
from collections.abc import Iterator

import msgspec

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import CallFailed
from minicompose.engine.buildkit.progress import Story
from minicompose.engine.buildkit.solving import dockerfile_shown
from minicompose.engine.lacks.builds import dockerfile_text
from minicompose.errors import EngineError, EngineFault
from minicompose.model import Build
from minicompose.planning.plan import BuildImage
from minicompose.regex import regex

_EXIT_CODE = regex(r"(?:did not complete successfully|executor failed running .*?): (exit code: \d+)", re.DOTALL)
_PREFIX = regex(r"^(?:failed to solve(?: with frontend [\w.]+)?: |failed to solve: |rpc error: code = \w+ desc = )+")
_SYNTAX = regex(r"failed to resolve source metadata for (\S*dockerfile\S*)|docker/dockerfile")
_NO_NETWORK = regex(r"dial tcp|no such host|i/o timeout|lookup |connection refused")


def build_failure(error: CallFailed, story: Story, asked: BuildImage) -> EngineError:
    """What the engine says of a build that failed, for its reader."""
    failed = story.failed
    why = _PREFIX.sub("", failed.error if failed is not None and failed.error else error.message)
    why = _PREFIX.sub("", why)
    exit_code = _EXIT_CODE.search(why)
    if exit_code:
        why = f"failed with {exit_code[1].replace(':', '')}"
    line = line_told(error.details) or (line_found(asked.build, failed.name) if failed is not None else 0)
    place = f" ({dockerfile_shown(asked.build)}:{line})" if line else ""
    if failed is not None and failed.name:
        why = f"{failed.name}{place} {why}" if exit_code else f"{failed.name}{place}: {why}"
    elif place:
        why = f"{place.strip(' ()')}: {why}"
    return EngineFault(why, _hint(why), status=500, output="\n".join(story.tail))


def _hint(why: str) -> str:
    if _SYNTAX.search(why):
        return (
            "the `# syntax=` line of the Dockerfile names an image that the engine has to pull;"
            " without the line its own frontend is used"
        )
    if "entitlement" in why or "not allowed" in why:
        return "the engine's configuration says which entitlements builds may have"
    if _NO_NETWORK.search(why):
        return "the engine has to reach the registry for it"
    return ""


class _Position(msgspec.Struct, frozen=True):
    line: int = 0


class _Range(msgspec.Struct, frozen=True):
    start: _Position = _Position()


class _Source(msgspec.Struct, frozen=True):
    ranges: tuple[_Range, ...] = ()


def line_told(details: bytes) -> int:
    """The line of the Dockerfile that a `google.rpc.Status` names; 0 where it names none."""
    try:
        for field, value in wire.fields(details):
            if field == 3 and (line := _line_of(wire.nested(value))):
                return line
    except (ValueError, msgspec.DecodeError):
        return 0
    return 0


def _line_of(detail: bytes) -> int:
    found = dict(wire.fields(detail))
    if not wire.text(found.get(1, b"")).endswith("errdefs.Source+json"):
        return 0
    source = msgspec.json.decode(wire.nested(found.get(2, b"")), type=_Source)
    return source.ranges[0].start.line if source.ranges else 0


def line_found(build: Build, step: str) -> int:
    """The line of the one instruction of the Dockerfile that a step is called after; older engines do not tell it."""
    wanted = " ".join(step.partition("] ")[2].split())
    lines = [number for number, instruction in _instructions(dockerfile_text(build)) if instruction == wanted]
    return lines[0] if len(lines) == 1 else 0


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Where each instruction begins, and its words with one space between."""
    begins, words = 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        begins = begins or number
        words += line.rstrip().removesuffix("\\").split()
        if not line.rstrip().endswith("\\"):
            yield begins, " ".join(words)
            begins, words = 0, []
