"""The plan as a value: steps, why each is there, and which must come first."""

from typing import Any, Literal

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.model import Build, Hook, Network, Sealed, Service, SourcePos, Volume


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen and by keyword."""


class Tagged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str):
    """One of a closed union; the tag is the class's name."""


# ---- what a container, a network, a volume is asked to be ----


class Endpoint(Value, frozen=True, kw_only=True):
    """A container's connection to a network of the engine. `network` is the engine's name.

    `links` are names for other containers, `container:alias`, where it is connected after it was created: one that is
    created has those of its service.
    """

    network: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    link_local_ips: tuple[str, ...] = ()
    mac_address: str | None = None
    driver_opts: dict[str, str] | None = None
    gw_priority: int | None = None
    interface_name: str | None = None
    links: tuple[str, ...] = ()


class InjectedFile(Value, frozen=True, kw_only=True):
    """A config or a secret to be copied into the container before it starts."""

    target: str
    content: Sealed
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


class BoundFile(Value, frozen=True, kw_only=True):
    """A config or a secret that is bind-mounted, read-only, from the file it is kept in."""

    target: str
    source: str


class ContainerSpec(Value, frozen=True, kw_only=True):
    """All that the engine is asked for in one container.

    `service` is canonical; volumes' sources and `volumes_from`, `network_mode: service:` and the
    like are resolved to the engine's names. `image` is what to run: the service's image, or the
    name of the one built for it. `endpoints` are in order of connection: the first is the primary.
    `labels` are all labels, those of minicompose and `com.docker.compose.*` included.
    `fingerprint` is 64 hex digits over everything that makes a container different. `file_volumes`
    are the directories that get a volume for the injected files in them (see `placement`). `input_once`: its
    standard input is that of whoever attaches to it first, and ends with it. `removed_at_end`: the engine removes it
    when its command has ended.
    """

    project: str
    name: str
    number: int
    image: str
    service: Service
    endpoints: tuple[Endpoint, ...] = ()
    injected: tuple[InjectedFile, ...] = ()
    file_volumes: tuple[str, ...] = ()
    bound: tuple[BoundFile, ...] = ()
    labels: dict[str, str] = {}
    fingerprint: str = ""
    input_once: bool = False
    removed_at_end: bool = False


# ---- actions: each one engine verb ----


class CreateNetwork(Tagged, frozen=True, kw_only=True):
    network: Network
    labels: dict[str, str]


class RemoveNetwork(Tagged, frozen=True, kw_only=True):
    """`network` is an id."""

    network: str


class ConnectNetwork(Tagged, frozen=True, kw_only=True):
    """Put a container, as it is, on a network; it answers to the endpoint's names there."""

    container: str
    endpoint: Endpoint


class DisconnectNetwork(Tagged, frozen=True, kw_only=True):
    """Take a container, which may run, off a network; `network` is an id or a name."""

    container: str
    network: str


class CreateVolume(Tagged, frozen=True, kw_only=True):
    volume: Volume
    labels: dict[str, str]


class RemoveVolume(Tagged, frozen=True, kw_only=True):
    volume: str


class PullImage(Tagged, frozen=True, kw_only=True):
    image: str
    platform: str | None = None


class PushImage(Tagged, frozen=True, kw_only=True):
    """Give the registry that the image's name names what the engine has under it."""

    image: str


class BuildImage(Tagged, frozen=True, kw_only=True):
    """Build `image` (its full name and tag). `memory` is a limit for what runs meanwhile, in bytes.

    In `build` the contexts that are services have become their images. `secrets` are those that it may use, by the
    names that its Dockerfile has for them.
    """

    image: str
    build: Build
    service: str
    labels: dict[str, str]
    platform: str | None = None
    pull: bool = False
    no_cache: bool = False
    memory: int | None = None
    secrets: dict[str, Sealed] = {}


class RemoveImage(Tagged, frozen=True, kw_only=True):
    image: str


class CreateContainer(Tagged, frozen=True, kw_only=True):
    """Create, under `name`, which differs from the spec's while an old one still holds that.

    `keep_volumes_of` is the id of a container whose anonymous volumes are taken over.
    """

    name: str
    spec: ContainerSpec
    keep_volumes_of: str | None = None


