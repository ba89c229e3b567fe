"""The file language, declared once: every attribute, its form, how it merges, what it becomes.

Loading, merging, `config`, the fingerprint, the field-by-field difference and the engine's request
bodies read this table. A new attribute is a row here, a line in `model.py` for its type, its
description in `schemas/stack.schema.json`, and its test.
"""

import enum

import msgspec


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a value may look like in the file, and so what its canonical shape is."""


class Kind(enum.Enum):
    """The kinds of scalar. Strings that came from interpolation are converted where a kind wants it."""

    TEXT = "a string"
    INTEGER = "a whole number"
    COUNT = "a whole number from 0 on"
    PORT = "a port from 1 to 65535"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DURATION = "a duration such as 1m30s"
    MICROSECONDS = "a number of microseconds, or a duration such as 400ms"
    SIZE = "a size such as 512m"
    MODE = "a file mode such as 0440"
    PATH = "a path"
    ANY = "any value"


class Scalar(Form, frozen=True, kw_only=True):
    """`printed` turns a number or boolean into text, as environment values are."""

    kind: Kind = Kind.TEXT
    printed: bool = False


class Words(Form, frozen=True, kw_only=True):
    """A command: a string is split into shell words, a list stays; a later null clears an earlier file's."""


class Pairs(Form, frozen=True, kw_only=True):
    """A mapping, or a list of `KEY=VALUE`; canonically a mapping.

    `bare` is what a name without `=` stands for: None, or the empty string; with `valued` there is
    no such name.
    """

    value: Form = Scalar(printed=True)
    bare: str | None = ""
    valued: bool = False


class Short(enum.Enum):
    """The short forms that need a function of their own, in `stackfile/short.py`."""

    PORT = "port"
    MOUNT = "mount"
    DEVICE = "device"
    GRANT = "grant"
    SECRET = "secret"
    BUILD = "build"
    HEALTH_TEST = "health_test"
    GPUS = "gpus"
    ULIMIT = "ulimit"
    ENV_FILE = "env_file"
    EXTRA_HOSTS = "extra_hosts"
    EXTERNAL = "external"
    DEPENDENCY = "dependency"


class Record(Form, frozen=True, kw_only=True):
    """A mapping of fixed keys. `short` names what a scalar (or list) in its place stands for."""

    fields: tuple["Field", ...]
    short: Short | None = None


class Many(Form, frozen=True, kw_only=True):
    """A list.

    `single`: a lone scalar counts as a list of one. `key` says which entries are the same entry when
    files meet: an attribute of the entry ("target"), or "" for its own text; None means that all
    are kept. `short` expands one entry into several where the short form allows it (port ranges).
    """

    item: Form = Scalar()
    single: bool = False
    key: str | tuple[str, ...] | None = None
    short: Short | None = None


class Table(Form, frozen=True, kw_only=True):
    """A mapping from names of the user's choosing. `from_names`: a plain list of names will do."""

    item: Form
    from_names: bool = False


class Choice(Form, frozen=True, kw_only=True):
    """One of a few words, as the specification lists them."""

    words: tuple[str, ...]


class Merge(enum.Enum):
    """What happens when a later file speaks of the same field."""

    BY_FORM = "mappings key by key, lists append, scalars are replaced"
    REPLACE = "the later one replaces the earlier, null included"
    LOGGING = "replaced when the drivers differ, else key by key"
    IPAM_POOLS = "pools with the same subnet merge, others are added"


