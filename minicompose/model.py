"""The values of a stack, all frozen, with no behaviour but derived properties.

`None` means "not said"; an empty tuple or mapping means "said: none". Names are those of the
Compose Specification, and every struct encodes to the canonical form that `config` prints.
"""

from typing import Any, Literal

import msgspec

from minicompose.digests import sha256


class SourcePos(msgspec.Struct, frozen=True, order=True, gc=False):
    """A place in a file; line and column count from 1. `file` is as the user knows it."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Variables(msgspec.Struct, frozen=True):
    """What interpolation can see. `places` says where an env file sets a variable; the others are the environment's."""

    values: dict[str, str]
    places: dict[str, SourcePos] = {}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a value came to stand where it does, beyond the place where it is written.

    `expression` is the text that it was made from, with `variables`. `over` is the value of an earlier
    file whose place it took. On a service, `bases` are the places of the services that it extends, the
    nearest first; on a service or resource, `include` is that of the entry of `include` that brought it.
    `implied` tells that nobody wrote the value: it is a default, or follows from what stands at its place.
    """

    expression: str | None = None
    variables: Variables | None = None
    over: "Node | None" = None
    bases: tuple[SourcePos, ...] = ()
    include: SourcePos | None = None
    implied: bool = False


class Node(msgspec.Struct, frozen=True):
    """A YAML value with its place.

    `value` is a scalar, a `dict[str, Node]` or a `list[Node]`. `key_pos` is where the key of the
    mapping entry stands whose value this is. `tag` holds `!reset` or `!override`.
    """

    value: Any
    pos: SourcePos
    key_pos: SourcePos | None = None
    tag: str | None = None
    origin: Origin | None = None

    def holding(self, value: Any) -> "Node":
        """This node with another value."""
        return Node(value, self.pos, self.key_pos, self.tag, self.origin)


# A step into a Node: a mapping's key or a list's index.
Path = tuple[str | int, ...]


class Duration(int):
    """A span of time in nanoseconds."""

    @property
    def seconds(self) -> float:
        return self / 1_000_000_000

    def __str__(self) -> str:
        """As the reference prints it: 1m30s, 1.5s, 100µs, 0s."""
        if not self:
            return "0s"
        sign, rest = ("-", -int(self)) if self < 0 else ("", int(self))
        if rest < 1_000_000_000:
            unit, size = next(u for u in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)) if rest < u[1] * 1000)
            return f"{sign}{_decimal(rest, size)}{unit}"
        hours, rest = divmod(rest, 3_600_000_000_000)
        minutes, rest = divmod(rest, 60_000_000_000)
        text = f"{hours}h" if hours else ""
        text += f"{minutes}m" if hours or minutes else ""
        return f"{sign}{text}{_decimal(rest, 1_000_000_000)}s"


def _decimal(amount: int, unit: int) -> str:
    whole, part = divmod(amount, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".") if part else str(whole)


class ByteSize(int):
    """A number of bytes; -1 where the specification allows "unlimited"."""

    def __str__(self) -> str:
        return int.__repr__(self)


class FileMode(int):
    """Permission bits; printed in octal with a leading zero, as "0440"."""

    def __str__(self) -> str:
        return f"0{int(self):o}"


class Sealed:
    """The content of a config or a secret. It never shows itself, and encodes as its digest."""

    __slots__ = ("content", "digest")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.digest = "sha256:" + sha256(content).hexdigest()

    @classmethod
    def unread(cls, digest: str) -> "Sealed":
        """What is known by its digest alone: it can be compared, and goes into no container."""
        found = cls(b"")
        found.digest = digest
        return found

    def __repr__(self) -> str:
        return f"Sealed({self.digest[:15]})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all parts of a stack have in common: frozen, by keyword, defaults not printed."""


# ---- parts of a service ----


class Port(Value, frozen=True, kw_only=True):
    """One published or exposed port; `published` is a port, a range "8000-8010", or None (the engine picks)."""

    target: int
    published: str | None = None
    host_ip: str | None = None
    protocol: str = "tcp"
    mode: str = "ingress"
    name: str | None = None
    app_protocol: str | None = None


class BindOptions(Value, frozen=True, kw_only=True):
    propagation: str | None = None
    create_host_path: bool | None = None
    recursive: str | None = None
    selinux: str | None = None


class VolumeOptions(Value, frozen=True, kw_only=True):
    nocopy: bool | None = None
    subpath: str | None = None
    labels: dict[str, str] | None = None


class TmpfsOptions(Value, frozen=True, kw_only=True):
    size: ByteSize | None = None
    mode: FileMode | None = None


class ImageOptions(Value, frozen=True, kw_only=True):
    subpath: str | None = None


