"""What of a stack is about to be made and started, and what makes way for it."""

from collections.abc import Iterable, Mapping

import msgspec

from minicompose.model import Stack
from minicompose.planning.images import Images
from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    BuildImage,
    CreateContainer,
    CreateNetwork,
    Plan,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RenameContainer,
    RestartContainer,
    StartContainer,
    StopContainer,
)
from minicompose.planning.record import service_image
from minicompose.planning.resources import used_networks
from minicompose.planning.spec import container_name


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """`starts` are services of which containers are started, `creates` those of which they are created; `names` are
    the containers' names, with their services. `networks` are those to create, by key. `pulls` are images, with
    the service that needs them, `builds` services whose images are built. `freed` are ids of containers and
    networks that go, or are stopped, for it.
    """

    starts: frozenset[str] = frozenset()
    creates: frozenset[str] = frozenset()
    names: Mapping[str, str] = {}
    networks: frozenset[str] = frozenset()
    pulls: Mapping[str, str] = {}
    builds: frozenset[str] = frozenset()
    freed: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is made or started: what only waits or goes has nothing in its way."""
        return not (self.starts or self.names or self.networks or self.builds)


def wanted_by(plan: Plan, stack: Stack, observed: Observed) -> Wanted:
    """What a plan brings about."""
    ids = {each.name: each.id for each in observed.containers}
    starts, creates, builds, made, freed = set(), set(), set(), set(), set()
    names, pulls = {}, {}
    for step in plan.steps:
        service = step.subject.service or ""
        match step.action:
            case CreateContainer(name=name):
                creates.add(service)
                names[name] = service
            case RenameContainer(name=name):
                names[name] = service
            case StartContainer():
                starts.add(service)
            case StopContainer(container=container) | RemoveContainer(container=container):
                freed.add(ids.get(container, container))
            case RestartContainer(container=container):
                freed.add(ids.get(container, container))
            case RemoveNetwork(network=network):
                freed.add(network)
            case CreateNetwork(network=network_made):
                made.add(network_made.name)
            case BuildImage():
                builds.add(service)
            case PullImage(image=image):
                pulls[image] = service
            case _:
                pass  # takes no place of its own
    return Wanted(
        starts=frozenset(starts),
        creates=frozenset(creates),
        names=names,
        networks=frozenset(key for key, each in stack.networks.items() if each.name in made),
        pulls=pulls,
        builds=frozenset(builds),
        freed=frozenset(freed),
    )


def wanted_of_all(stack: Stack, services: Iterable[str], observed: Observed) -> Wanted:
    """All of these services, as if nothing of the project were there: for a stack that no plan can be made of."""
    names = frozenset(name for name in services if stack.services[name].replicas)
    chosen = [stack.services[name] for name in sorted(names)]
    there = {each.name for each in observed.networks}
    has = Images(observed.images).id_of
    return Wanted(
        starts=names,
        creates=names,
        names={
            container_name(stack, service, number + 1): service.name
            for service in chosen
            for number in range(service.replicas)
        },
        networks=frozenset(
            key for key, each in used_networks(stack, chosen).items() if not each.external and each.name not in there
        ),
        pulls={
            service.image: service.name
            for service in chosen
            if service.image and not service.build and service.pull_policy != "never" and not has(service.image)
        },
        builds=frozenset(
            service.name for service in chosen if service.build and not has(service_image(stack, service))
        ),
        freed=frozenset(each.id for each in observed.containers),
    )
