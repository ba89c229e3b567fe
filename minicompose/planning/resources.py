"""Networks and volumes: which are missing, which have changed, which are not ours."""

from collections.abc import Iterable, Mapping

import msgspec

from minicompose import labels
from minicompose.diagnostic import Diagnostic
from minicompose.fields import NETWORK, VOLUME, Record
from minicompose.model import Network, Service, SourcePos, Stack, Volume
from minicompose.planning.difference import FilePath, differences
from minicompose.planning.networks import Remade, remake
from minicompose.planning.observed import Observed, ObservedContainer, ObservedNetwork, ObservedVolume
from minicompose.planning.plan import (
    Change,
    Changed,
    CreateNetwork,
    CreateVolume,
    Missing,
    RemoveNetwork,
    Subject,
    Unfinished,
)
from minicompose.planning.provenance import node_of
from minicompose.planning.record import read, resource_record, service_networks
from minicompose.planning.spec import network_labels, volume_labels
from minicompose.planning.steps import Steps


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """The steps that networks and volumes need, by their names on the engine.

    `remade` are the networks that are made anew.
    """

    networks: Mapping[str, int]
    volumes: Mapping[str, int]
    remade: Mapping[str, Remade]
    unchanged: tuple[Subject, ...]

    def connects(self, container: ObservedContainer) -> tuple[int, ...]:
        """The steps after which a container is on its networks again, where those are made anew."""
        return tuple(
            remade.connected[container.id] for remade in self.remade.values() if container.id in remade.connected
        )


def used_networks(stack: Stack, services: Iterable[Service]) -> dict[str, Network]:
    """The declared networks that the services are on, by their keys in the file."""
    keys = {key for service in services for key in service_networks(stack, service)}
    return {key: stack.networks[key] for key in sorted(keys) if key in stack.networks}


def used_volumes(stack: Stack, services: Iterable[Service]) -> dict[str, Volume]:
    sources = {mount.source for service in services for mount in service.volumes or () if mount.type == "volume"}
    return {key: stack.volumes[key] for key in sorted(source for source in sources if source) if key in stack.volumes}


def changed_networks(
    stack: Stack, networks: Mapping[str, Network], observed: Observed
) -> dict[str, tuple[Change, ...]]:
    """The project's networks that are there and were made from another definition, by key."""
    found: dict[str, tuple[Change, ...]] = {}
    for key, network in networks.items():
        ours = [there for there in _of_name(observed.networks, network.name) if _is_ours(there, stack.name)]
        if not network.external and ours and (changes := _changes(stack, "networks", key, network, ours[0])):
            found[key] = changes
    return found


def plan_resources(
    stack: Stack,
    wanted_networks: Mapping[str, Network],
    wanted_volumes: Mapping[str, Volume],
    replaced: Mapping[str, tuple[Change, ...]],
    observed: Observed,
    steps: Steps,
    notes: list[Diagnostic],
) -> Resources:
    """Add the steps for the networks and volumes that are wanted; `replaced` are networks to make anew, by key."""
    networks: dict[str, int] = {}
    volumes: dict[str, int] = {}
    remade: dict[str, Remade] = {}
    unchanged: list[Subject] = []
    used = {id(network) for network in observed.networks for c in observed.containers if _is_on(c.networks, network)}
    for key, network in wanted_networks.items():
        subject = Subject(type="network", name=network.name)
        there = _of_name(observed.networks, network.name)
        if note := _network_problem(stack, key, network, there):
            notes.append(note)
        elif network.external:
            unchanged.append(subject)
        elif not there:
            made = CreateNetwork(network=network, labels=network_labels(stack, key, network))
            networks[network.name] = steps.add(subject, made, Missing())
        elif key in replaced:
            because = Changed(changes=replaced[key])
            its_labels = network_labels(stack, key, network)
            found = remake(stack, steps, there[0], network, its_labels, because, observed.containers)
            remade[network.name] = found
            networks[network.name] = found.created
        else:
            unchanged.append(subject)
        doubles = sorted(there, key=lambda double: (id(double) not in used, double.id))[1:]
        for double in doubles if not network.external else ():
            if id(double) in used or not _is_ours(double, stack.name):
                notes.append(_ambiguous(stack, key, network, there))
                break
            step = steps.add(subject, RemoveNetwork(network=double.id), Unfinished())
            networks[network.name] = step
    for key, volume in wanted_volumes.items():
        subject = Subject(type="volume", name=volume.name)
        existing = next((candidate for candidate in observed.volumes if candidate.name == volume.name), None)
        if existing is not None:
            notes.extend(_volume_notes(stack, key, volume, existing))
            unchanged.append(subject)
        elif volume.external:
            notes.append(_missing(stack, "volume", key, volume))
        else:
            made_volume = CreateVolume(volume=volume, labels=volume_labels(stack, key, volume))
            volumes[volume.name] = steps.add(subject, made_volume, Missing())
    return Resources(networks=networks, volumes=volumes, remade=remade, unchanged=tuple(unchanged))