class Mount(Value, frozen=True, kw_only=True):
    """One entry of `volumes`. A volume without a source is anonymous."""

    type: Literal["bind", "volume", "tmpfs", "image", "cluster", "npipe"]
    target: str
    source: str | None = None
    read_only: bool | None = None
    consistency: str | None = None
    bind: BindOptions | None = None
    volume: VolumeOptions | None = None
    tmpfs: TmpfsOptions | None = None
    image: ImageOptions | None = None


class FileGrant(Value, frozen=True, kw_only=True):
    """A config or a secret given to a service; `target` is a path in the container."""

    source: str
    target: str | None = None
    uid: str | None = None
    gid: str | None = None
    mode: FileMode | None = None


class Dependency(Value, frozen=True, kw_only=True):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"] = "service_started"
    required: bool = True
    restart: bool = False


class Healthcheck(Value, frozen=True, kw_only=True):
    """`test` begins with CMD, CMD-SHELL or NONE; `disable` wins over everything else."""

    test: tuple[str, ...] | None = None
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: int | None = None
    start_period: Duration | None = None
    start_interval: Duration | None = None
    disable: bool | None = None


class NetworkAttachment(Value, frozen=True, kw_only=True):
    """How a service is connected to one network."""

    aliases: tuple[str, ...] | None = None
    interface_name: str | None = None
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    link_local_ips: tuple[str, ...] | None = None
    mac_address: str | None = None
    driver_opts: dict[str, str] | None = None
    gw_priority: int | None = None
    priority: int | None = None


class Logging(Value, frozen=True, kw_only=True):
    driver: str | None = None
    options: dict[str, str | None] | None = None


class Device(Value, frozen=True, kw_only=True):
    """A device of the host; `permissions` not said are all, "rwm"."""

    source: str
    target: str | None = None
    permissions: str | None = None


class DeviceRequest(Value, frozen=True, kw_only=True):
    """A GPU or another device asked for by what it can do; `count` -1 is all."""

    capabilities: tuple[str, ...] | None = None
    count: int | None = None
    device_ids: tuple[str, ...] | None = None
    driver: str | None = None
    options: dict[str, str] | None = None


class Ulimit(Value, frozen=True, kw_only=True):
    soft: int
    hard: int


class DeviceRate(Value, frozen=True, kw_only=True):
    path: str
    rate: ByteSize


class DeviceWeight(Value, frozen=True, kw_only=True):
    path: str
    weight: int


class BlkioConfig(Value, frozen=True, kw_only=True):
    weight: int | None = None
    weight_device: tuple[DeviceWeight, ...] | None = None
    device_read_bps: tuple[DeviceRate, ...] | None = None
    device_read_iops: tuple[DeviceRate, ...] | None = None
    device_write_bps: tuple[DeviceRate, ...] | None = None
    device_write_iops: tuple[DeviceRate, ...] | None = None


class BuildSecret(Value, frozen=True, kw_only=True):
    source: str
    target: str | None = None
    uid: str | None = None
    gid: str | None = None
    mode: FileMode | None = None


class Build(Value, frozen=True, kw_only=True):
    context: str | None = None
    dockerfile: str | None = None
    dockerfile_inline: str | None = None
    entitlements: tuple[str, ...] | None = None
    args: dict[str, str | None] | None = None
    ssh: dict[str, str | None] | None = None
    labels: dict[str, str] | None = None
    cache_from: tuple[str, ...] | None = None
    cache_to: tuple[str, ...] | None = None
    no_cache: bool | None = None
    additional_contexts: dict[str, str] | None = None
    network: str | None = None
    provenance: str | None = None
    sbom: str | None = None
    pull: bool | None = None
    target: str | None = None
    shm_size: ByteSize | None = None
    extra_hosts: tuple[str, ...] | None = None
    isolation: str | None = None
    privileged: bool | None = None
    secrets: tuple[BuildSecret, ...] | None = None
    tags: tuple[str, ...] | None = None
    ulimits: dict[str, int | Ulimit] | None = None
    platforms: tuple[str, ...] | None = None


class ResourceLimits(Value, frozen=True, kw_only=True):
    cpus: float | None = None
    memory: ByteSize | None = None
    pids: int | None = None


class ResourceReservations(Value, frozen=True, kw_only=True):
    cpus: float | None = None
    memory: ByteSize | None = None
    devices: tuple[DeviceRequest, ...] | None = None
    generic_resources: tuple[dict[str, Any], ...] | None = None


class Resources(Value, frozen=True, kw_only=True):
    limits: ResourceLimits | None = None
    reservations: ResourceReservations | None = None


class RestartPolicy(Value, frozen=True, kw_only=True):
    condition: str | None = None
    delay: Duration | None = None
    max_attempts: int | None = None
    window: Duration | None = None


class UpdateConfig(Value, frozen=True, kw_only=True):
    parallelism: int | None = None
    delay: Duration | None = None
    failure_action: str | None = None
    monitor: Duration | None = None
    max_failure_ratio: float | None = None
    order: str | None = None


