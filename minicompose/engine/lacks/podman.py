"""What Podman has nothing for, of what Docker's API offers."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack
from minicompose.engine.protocol import Abilities
from minicompose.model import Service

# Values of `pull_policy` that hang on when the engine was given an image.
_AGES = ("daily", "weekly", "every_")


def lacking_on_podman(service: Service, host: Abilities) -> Iterator[Lack]:
    """Of a service, on a Podman whose machine is `host`."""
    yield from _links(service)
    for name, value in (service.environment or {}).items():
        if value is None:
            why = "Podman takes no variable away: where the image sets it, it stays"
            yield Lack(("environment", name), why, harmless=True)
    check = service.healthcheck
    if check is not None and not check.disable and not host.makes_checks:
        why = "Podman makes health checks by timers of systemd, which its machine does not have"
        hint = "they are made while minicompose waits or follows, and not afterwards"
        yield Lack(("healthcheck",), why, harmless=True, hint=hint)
    if (service.pull_policy or "").startswith(_AGES):
        why = "Podman does not know when it was given an image: it is pulled every time"
        yield Lack(("pull_policy",), why, harmless=True)


def _links(service: Service) -> Iterator[Lack]:
    """A service has its own name on its networks without them."""
    own_bridge = bool(service.network_mode)
    for attribute, links in (("links", service.links), ("external_links", service.external_links)):
        for index, link in enumerate(links or ()):
            name, _, alias = link.partition(":")
            if attribute == "links" and not own_bridge and alias in ("", name):
                continue
            why = "Podman has no links"
            hint = f"give {name} the alias `{alias or name}` on a network that both are on"
            yield Lack((attribute, index), why, hint=hint)