def _is_on(networks: Mapping[str, str], network: ObservedNetwork) -> bool:
    return networks.get(network.name) == network.id


def _of_name(networks: Iterable[ObservedNetwork], name: str) -> list[ObservedNetwork]:
    return sorted((network for network in networks if network.name == name), key=lambda network: network.id)


def _is_ours(there: ObservedNetwork | ObservedVolume, project: str) -> bool:
    return there.labels.get(labels.PROJECT) == project


def _changes(
    stack: Stack, kind: str, key: str, declared: Network | Volume, there: ObservedNetwork | ObservedVolume
) -> tuple[Change, ...]:
    old = read(there.labels.get(labels.SPEC, ""))
    if old is None:  # made by another tool: there is nothing to compare with
        return ()

    def locate(path: FilePath) -> SourcePos | None:
        return stack.position(kind, key, *path)

    form: Record = NETWORK if kind == "networks" else VOLUME
    return differences(old, resource_record(declared, node_of(stack, kind, key)), locate, form)


# ---- what is in the way ----


def _network_problem(stack: Stack, key: str, network: Network, there: list[ObservedNetwork]) -> Diagnostic | None:
    if network.external and not there:
        return _missing(stack, "network", key, network)
    if network.external and len(there) > 1:
        return _ambiguous(stack, key, network, there)
    if not network.external and there and not any(_is_ours(candidate, stack.name) for candidate in there):
        owner = there[0].labels.get(labels.PROJECT)
        return Diagnostic(
            severity="error",
            pos=stack.position("networks", key),
            path=f"networks.{key}",
            summary=f"the engine has a network {network.name} already, "
            + (f"of the project {owner}" if owner else "which is of no project"),
            hint="say `external: true` to use it as it is, or give this one another `name`",
        )
    return None


def _missing(stack: Stack, kind: str, key: str, resource: Network | Volume) -> Diagnostic:
    return Diagnostic(
        severity="error",
        pos=stack.position(f"{kind}s", key),
        path=f"{kind}s.{key}",
        summary=f"the external {kind} {resource.name} does not exist",
        hint=f"`docker {kind} create {resource.name}` makes it",
    )


def _ambiguous(stack: Stack, key: str, network: Network, there: list[ObservedNetwork]) -> Diagnostic:
    return Diagnostic(
        severity="error",
        pos=stack.position("networks", key),
        path=f"networks.{key}",
        summary=f"the engine has {len(there)} networks named {network.name}, and refuses to start containers on them",
        hint="remove all but one: " + ", ".join(f"`docker network rm {double.id[:12]}`" for double in there),
    )


def _volume_notes(stack: Stack, key: str, volume: Volume, there: ObservedVolume) -> Iterable[Diagnostic]:
    if volume.external:
        return
    owner = there.labels.get(labels.PROJECT)
    if owner != stack.name:
        yield Diagnostic(
            severity="warning",
            pos=stack.position("volumes", key),
            path=f"volumes.{key}",
            summary=f"the volume {volume.name} is there already and was made "
            + (f"for the project {owner}" if owner else "by hand")
            + "; it is used as it is",
            hint="say `external: true` if that is meant",
        )
        return
    if changes := _changes(stack, "volumes", key, volume, there):
        fields = ", ".join(change.path for change in changes)
        yield Diagnostic(
            severity="warning",
            pos=changes[0].pos or stack.position("volumes", key),
            path=f"volumes.{key}",
            summary=f"the volume {volume.name} was made from another definition ({fields}); it is kept, with its data",
            hint=f"to make it anew, and lose its data: `docker volume rm {volume.name}` after `down`",
        )