class Preference(Value, frozen=True, kw_only=True):
    spread: str | None = None


class Placement(Value, frozen=True, kw_only=True):
    constraints: tuple[str, ...] | None = None
    preferences: tuple[Preference, ...] | None = None
    max_replicas_per_node: int | None = None


class Deploy(Value, frozen=True, kw_only=True):
    mode: str | None = None
    endpoint_mode: str | None = None
    replicas: int | None = None
    labels: dict[str, str] | None = None
    update_config: UpdateConfig | None = None
    rollback_config: UpdateConfig | None = None
    resources: Resources | None = None
    restart_policy: RestartPolicy | None = None
    placement: Placement | None = None


class Hook(Value, frozen=True, kw_only=True):
    command: tuple[str, ...] | None = None
    user: str | None = None
    privileged: bool | None = None
    working_dir: str | None = None
    environment: dict[str, str | None] | None = None


class WatchRule(Value, frozen=True, kw_only=True):
    path: str
    action: str
    target: str | None = None
    ignore: tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None
    exec: Hook | None = None
    initial_sync: bool | None = None


class Develop(Value, frozen=True, kw_only=True):
    watch: tuple[WatchRule, ...] | None = None


class CredentialSpec(Value, frozen=True, kw_only=True):
    config: str | None = None
    file: str | None = None
    registry: str | None = None


class Provider(Value, frozen=True, kw_only=True):
    type: str
    options: dict[str, tuple[str, ...]] | None = None


class ServiceModel(Value, frozen=True, kw_only=True):
    endpoint_var: str | None = None
    model_var: str | None = None


class Service(Value, frozen=True, kw_only=True):
    """One service, canonical. `name` is its key in the file and is not printed inside it."""

    name: str
    annotations: dict[str, str] | None = None
    attach: bool | None = None
    blkio_config: BlkioConfig | None = None
    build: Build | None = None
    cap_add: tuple[str, ...] | None = None
    cap_drop: tuple[str, ...] | None = None
    cgroup: str | None = None
    cgroup_parent: str | None = None
    command: tuple[str, ...] | None = None
    configs: tuple[FileGrant, ...] | None = None
    container_name: str | None = None
    cpu_count: int | None = None
    cpu_percent: float | None = None
    cpu_period: int | None = None
    cpu_quota: int | None = None
    cpu_rt_period: Duration | None = None
    cpu_rt_runtime: Duration | None = None
    cpu_shares: int | None = None
    cpus: float | None = None
    cpuset: str | None = None
    credential_spec: CredentialSpec | None = None
    depends_on: dict[str, Dependency] | None = None
    deploy: Deploy | None = None
    develop: Develop | None = None
    device_cgroup_rules: tuple[str, ...] | None = None
    devices: tuple[Device, ...] | None = None
    dns: tuple[str, ...] | None = None
    dns_opt: tuple[str, ...] | None = None
    dns_search: tuple[str, ...] | None = None
    domainname: str | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: dict[str, str | None] | None = None
    expose: tuple[str, ...] | None = None
    external_links: tuple[str, ...] | None = None
    extra_hosts: tuple[str, ...] | None = None
    gpus: tuple[DeviceRequest, ...] | None = None
    group_add: tuple[str, ...] | None = None
    healthcheck: Healthcheck | None = None
    hostname: str | None = None
    image: str | None = None
    init: bool | None = None
    ipc: str | None = None
    isolation: str | None = None
    labels: dict[str, str] | None = None
    links: tuple[str, ...] | None = None
    logging: Logging | None = None
    mac_address: str | None = None
    mem_limit: ByteSize | None = None
    mem_reservation: ByteSize | None = None
    mem_swappiness: ByteSize | None = None
    memswap_limit: ByteSize | None = None
    models: dict[str, ServiceModel | None] | None = None
    network_mode: str | None = None
    networks: dict[str, NetworkAttachment | None] | None = None
    oom_kill_disable: bool | None = None
    oom_score_adj: int | None = None
    pid: str | None = None
    pids_limit: int | None = None
    platform: str | None = None
    ports: tuple[Port, ...] | None = None
    post_start: tuple[Hook, ...] | None = None
    pre_stop: tuple[Hook, ...] | None = None
    privileged: bool | None = None
    profiles: tuple[str, ...] | None = None
    provider: Provider | None = None
    pull_policy: str | None = None
    pull_refresh_after: Duration | None = None
    read_only: bool | None = None
    restart: str | None = None
    runtime: str | None = None
    scale: int | None = None
    secrets: tuple[FileGrant, ...] | None = None
    security_opt: tuple[str, ...] | None = None
    shm_size: ByteSize | None = None
    stdin_open: bool | None = None
    stop_grace_period: Duration | None = None
    stop_signal: str | None = None
    storage_opt: dict[str, Any] | None = None
    sysctls: dict[str, str] | None = None
    tmpfs: tuple[str, ...] | None = None
    tty: bool | None = None
    ulimits: dict[str, int | Ulimit] | None = None
    use_api_socket: bool | None = None
    user: str | None = None
    userns_mode: str | None = None
    uts: str | None = None
    volumes: tuple[Mount, ...] | None = None
    volumes_from: tuple[str, ...] | None = None
    working_dir: str | None = None
    extensions: dict[str, Any] | None = None

    @property
    def replicas(self) -> int:
        """How many containers the service wants."""
        if self.scale is not None:
            return self.scale
        if self.deploy is not None and self.deploy.replicas is not None:
            return self.deploy.replicas
        return 1


