"""What a stack asks for and the engine at hand does not do, as diagnostics with their places."""

from collections.abc import Iterator

from minicompose.diagnostic import Diagnostic
from minicompose.engine.support import ineffective, unsupported, unsupported_network
from minicompose.model import Stack


def lacks(stack: Stack, api: tuple[int, int]) -> list[Diagnostic]:
    """An error for what needs a newer engine, a warning for what no engine alone acts on."""
    return [*_missing(stack, api), *_without_effect(stack)]


def _missing(stack: Stack, api: tuple[int, int]) -> Iterator[Diagnostic]:
    needed = [
        (("services", name), path, version)
        for name, service in stack.services.items()
        for path, version in unsupported(service, api)
    ]
    needed += [
        (("networks", name), path, version)
        for name, network in stack.networks.items()
        for path, version in unsupported_network(network, api)
    ]
    for owner, path, version in needed:
        yield Diagnostic(
            severity="error",
            pos=stack.position(*owner, *_steps(path)),
            path=".".join((*owner, path)),
            summary=f"this needs engine API {version[0]}.{version[1]}, and this engine has {api[0]}.{api[1]}",
            length=len(path.rpartition(".")[2]),
        )


def _without_effect(stack: Stack) -> Iterator[Diagnostic]:
    for name, service in stack.services.items():
        for path, reason in ineffective(service):
            yield Diagnostic(
                severity="warning",
                pos=stack.position("services", name, *_steps(path)),
                path=f"services.{name}.{path}",
                summary=f"has no effect here: {reason}",
            )


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".")]
