"""What keeps a rule from being carried out. Pure."""

from collections.abc import Iterable, Iterator

from minicompose.diagnostic import Diagnostic
from minicompose.model import Service, Stack, WatchRule


def watch_problems(stack: Stack, services: Iterable[Service]) -> list[Diagnostic]:
    """Errors for rules that ask for what their services lack."""
    return [
        Diagnostic(
            severity="error",
            pos=stack.position("services", service.name, "develop", "watch", index, "action"),
            path=f"services.{service.name}.develop.watch[{index}].action",
            summary=summary,
            hint=hint,
        )
        for service in services
        for index, rule in enumerate((service.develop.watch if service.develop else None) or ())
        for summary, hint in _lacking(service, rule)
    ]


def _lacking(service: Service, rule: WatchRule) -> Iterator[tuple[str, str]]:
    if rule.action == "rebuild" and service.build is None:
        yield "there is nothing to rebuild, for the service has no `build`", "say how it is built, or `action: restart`"
    if rule.action == "sync+exec" and not (rule.exec and rule.exec.command):
        yield "there is nothing to run, for the rule has no `exec`", "add `exec: {command: ...}`, or say `action: sync`"