# ---- resources ----


class IpamPool(Value, frozen=True, kw_only=True):
    subnet: str | None = None
    ip_range: str | None = None
    gateway: str | None = None
    aux_addresses: dict[str, str] | None = None


class Ipam(Value, frozen=True, kw_only=True):
    driver: str | None = None
    config: tuple[IpamPool, ...] | None = None
    options: dict[str, str] | None = None


class Network(Value, frozen=True, kw_only=True):
    """`name` is the engine's name for it, the project's prefix included; empty where nothing was normalised."""

    name: str = ""
    driver: str | None = None
    driver_opts: dict[str, str] | None = None
    ipam: Ipam | None = None
    external: bool = False
    internal: bool | None = None
    attachable: bool | None = None
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    labels: dict[str, str] | None = None
    extensions: dict[str, Any] | None = None


class Volume(Value, frozen=True, kw_only=True):
    """`name` is the engine's name for it, the project's prefix included; empty where nothing was normalised."""

    name: str = ""
    driver: str | None = None
    driver_opts: dict[str, str] | None = None
    external: bool = False
    labels: dict[str, str] | None = None
    extensions: dict[str, Any] | None = None


class Config(Value, frozen=True, kw_only=True):
    """A config or a secret: exactly one of `file`, `environment`, `content`, unless external.

    `sealed` is what it holds, read when the stack was loaded; None where it is external or no
    service in play uses it. It is not part of the printed form.
    """

    name: str = ""
    file: str | None = None
    environment: str | None = None
    content: str | None = None
    external: bool = False
    labels: dict[str, str] | None = None
    driver: str | None = None
    driver_opts: dict[str, str] | None = None
    template_driver: str | None = None
    sealed: Sealed | None = None
    extensions: dict[str, Any] | None = None


class Model(Value, frozen=True, kw_only=True):
    """An AI model, as the specification's `models` declares it."""

    model: str
    name: str | None = None
    context_size: int | None = None
    runtime_flags: tuple[str, ...] | None = None
    extensions: dict[str, Any] | None = None


class Stack(Value, frozen=True, kw_only=True):
    """A whole project, canonical: only enabled services, every default of the file explicit.

    `disabled` holds the services that no active profile enables. `files` are the stack files' paths,
    absolute, and `directory` the project directory. `name_derived` tells that nobody gave the
    name and it was taken from the directory. `separator` stands between the parts of names that
    containers and images get. `root` is the merged tree, for positions.
    """

    name: str
    services: dict[str, Service] = {}
    networks: dict[str, Network] = {}
    volumes: dict[str, Volume] = {}
    configs: dict[str, Config] = {}
    secrets: dict[str, Config] = {}
    models: dict[str, Model] = {}
    extensions: dict[str, Any] | None = None
    disabled: dict[str, Service] = {}
    files: tuple[str, ...] = ()
    directory: str = ""
    name_derived: bool = False
    separator: str = "-"
    root: Node | None = None

    @property
    def derived_from(self) -> str | None:
        """The directory that gave the project its name, where nobody did."""
        return self.directory if self.name_derived else None

    def position(self, *path: str | int) -> SourcePos | None:
        """Where the value at `path` of the canonical tree is written, or else its nearest parent.

        `stack.position("services", "db", "environment", "LOG_LEVEL")`. For an entry of a mapping
        it is the place of the key. None only where the stack was not read from files.
        """
        node = self.root
        if node is None:
            return None
        found = node.pos
        for step in path:
            inside = node.value
            if isinstance(inside, list):
                inside = dict(enumerate(inside))
            if not isinstance(inside, dict) or step not in inside:
                break
            node = inside[step]
            found = node.key_pos or node.pos
        return found


def encode_value(value: object) -> Any:
    """The `enc_hook` for msgspec: how our own scalar types are written."""
    if isinstance(value, (Duration, ByteSize, FileMode)):
        return str(value)
    if isinstance(value, Sealed):
        return {"digest": value.digest}
    raise TypeError(f"{type(value).__name__} has no written form")