class StartContainer(Tagged, frozen=True, kw_only=True):
    """`container` is an id or a name, here and below."""

    container: str


class RestartContainer(Tagged, frozen=True, kw_only=True):
    container: str
    timeout: int | None = None


class StopContainer(Tagged, frozen=True, kw_only=True):
    """`timeout` in seconds; None leaves it to the container."""

    container: str
    timeout: int | None = None


class KillContainer(Tagged, frozen=True, kw_only=True):
    """`signal` by its name or number, as the engine takes it; what the container makes of it is its own affair."""

    container: str
    signal: str


class PauseContainer(Tagged, frozen=True, kw_only=True):
    container: str


class UnpauseContainer(Tagged, frozen=True, kw_only=True):
    container: str


class RenameContainer(Tagged, frozen=True, kw_only=True):
    container: str
    name: str


class RemoveContainer(Tagged, frozen=True, kw_only=True):
    """`volumes` also removes the anonymous volumes attached to it."""

    container: str
    volumes: bool = False


# When a hook is run: after a container has been started, or before it is stopped.
Moment = Literal["post_start", "pre_stop"]


class RunHook(Tagged, frozen=True, kw_only=True):
    """Run a command in a container that runs, and wait for its end; any code but 0 is a failure.

    A container that has ended by itself has nothing to do before it is stopped: there `pre_stop` is done.
    `text` is the command as it is shown, where the hook itself does not tell what in it is a secret.
    """

    container: str
    moment: Moment
    hook: Hook
    text: str = ""


Condition = Literal["started", "running", "healthy", "completed", "settled"]


class WaitUntil(Tagged, frozen=True, kw_only=True):
    """Wait until a container is as `condition` says; takes no worker.

    started: it has been started. running: it runs now. healthy: its health check passes.
    completed: it has exited with 0. settled: it runs, is healthy where it has a health check,
    or has exited with 0: what `--wait` wants and what makes a successor good.

    `steady` is for how many seconds from its start a container without a health check has to have run
    until it counts as settled; if it fails meanwhile, the wait does. `monitor` is the same for any container.
    """

    container: str
    condition: Condition
    steady: float = 0.0
    monitor: float = 0.0


class Checkpoint(Tagged, frozen=True, kw_only=True):
    """Everything that it comes after has been done, so none of that will be taken back. No engine call.

    Of the steps in `of`, which it wants, at most `tolerated` may have failed.
    """

    of: tuple[int, ...] = ()
    tolerated: int = 0


class Delay(Tagged, frozen=True, kw_only=True):
    """Let `seconds` pass; takes no worker."""

    seconds: float


Action = (
    CreateNetwork
    | RemoveNetwork
    | ConnectNetwork
    | DisconnectNetwork
    | CreateVolume
    | RemoveVolume
    | PullImage
    | PushImage
    | BuildImage
    | RemoveImage
    | CreateContainer
    | StartContainer
    | RestartContainer
    | StopContainer
    | KillContainer
    | PauseContainer
    | UnpauseContainer
    | RenameContainer
    | RemoveContainer
    | RunHook
    | WaitUntil
    | Checkpoint
    | Delay
)


# ---- reasons ----


class Change(Value, frozen=True, kw_only=True):
    """One field that differs; `path` is dotted below the service ("environment.LOG_LEVEL").

    Values are as printed by `config`, None where the field is absent; what looks like a secret is masked.
    """

    path: str
    old: Any = None
    new: Any = None
    pos: SourcePos | None = None


class Missing(Tagged, frozen=True, kw_only=True):
    """It does not exist yet."""


class Changed(Tagged, frozen=True, kw_only=True):
    changes: tuple[Change, ...]


class ImageUpdated(Tagged, frozen=True, kw_only=True):
    """The image's tag now names another image; ids as the engine gives them."""

    image: str
    old: str
    new: str


class ImageMayChange(Tagged, frozen=True, kw_only=True):
    """The image is built or pulled in this same plan: replaced only if that brings another one."""

    image: str


class DependencyReplaced(Tagged, frozen=True, kw_only=True):
    service: str


class DependencyRestarted(Tagged, frozen=True, kw_only=True):
    service: str


