"""What keeps a rule from being carried out. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.engine.dockerignore import Ignored
from minicompose.errors import BadRequest
from minicompose.model import Service, Stack, WatchRule


class _Wrong(msgspec.Struct, frozen=True):
    """What is wrong with an attribute of a rule."""

    attribute: str
    summary: str
    hint: str


def watch_problems(stack: Stack, services: Iterable[Service]) -> list[Diagnostic]:
    """Errors for rules that ask for what their services lack, or have patterns that are none."""
    return [
        Diagnostic(
            severity="error",
            pos=stack.position("services", service.name, "develop", "watch", index, wrong.attribute),
            path=f"services.{service.name}.develop.watch[{index}].{wrong.attribute}",
            summary=wrong.summary,
            hint=wrong.hint,
        )
        for service in services
        for index, rule in enumerate((service.develop.watch if service.develop else None) or ())
        for wrong in _wrong_with(service, rule)
    ]


def _wrong_with(service: Service, rule: WatchRule) -> Iterator[_Wrong]:
    yield from _lacking(service, rule)
    yield from _no_patterns("ignore", rule.ignore)
    yield from _no_patterns("include", rule.include)


def _lacking(service: Service, rule: WatchRule) -> Iterator[_Wrong]:
    if rule.action == "rebuild" and service.build is None:
        hint = "say how it is built, or `action: restart`"
        yield _Wrong("action", "there is nothing to rebuild, for the service has no `build`", hint)
    if rule.action == "sync+exec" and not (rule.exec and rule.exec.command):
        hint = "add `exec: {command: ...}`, or say `action: sync`"
        yield _Wrong("action", "there is nothing to run, for the rule has no `exec`", hint)


def _no_patterns(attribute: str, patterns: Iterable[str] | None) -> Iterator[_Wrong]:
    for pattern in patterns or ():
        try:
            Ignored((pattern,))
        except BadRequest as error:
            yield _Wrong(attribute, f'"{pattern}" is no pattern', error.hint)
