"""What tests of the later stages share: canonical trees, stacks and findings from text."""

import textwrap
from collections.abc import Mapping
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, Service, Stack, Variables
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.checks import check
from tests.stackfile.reading import no_problem, plain, tree


def service_text(attributes: str) -> str:
    """A stack file whose service `web` has these attributes, written in flow style."""
    return f"services:\n  web: {{{attributes}}}\n"


def canonical_value(attributes: str) -> Any:
    """The canonical attributes of a service, as plain data."""
    root = plain(canonical(tree(service_text(attributes)), no_problem))
    return root["services"]["web"]


def problems_of(attributes: str) -> list[str]:
    """What making the attributes of a service canonical finds, as `path: summary`."""
    found: list[Diagnostic] = []
    canonical(tree(service_text(attributes)), found.append)
    return [f"{problem.path}: {problem.summary}" for problem in found]


def built(text: str, *, lookup: Mapping[str, str] | None = None, profiles: tuple[str, ...] = ()) -> Stack:
    """The stack of a file in /shop that has no problems."""
    return built_from(canonical(tree(text), no_problem), lookup=lookup, profiles=profiles)


def built_from(root: Node, *, lookup: Mapping[str, str] | None = None, profiles: tuple[str, ...] = ()) -> Stack:
    known = {"HOME": "/home/me"} if lookup is None else lookup
    return build_stack(
        root, name="shop", directory="/shop", variables=Variables(dict(known)), profiles=profiles, report=no_problem
    )


def web(attributes: str, rest: str = "") -> Service:
    """The service `web` with these attributes and an image."""
    return built(service_text(f"image: web, {attributes}") + textwrap.dedent(rest)).services["web"]


def findings(text: str, profiles: tuple[str, ...] = ()) -> list[str]:
    """What the checks find, as `line:column path: summary`, warnings marked so."""
    found: list[Diagnostic] = []
    check(built(text, profiles=profiles), found.append)
    return [_line(problem) for problem in found]


def _line(problem: Diagnostic) -> str:
    place = f"{problem.pos.line}:{problem.pos.column} " if problem.pos else ""
    mark = "warning " if problem.severity == "warning" else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{mark}{place}{problem.path}: {problem.summary}{hint}"