class NetworkReplaced(Tagged, frozen=True, kw_only=True):
    network: str


class Disconnected(Tagged, frozen=True, kw_only=True):
    """It runs, and is not on a network of its service: somebody took it off."""

    network: str


class NotRunning(Tagged, frozen=True, kw_only=True):
    """It exists, unchanged, but does not run; `state` is the engine's word for how it is."""

    state: str


class Needed(Tagged, frozen=True, kw_only=True):
    """Something that `service` needs: an image to create it from, a condition to start it."""

    service: str


class Orphan(Tagged, frozen=True, kw_only=True):
    """No service of the stack has this container."""


class ScaledDown(Tagged, frozen=True, kw_only=True):
    replicas: int


class Unfinished(Tagged, frozen=True, kw_only=True):
    """Left over from a run that was interrupted."""


class Renamed(Tagged, frozen=True, kw_only=True):
    """Somebody has given it another name than its own."""

    name: str


class Unknown(Tagged, frozen=True, kw_only=True):
    """Made by another tool, with no record of what it was made from."""

    made_by: str


class Outdated(Tagged, frozen=True, kw_only=True):
    """The image was pulled longer ago than `policy` allows: `age` in seconds, None when nobody knows."""

    policy: str
    age: int | None = None


class OtherPlatform(Tagged, frozen=True, kw_only=True):
    """The image that is there is for the platform `found`, and not for the one that is `asked` for."""

    asked: str
    found: str


class Failed(Tagged, frozen=True, kw_only=True):
    """What was to take its place, or something that belongs with it, has failed: it is put back."""


class Asked(Tagged, frozen=True, kw_only=True):
    """The command line says so; `option` is the flag or the verb."""

    option: str


Reason = (
    Missing
    | Changed
    | ImageUpdated
    | ImageMayChange
    | DependencyReplaced
    | DependencyRestarted
    | NetworkReplaced
    | Disconnected
    | NotRunning
    | Needed
    | Orphan
    | ScaledDown
    | Unfinished
    | Renamed
    | Unknown
    | Outdated
    | OtherPlatform
    | Failed
    | Asked
)


# ---- the plan ----


class Subject(Value, frozen=True, kw_only=True):
    """What a step is about. `name` is the engine's; `service` is set for containers and images.

    A `Checkpoint` or a `Delay` is about the whole stack, or about a service of it.
    """

    type: Literal["container", "network", "volume", "image", "service", "stack"]
    name: str
    service: str | None = None


class ImageDiffers(Value, frozen=True, kw_only=True):
    """A step's premise: the engine's id for `image`, at that moment, is not `id`."""

    image: str
    id: str


class ImageIs(Value, frozen=True, kw_only=True):
    """A step's premise: the engine's id for `image`, at that moment, is `id`."""

    image: str
    id: str


Premise = ImageDiffers | ImageIs


class Step(Value, frozen=True, kw_only=True):
    """One action. It may begin when the steps named in `after` are done.

    `wants` names steps that must have ended, in whatever way: a dependency that is not required,
    or a last look that should cost no time of its own. Their failure does not stop this step.
    `when` is checked then; if it does not hold the step is skipped, which counts as done. `group` names
    the one change that several steps carry out together (a container's replacement).

    A step of a plan's way back puts back what others have changed: it `reverts` those, and is done only if
    one of them was begun and one of the steps `unless`, of the plan itself, can no more be done.
    """

    id: int
    subject: Subject
    action: Action
    because: Reason
    after: tuple[int, ...] = ()
    wants: tuple[int, ...] = ()
    when: Premise | None = None
    group: str = ""
    reverts: tuple[int, ...] = ()
    unless: tuple[int, ...] = ()


class Plan(Value, frozen=True, kw_only=True):
    """What will be done. Equal inputs give equal plans, byte for byte.

    `way_back` are the steps that put back what was, should it come to that; they are numbered on from `steps`,
    and their edges are among themselves. `unchanged` is what was looked at and is left alone; `notes` are things
    to tell (orphans found).
    """

    project: str
    steps: tuple[Step, ...] = ()
    way_back: tuple[Step, ...] = ()
    unchanged: tuple[Subject, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
