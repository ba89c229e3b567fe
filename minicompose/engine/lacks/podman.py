"""What Podman has nothing for, of what Docker's API offers."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack, at
from minicompose.engine.protocol import Abilities
from minicompose.model import Path, Service
from minicompose.planning.seccomp import profile_path

_UNLIMITED = -1
# Values of `pull_policy` that hang on when the engine was given an image.
_AGES = ("daily", "weekly", "every_")


_DEVICES: Path = ("deploy", "resources", "reservations", "devices")


def lacking_on_podman(service: Service, host: Abilities) -> Iterator[Lack]:
    """Of a service, on a Podman whose machine is `host`."""
    yield from _links(service)
    yield from _refused(service)
    yield from _dropped(service)
    yield from _checks(service, host)
    if (service.pull_policy or "").startswith(_AGES):
        why = "Podman does not know when it was given an image: it is pulled every time"
        yield Lack(("pull_policy",), why, harmless=True)


def _links(service: Service) -> Iterator[Lack]:
    """A service has its own name on its networks without them."""
    for attribute, links in (("links", service.links), ("external_links", service.external_links)):
        for index, link in enumerate(links or ()):
            name, _, alias = link.partition(":")
            if attribute == "links" and not service.network_mode and alias in ("", name):
                continue
            hint = f"give {name} the alias `{alias or name}` on a network that both are on"
            yield Lack((attribute, index), "Podman has no links", hint=hint)


def _refused(service: Service) -> Iterator[Lack]:
    """What it refuses when the container is created, or gives nothing for."""
    for index, port in enumerate(service.ports or ()):
        if "-" in (port.published or ""):
            why = "Podman takes one port of the host, and no range to choose from"
            yield Lack(("ports", index, "published"), why)
    for index, option in enumerate(service.security_opt or ()):
        if profile_path(option) is not None:
            why = "Podman reads a seccomp profile on its own machine, and takes none from here"
            yield Lack(("security_opt", index), why)
    for path in (("gpus",), _DEVICES):
        if at(service, path):
            yield Lack(path, "Podman gives out no devices by driver: it would start the container without")


def _dropped(service: Service) -> Iterator[Lack]:
    for name, value in (service.environment or {}).items():
        if value is None:
            why = "Podman takes no variable away: where the image sets it, it stays"
            yield Lack(("environment", name), why, harmless=True)
    if service.domainname:
        yield Lack(("domainname",), "Podman has no domain name for a container: it is dropped", harmless=True)
    if service.memswap_limit == _UNLIMITED:
        why = "Podman allows as much swap as memory: that there is no limit is dropped"
        yield Lack(("memswap_limit",), why, harmless=True)
    for name, network in (service.networks or {}).items():
        if network is not None and network.link_local_ips:
            path = ("networks", name, "link_local_ips")
            yield Lack(path, "Podman gives no addresses besides: they are dropped", harmless=True)


def _checks(service: Service, host: Abilities) -> Iterator[Lack]:
    check = service.healthcheck
    if check is None or check.disable:
        return
    if not check.test:
        why = "Podman changes nothing of the check of an image: say `test`, too"
        yield Lack(("healthcheck",), why, harmless=True)
    if not host.makes_checks:
        why = "Podman makes health checks by timers of systemd, which its machine does not have"
        hint = "they are made while minicompose waits or follows, and not afterwards"
        yield Lack(("healthcheck",), why, harmless=True, hint=hint)
