"""What a command line says of a service, in the short forms that stack files have."""

from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.errors import UsageError
from minicompose.model import Mount, Node, Port, Service, SourcePos, Variables
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.commandline import split_words
from minicompose.stackfile.dotenv import parse_dotenv

_HERE = SourcePos("command line", 1, 1)
_NAME = "asked"


def asked_ports(texts: list[str]) -> tuple[Port, ...]:
    """`-p`. Raises UsageError."""
    return _service("-p", "ports", texts).ports or ()


def asked_mounts(texts: list[str], directory: str, environment: dict[str, str]) -> tuple[Mount, ...]:
    """`-v`; relative paths are below `directory`. Raises UsageError."""
    return _service("-v", "volumes", texts, directory, environment).volumes or ()


def asked_entrypoint(text: str) -> tuple[str, ...]:
    """`--entrypoint`, as a shell cuts words. Raises UsageError."""
    try:
        return split_words(text).words
    except ValueError as error:
        raise UsageError(f"--entrypoint: {error}") from error


def variables_in(text: str, file: str, environment: dict[str, str]) -> dict[str, str]:
    """`--env-from-file`: what a file of variables sets. Raises UsageError with the place."""
    problems: list[Diagnostic] = []
    found = parse_dotenv(text, file, environment.get, problems.append)
    for problem in problems:
        if problem.severity == "error":
            raise UsageError(f"{problem.pos}: {problem.summary}", problem.hint)
    return found


def _service(
    option: str, attribute: str, texts: list[str], directory: str = "/", environment: dict[str, str] | None = None
) -> Service:
    """A service that says nothing but this."""
    problems: list[Diagnostic] = []
    values: Any = {"services": {_NAME: {attribute: list(texts)}}}
    root = canonical(_node(values), problems.append)
    variables = Variables(values=environment or {})
    stack = build_stack(
        root, name=_NAME, directory=directory, variables=variables, report=problems.append, normalise=False
    )
    for problem in problems:
        if problem.severity == "error":
            raise UsageError(f"{option} {' '.join(texts)}: {problem.summary}", problem.hint)
    return stack.services[_NAME]


def _node(value: Any) -> Node:
    match value:
        case dict():
            return Node({key: _node(inside) for key, inside in value.items()}, _HERE)
        case list():
            return Node([_node(inside) for inside in value], _HERE)
        case _:
            return Node(value, _HERE)
