"""What is to be done about changed paths. Pure: what has become of the paths is looked at when it is done."""

from collections.abc import Iterable, Sequence

import msgspec

from minicompose.watching.rules import Command, Rule


class Copy(msgspec.Struct, frozen=True, order=True):
    """A path here, and the one in the containers that is to be the same, or to be gone if this one is."""

    target: str
    source: str


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is done for one service, in this order: build and replace, copy, restart, run commands.

    `changed` are the paths that ask for it.
    """

    service: str
    changed: tuple[str, ...]
    rebuild: bool = False
    copies: tuple[Copy, ...] = ()
    restart: bool = False
    commands: tuple[Command, ...] = ()


def work_for(rules: Sequence[Rule], paths: Iterable[str]) -> list[Work]:
    """What the rules ask for when these paths have changed, by service in the order of the rules.

    However many paths there are, a service is built and restarted once, and each rule's command is run once.
    """
    found: dict[int, list[str]] = {}
    for path in sorted(set(paths)):
        for number, rule in enumerate(rules):
            if rule.concerns(path):
                found.setdefault(number, []).append(path)
    asked: dict[str, list[tuple[Rule, list[str]]]] = {}
    for number in sorted(found):
        asked.setdefault(rules[number].service, []).append((rules[number], found[number]))
    return [_work(service, asked[service]) for service in asked]


def _work(service: str, asked: Sequence[tuple[Rule, list[str]]]) -> Work:
    places = {rule.place_of(path): path for rule, paths in asked if rule.syncs for path in paths}
    actions = {rule.action for rule, _ in asked}
    return Work(
        service=service,
        changed=tuple(sorted({path for _, paths in asked for path in paths})),
        rebuild="rebuild" in actions,
        copies=tuple(sorted(Copy(target=target, source=source) for target, source in places.items())),
        restart=not actions.isdisjoint(("restart", "sync+restart")),
        commands=tuple(rule.command for rule, _ in asked if rule.action == "sync+exec" and rule.command is not None),
    )