class Effect(enum.Enum):
    """What a change of the field means for a container that runs."""

    CONTAINER = "it is another container"
    STACK = "only what minicompose does with it changes"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute.

    `engine` is the path in the body of `POST /containers/create` where the value goes as it is
    ("HostConfig.PidsLimit"); fields that become something else there have a function in
    `engine/translate.py`. `since` is the engine API version that knows it, as (1, 44). `refused` is
    why an attribute that the specification has cannot be carried out: it loads and is printed, and a
    command that would need it stops with an error. Where it is `harmless` to do without, which means
    that what runs is what was asked for, both are no more than a warning. `idle` is the value that
    asks for nothing. A mapping that lacks a `required` one, after all files have been merged, says
    nothing that could be used.
    """

    name: str
    form: Form
    merge: Merge = Merge.BY_FORM
    effect: Effect = Effect.CONTAINER
    engine: str = ""
    since: tuple[int, int] = (0, 0)
    refused: str = ""
    harmless: bool = False
    idle: object = None
    required: bool = False


TEXT = Scalar()
INTEGER = Scalar(kind=Kind.INTEGER)
COUNT = Scalar(kind=Kind.COUNT)
NUMBER = Scalar(kind=Kind.NUMBER)
BOOLEAN = Scalar(kind=Kind.BOOLEAN)
DURATION = Scalar(kind=Kind.DURATION)
MICROSECONDS = Scalar(kind=Kind.MICROSECONDS)
SIZE = Scalar(kind=Kind.SIZE)
MODE = Scalar(kind=Kind.MODE)
PATH = Scalar(kind=Kind.PATH)
ANY = Scalar(kind=Kind.ANY)
PRINTED = Scalar(printed=True)
PAIRS = Pairs()
VARIABLES = Pairs(bare=None)
OPTIONS = Table(item=PRINTED)
WORDS = Words()
LIST = Many()
SET = Many(key="")
TEXT_OR_LIST = Many(single=True, key="")
APPENDED = Many(single=True)

STACK = Effect.STACK


def _field(name: str, form: Form, engine: str = "", **rest: object) -> Field:
    return Field(name=name, form=form, engine=engine, **rest)  # type: ignore[arg-type]


_DEVICE_REQUEST = Record(
    fields=(
        _field("capabilities", LIST),
        _field("count", Scalar(kind=Kind.INTEGER)),  # "all" is -1
        _field("device_ids", LIST),
        _field("driver", TEXT),
        _field("options", PAIRS),
    ),
    short=Short.GPUS,
)

_GRANT_FIELDS = (
    _field("source", TEXT, required=True),
    _field("target", TEXT),
    _field("uid", PRINTED),
    _field("gid", PRINTED),
    _field("mode", MODE),
)

_GRANT = Record(fields=_GRANT_FIELDS, short=Short.GRANT)

_SECRET_GRANT = Record(fields=_GRANT_FIELDS, short=Short.SECRET)

HOOK = Record(
    fields=(
        _field("command", WORDS, merge=Merge.REPLACE, required=True),
        _field("user", TEXT),
        _field("privileged", BOOLEAN),
        _field("working_dir", TEXT),
        _field("environment", VARIABLES),
    )
)

_ULIMITS = Table(
    item=Record(
        fields=(
            _field("soft", INTEGER, merge=Merge.REPLACE, required=True),
            _field("hard", INTEGER, merge=Merge.REPLACE, required=True),
        ),
        short=Short.ULIMIT,
    )
)

_KEPT = "needs a cluster: an engine alone keeps no configs and no secrets"
_BUILDKIT = "needs BuildKit, and images are built by the classic builder here"

_BUILD = Record(
    fields=(
        _field("context", TEXT),
        _field("dockerfile", TEXT),
        _field("dockerfile_inline", TEXT),
        _field("entitlements", LIST, refused=_BUILDKIT, harmless=True),
        _field("args", VARIABLES),
        _field("ssh", VARIABLES, refused=_BUILDKIT),
        _field("labels", PAIRS),
        _field("cache_from", LIST),
        _field("cache_to", LIST, refused=_BUILDKIT, harmless=True),
        _field("no_cache", BOOLEAN),
        _field("additional_contexts", Pairs(valued=True), refused=_BUILDKIT),
        _field("network", TEXT),
        _field("provenance", PRINTED, refused=_BUILDKIT, harmless=True, idle="false"),
        _field("sbom", PRINTED, refused=_BUILDKIT, harmless=True, idle="false"),
        _field("pull", BOOLEAN),
        _field("target", TEXT),
        _field("shm_size", SIZE),
        _field("extra_hosts", Many(single=True, short=Short.EXTRA_HOSTS, key="")),
        _field("isolation", TEXT),
        _field("privileged", BOOLEAN, refused=_BUILDKIT),
        _field("secrets", Many(item=_GRANT), refused=_BUILDKIT),
        _field("tags", SET),
        _field("ulimits", _ULIMITS),
        _field("platforms", LIST),
    ),
    short=Short.BUILD,
)

_HEALTHCHECK = Record(
    fields=(
        _field("test", Many(short=Short.HEALTH_TEST), merge=Merge.REPLACE),
        _field("interval", DURATION),
        _field("timeout", DURATION),
        _field("retries", COUNT),
        _field("start_period", DURATION),
        _field("start_interval", DURATION, since=(1, 44)),
        _field("disable", BOOLEAN),
    )
)

_PORT = Record(
    fields=(
        _field("name", TEXT),
        _field("mode", TEXT),
        _field("host_ip", TEXT),
        _field("target", Scalar(kind=Kind.PORT), required=True),
        _field("published", PRINTED),
        _field("protocol", TEXT),
        _field("app_protocol", TEXT),
    )
)

_MOUNT = Record(
    fields=(
        _field("type", Choice(words=("bind", "volume", "tmpfs", "image", "cluster", "npipe")), required=True),
        _field("source", TEXT),
        _field("target", TEXT, required=True),
        _field("read_only", BOOLEAN),
        _field("consistency", TEXT),
        _field(
            "bind",
            Record(
                fields=(
                    _field("propagation", TEXT),
                    _field("create_host_path", BOOLEAN),
                    _field("recursive", Choice(words=("enabled", "disabled", "writable", "readonly"))),
                    _field("selinux", Choice(words=("z", "Z"))),
                )
            ),
        ),
        _field(
            "volume",
            Record(fields=(_field("labels", PAIRS), _field("nocopy", BOOLEAN), _field("subpath", TEXT, since=(1, 45)))),
        ),
        _field("tmpfs", Record(fields=(_field("size", SIZE), _field("mode", MODE)))),
        _field("image", Record(fields=(_field("subpath", TEXT),)), since=(1, 48)),
    )
)

_ATTACHMENT = Record(
    fields=(
        _field("aliases", SET),
        _field("interface_name", TEXT, since=(1, 49)),
        _field("ipv4_address", TEXT),
        _field("ipv6_address", TEXT),
        _field("link_local_ips", SET),
        _field("mac_address", TEXT),
        _field("driver_opts", OPTIONS),
        _field("gw_priority", INTEGER),
        _field("priority", INTEGER),
    )
)

_UPDATE_CONFIG = Record(
    fields=(
        _field("parallelism", COUNT),
        _field("delay", DURATION),
        _field("failure_action", TEXT),
        _field("monitor", DURATION),
        _field("max_failure_ratio", NUMBER),
        _field("order", Choice(words=("start-first", "stop-first"))),
    )
)

_DEPLOY = Record(
    fields=(
        _field("mode", TEXT, effect=STACK),
        _field("endpoint_mode", TEXT, effect=STACK),
        _field("replicas", INTEGER, effect=STACK),
        _field("labels", PAIRS, effect=STACK),
        _field("update_config", _UPDATE_CONFIG, effect=STACK),
        _field("rollback_config", _UPDATE_CONFIG, effect=STACK),
        _field(
            "resources",
            Record(
                fields=(
                    _field(
                        "limits",
                        Record(fields=(_field("cpus", NUMBER), _field("memory", SIZE), _field("pids", INTEGER))),
                    ),
                    _field(
                        "reservations",
                        Record(
                            fields=(
                                _field("cpus", NUMBER),
                                _field("memory", SIZE),
                                _field("devices", Many(item=_DEVICE_REQUEST)),
                                _field(
                                    "generic_resources",
                                    Many(
                                        item=Record(
                                            fields=(
                                                _field(
                                                    "discrete_resource_spec",
                                                    Record(fields=(_field("kind", TEXT), _field("value", INTEGER))),
                                                ),
                                            )
                                        )
                                    ),
                                ),
                            )
                        ),
                    ),
                )
            ),
        ),
        _field(
            "restart_policy",
            Record(
                fields=(
                    _field("condition", TEXT),
                    _field("delay", DURATION),
                    _field("max_attempts", COUNT),
                    _field("window", DURATION),
                )
            ),
        ),
        _field(
            "placement",
            Record(
                fields=(
                    _field("constraints", LIST),
                    _field("preferences", Many(item=Record(fields=(_field("spread", TEXT),)))),
                    _field("max_replicas_per_node", COUNT),
                )
            ),
            effect=STACK,
        ),
    )
)

_RATES = Many(item=Record(fields=(_field("path", TEXT, required=True), _field("rate", SIZE, required=True))))

_WEIGHT = Record(fields=(_field("path", TEXT, required=True), _field("weight", COUNT, required=True)))

_WATCH = Record(
    fields=(
        _field("path", PATH, required=True),
        _field("action", Choice(words=("rebuild", "sync", "restart", "sync+restart", "sync+exec")), required=True),
        _field("target", TEXT),
        _field("ignore", APPENDED),
        _field("include", APPENDED),
        _field("exec", HOOK),
        _field("initial_sync", BOOLEAN),
    )
)

SERVICE = Record(
    fields=(
        _field("annotations", PAIRS, "HostConfig.Annotations", since=(1, 43), harmless=True),
        _field("attach", BOOLEAN, effect=STACK),
        _field(
            "blkio_config",
            Record(
                fields=(
                    _field("weight", COUNT),
                    _field("weight_device", Many(item=_WEIGHT)),
                    _field("device_read_bps", _RATES),
                    _field("device_read_iops", _RATES),
                    _field("device_write_bps", _RATES),
                    _field("device_write_iops", _RATES),
                )
            ),
        ),
        _field("build", _BUILD, effect=STACK),
        _field("cap_add", SET, "HostConfig.CapAdd"),
        _field("cap_drop", SET, "HostConfig.CapDrop"),
        _field("cgroup", Choice(words=("host", "private")), "HostConfig.CgroupnsMode"),
        _field("cgroup_parent", TEXT, "HostConfig.CgroupParent"),
        _field("command", WORDS, "Cmd", merge=Merge.REPLACE),
        _field("configs", Many(item=_GRANT, key="target")),
        _field("container_name", TEXT),
        _field("cpu_count", INTEGER, "HostConfig.CpuCount"),
        _field("cpu_percent", COUNT),
        _field("cpu_period", INTEGER, "HostConfig.CpuPeriod"),
        _field("cpu_quota", INTEGER, "HostConfig.CpuQuota"),
        _field("cpu_rt_period", MICROSECONDS),
        _field("cpu_rt_runtime", MICROSECONDS),
        _field("cpu_shares", INTEGER, "HostConfig.CpuShares"),
        _field("cpus", NUMBER),
        _field("cpuset", TEXT, "HostConfig.CpusetCpus"),
        _field(
            "credential_spec",
            Record(fields=(_field("config", TEXT, refused=_KEPT), _field("file", TEXT), _field("registry", TEXT))),
        ),
        _field(
            "depends_on",
            Table(
                item=Record(
                    fields=(
                        _field(
                            "condition",
                            Choice(words=("service_started", "service_healthy", "service_completed_successfully")),
                            required=True,
                        ),
                        _field("required", BOOLEAN),
                        _field("restart", BOOLEAN),
                    ),
                    short=Short.DEPENDENCY,
                ),
                from_names=True,
            ),
            effect=STACK,
        ),
        _field("deploy", _DEPLOY),
        _field("develop", Record(fields=(_field("watch", Many(item=_WATCH)),)), effect=STACK),
        _field("device_cgroup_rules", LIST, "HostConfig.DeviceCgroupRules"),
        _field(
            "devices",
            Many(
                item=Record(
                    fields=(_field("source", TEXT, required=True), _field("target", TEXT), _field("permissions", TEXT)),
                    short=Short.DEVICE,
                ),
                key="target",
            ),
        ),
        _field("dns", TEXT_OR_LIST, "HostConfig.Dns"),
        _field("dns_opt", SET, "HostConfig.DnsOptions"),
        _field("dns_search", TEXT_OR_LIST, "HostConfig.DnsSearch"),
        _field("domainname", TEXT, "Domainname"),
        _field("entrypoint", WORDS, "Entrypoint", merge=Merge.REPLACE),
        _field(
            "env_file",
            Many(
                item=Record(
                    fields=(_field("path", PATH, required=True), _field("required", BOOLEAN), _field("format", TEXT)),
                    short=Short.ENV_FILE,
                ),
                single=True,
                key="path",
            ),
            effect=STACK,
        ),
        _field("environment", VARIABLES),
        _field("expose", Many(item=PRINTED, key="")),
        _field("extends", ANY, effect=STACK, merge=Merge.REPLACE),
        _field("external_links", LIST),
        _field("extra_hosts", Many(single=True, short=Short.EXTRA_HOSTS, key="")),
        _field("gpus", Many(item=_DEVICE_REQUEST, short=Short.GPUS)),
        _field("group_add", Many(item=PRINTED), "HostConfig.GroupAdd"),
        _field("healthcheck", _HEALTHCHECK),
        _field("hostname", TEXT, "Hostname"),
        _field("image", TEXT),
        _field("init", BOOLEAN, "HostConfig.Init"),
        _field("ipc", TEXT),
        _field("isolation", TEXT, "HostConfig.Isolation"),
        _field("label_file", APPENDED, effect=STACK),
        _field("labels", PAIRS),
        _field("links", SET),
        _field(
            "logging",
            Record(fields=(_field("driver", TEXT), _field("options", OPTIONS))),
            merge=Merge.LOGGING,
        ),
        _field("mac_address", TEXT),
        _field("mem_limit", SIZE),
        _field("mem_reservation", SIZE),
        _field("mem_swappiness", SIZE, "HostConfig.MemorySwappiness"),
        _field("memswap_limit", SIZE, "HostConfig.MemorySwap"),
        _field(
            "models",
            Table(item=Record(fields=(_field("endpoint_var", TEXT), _field("model_var", TEXT))), from_names=True),
            effect=STACK,
            refused="needs Docker Model Runner, which is not driven from here",
        ),
        _field("network_mode", TEXT),
        _field("networks", Table(item=_ATTACHMENT, from_names=True)),
        _field("oom_kill_disable", BOOLEAN, "HostConfig.OomKillDisable"),
        _field("oom_score_adj", INTEGER, "HostConfig.OomScoreAdj"),
        _field("pid", TEXT),
        _field("pids_limit", INTEGER),
        _field("platform", TEXT),
        _field("ports", Many(item=_PORT, short=Short.PORT, key=("host_ip", "published", "target", "protocol"))),
        _field("post_start", Many(item=HOOK)),
        _field("pre_stop", Many(item=HOOK)),
        _field("privileged", BOOLEAN, "HostConfig.Privileged"),
        _field("profiles", SET, effect=STACK),
        _field(
            "provider",
            Record(
                fields=(
                    _field("type", TEXT, required=True),
                    _field("options", Table(item=Many(item=PRINTED, single=True))),
                )
            ),
            effect=STACK,
            refused="needs a provider plugin of docker compose, which is not run from here",
        ),
        _field("pull_policy", TEXT, effect=STACK),
        _field("pull_refresh_after", DURATION, effect=STACK),
        _field("read_only", BOOLEAN, "HostConfig.ReadonlyRootfs"),
        _field("restart", TEXT),
        _field("runtime", TEXT, "HostConfig.Runtime"),
        _field("scale", INTEGER, effect=STACK),
        _field("secrets", Many(item=_SECRET_GRANT, key="target")),
        _field("security_opt", LIST),
        _field("shm_size", SIZE, "HostConfig.ShmSize"),
        _field("stdin_open", BOOLEAN, "OpenStdin"),
        _field("stop_grace_period", DURATION),
        _field("stop_signal", TEXT, "StopSignal"),
        _field("storage_opt", OPTIONS, "HostConfig.StorageOpt"),
        _field("sysctls", PAIRS, "HostConfig.Sysctls"),
        _field("tmpfs", TEXT_OR_LIST),
        _field("tty", BOOLEAN, "Tty"),
        _field("ulimits", _ULIMITS),
        _field("use_api_socket", BOOLEAN),
        _field("user", TEXT, "User"),
        _field("userns_mode", TEXT, "HostConfig.UsernsMode"),
        _field("uts", TEXT, "HostConfig.UTSMode"),
        _field("volumes", Many(item=_MOUNT, short=Short.MOUNT, key="target")),
        _field("volumes_from", LIST),
        _field("working_dir", TEXT, "WorkingDir"),
    )
)

NETWORK = Record(
    fields=(
        _field("name", TEXT),
        _field("driver", TEXT),
        _field("driver_opts", OPTIONS),
        _field(
            "ipam",
            Record(
                fields=(
                    _field("driver", TEXT),
                    _field(
                        "config",
                        Many(
                            item=Record(
                                fields=(
                                    _field("subnet", TEXT),
                                    _field("ip_range", TEXT),
                                    _field("gateway", TEXT),
                                    _field("aux_addresses", OPTIONS),
                                )
                            )
                        ),
                        merge=Merge.IPAM_POOLS,
                    ),
                    _field("options", OPTIONS),
                )
            ),
        ),
        _field("external", Scalar(kind=Kind.BOOLEAN)),
        _field("internal", BOOLEAN),
        _field("attachable", BOOLEAN),
        _field("enable_ipv4", BOOLEAN, since=(1, 48), idle=True),
        _field("enable_ipv6", BOOLEAN),
        _field("labels", PAIRS),
    ),
    short=Short.EXTERNAL,
)

VOLUME = Record(
    fields=(
        _field("name", TEXT),
        _field("driver", TEXT),
        _field("driver_opts", OPTIONS),
        _field("external", BOOLEAN),
        _field("labels", PAIRS),
    ),
    short=Short.EXTERNAL,
)

CONFIG = Record(
    fields=(
        _field("name", TEXT),
        _field("file", PATH),
        _field("environment", TEXT),
        _field("content", TEXT),
        _field("external", BOOLEAN, refused=_KEPT, idle=False),
        _field("labels", PAIRS),
        _field("template_driver", TEXT, refused=_KEPT),
    ),
    short=Short.EXTERNAL,
)

SECRET = Record(
    fields=(
        _field("name", TEXT),
        _field("file", PATH),
        _field("environment", TEXT),
        _field("external", BOOLEAN, refused=_KEPT, idle=False),
        _field("labels", PAIRS),
        _field("driver", TEXT, refused=_KEPT),
        _field("driver_opts", OPTIONS),
        _field("template_driver", TEXT, refused=_KEPT),
    ),
    short=Short.EXTERNAL,
)

MODEL = Record(
    fields=(
        _field("name", TEXT),
        _field("model", TEXT, required=True),
        _field("context_size", INTEGER),
        _field("runtime_flags", LIST),
    )
)

STACK_FILE = Record(
    fields=(
        _field("version", PRINTED, effect=STACK),
        _field("name", TEXT, effect=STACK),
        _field("include", ANY, effect=STACK),
        _field("services", Table(item=SERVICE)),
        _field("networks", Table(item=NETWORK)),
        _field("volumes", Table(item=VOLUME)),
        _field("configs", Table(item=CONFIG)),
        _field("secrets", Table(item=SECRET)),
        _field("models", Table(item=MODEL), effect=STACK),
    )
)
