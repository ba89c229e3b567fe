"""Which services are in play: profiles, and services named on the command line."""

from collections.abc import Collection, Iterable, Mapping

from minicompose.model import Service


def is_enabled(service: Service, profiles: Collection[str]) -> bool:
    """Whether the active `profiles` enable `service`; "*" enables all."""
    return not service.profiles or "*" in profiles or any(profile in profiles for profile in service.profiles)


def enabled_services(services: Mapping[str, Service], profiles: Collection[str], named: Iterable[str]) -> set[str]:
    """The services that the active `profiles` enable, those that are `named`, and what these need.

    Who names a service has its own profiles too: other services of them are enabled where they are
    needed, and only there.
    """
    found = {name for name, service in services.items() if is_enabled(service, profiles)}
    waiting = [name for name in named if name in services]
    brought = {profile for name in waiting for profile in services[name].profiles or ()}
    if not brought:
        return found
    available = {name for name, service in services.items() if is_enabled(service, {*profiles, *brought})}
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in available and name not in needed:
            needed.add(name)
            waiting.extend(services[name].depends_on or ())
    return found | needed
