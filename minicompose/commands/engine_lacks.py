"""What a stack asks for and the engine at hand does not do, as diagnostics with their places."""

from minicompose.diagnostic import Diagnostic
from minicompose.engine.support import unsupported, unsupported_network
from minicompose.model import Stack


def lacks(stack: Stack, api: tuple[int, int]) -> list[Diagnostic]:
    """An error for everything that needs a newer engine."""
    needed: list[tuple[tuple[str, str], str, tuple[int, int]]] = [
        (("services", name), path, version)
        for name, service in stack.services.items()
        for path, version in unsupported(service, api)
    ]
    needed += [
        (("networks", name), path, version)
        for name, network in stack.networks.items()
        for path, version in unsupported_network(network, api)
    ]
    return [
        Diagnostic(
            severity="error",
            pos=stack.position(*owner, *_steps(path)),
            path=".".join((*owner, path)),
            summary=f"this needs engine API {version[0]}.{version[1]}, and this engine has {api[0]}.{api[1]}",
            length=len(path.rpartition(".")[2]),
        )
        for owner, path, version in needed
    ]


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".")]
