"""What of a stack is known not to be there before anything is created."""

from typing import Any

import pytest

from minicompose.engine.host import abilities
from minicompose.engine.lacks.buildkit import lacking_for_buildkit
from minicompose.engine.lacks.drivers import missing_network_driver, missing_volume_driver
from minicompose.engine.lacks.everywhere import cache_image, nameless, refused, refused_build, refused_config
from minicompose.engine.lacks.host import depends_on_host, lacking_on_host
from minicompose.engine.lacks.limits import impossible
from minicompose.engine.lacks.namespaces import excluded
from minicompose.engine.lacks.rights import unknown_rights
from minicompose.engine.lacks.version import unsupported, unsupported_network
from minicompose.engine.protocol import Abilities
from minicompose.model import (
    BindOptions,
    Build,
    BuildSecret,
    ByteSize,
    Config,
    CredentialSpec,
    Deploy,
    Device,
    DeviceRequest,
    Duration,
    Healthcheck,
    Logging,
    Mount,
    Network,
    NetworkAttachment,
    Provider,
    ResourceLimits,
    ResourceReservations,
    Resources,
    Service,
    Ulimit,
    Volume,
    VolumeOptions,
)

OLD, NEW = (1, 41), (1, 51)


# ---- by the version of the API ----


@pytest.mark.parametrize(
    ("fields", "path", "version"),
    [
        ({"healthcheck": Healthcheck(start_interval=Duration(1))}, ("healthcheck", "start_interval"), "1.44"),
        (
            {"volumes": (Mount(type="volume", target="/b", volume=VolumeOptions(subpath="x")),)},
            ("volumes", 0, "volume", "subpath"),
            "1.45",
        ),
        ({"volumes": (Mount(type="image", source="i", target="/b"),)}, ("volumes", 0, "type"), "1.48"),
        ({"volumes": (Mount(type="cluster", source="i", target="/b"),)}, ("volumes", 0, "type"), "1.42"),
        (
            {"volumes": (Mount(type="bind", source="/a", target="/b", bind=BindOptions(recursive="readonly")),)},
            ("volumes", 0, "bind", "recursive"),
            "1.44",
        ),
        (
            {"networks": {"m": None, "n": NetworkAttachment(gw_priority=1)}},
            ("networks", "n", "gw_priority"),
            "1.48",
        ),
        ({"networks": {"n": NetworkAttachment(interface_name="x")}}, ("networks", "n", "interface_name"), "1.49"),
        (
            {"networks": {"n": NetworkAttachment(mac_address="x"), "m": NetworkAttachment(priority=5)}},
            ("networks", "n", "mac_address"),
            "1.44",
        ),
        ({"devices": (Device(source="vendor.com/gpu=0"),)}, ("devices", 0), "1.44"),
    ],
)
def test_what_an_old_engine_lacks_is_told_with_the_version_that_has_it(
    fields: dict[str, Any], path: tuple[str | int, ...], version: str
) -> None:
    service = Service(name="web", **fields)

    (lack,) = unsupported(service, OLD)

    assert (lack.path, lack.harmless) == (path, False)
    assert f"needs engine API {version}, and this engine has 1.41" in lack.why
    assert unsupported(service, NEW) == []


def test_annotations_are_not_missed_by_an_old_engine() -> None:
    (lack,) = unsupported(Service(name="web", annotations={"a": "b"}), OLD)

    assert (lack.path, lack.harmless) == (("annotations",), True)


def test_a_network_without_ipv4_needs_a_newer_engine() -> None:
    network = Network(name="shop_net", enable_ipv4=False)

    assert [lack.path for lack in unsupported_network(network, OLD)] == [("enable_ipv4",)]
    assert unsupported_network(network, NEW) == []


@pytest.mark.parametrize("network", [Network(name="n"), Network(name="n", enable_ipv4=True)])
def test_a_network_with_ipv4_is_one_for_every_engine(network: Network) -> None:
    assert unsupported_network(network, OLD) == []


def test_an_ordinary_service_lacks_nothing_on_an_old_engine() -> None:
    service = Service(
        name="web",
        build=Build(context="."),
        networks={"n": NetworkAttachment(mac_address="x", gw_priority=0), "o": None},
        volumes=(Mount(type="bind", source="/a", target="/b", bind=BindOptions(recursive="disabled")),),
        healthcheck=Healthcheck(interval=Duration(1)),
        annotations={},
    )

    assert unsupported(service, OLD) == []


# ---- whatever the engine ----


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ({"models": {"llm": None}}, ("models",), "Model Runner"),
        ({"provider": Provider(type="awesome")}, ("provider",), "provider plugin"),
        ({"credential_spec": CredentialSpec(config="c")}, ("credential_spec", "config"), "cluster"),
    ],
)
def test_what_no_engine_does_is_refused(fields: dict[str, Any], path: tuple[str | int, ...], word: str) -> None:
    (lack,) = refused(Service(name="web", **fields))

    assert (lack.path, lack.harmless) == (path, False)
    assert word in lack.why


def test_a_build_that_does_not_work_is_no_hindrance_to_a_service() -> None:
    assert refused(Service(name="web", build=Build(ssh={"default": None}))) == []


@pytest.mark.parametrize(
    ("fields", "harmless"),
    [
        ({"ssh": {"default": None}}, False),
        ({"secrets": (BuildSecret(source="s"),)}, False),
        ({"additional_contexts": {"a": "b"}}, False),
        ({"privileged": True}, False),
        ({"cache_to": ("type=inline",)}, True),
        ({"entitlements": ("network.host",)}, True),
        ({"provenance": "true"}, True),
        ({"sbom": "true"}, True),
    ],
)
def test_what_needs_buildkit_is_an_error_where_the_image_would_be_another(
    fields: dict[str, Any], harmless: bool
) -> None:
    (lack,) = refused_build(Build(context=".", **fields))

    assert (lack.path, lack.harmless) == (tuple(fields), harmless)
    assert "BuildKit" in lack.why


def test_what_asks_the_builder_for_nothing_is_not_complained_of() -> None:
    build = Build(context=".", privileged=False, provenance="false", sbom="false", ssh={}, cache_to=(), secrets=())

    assert refused_build(build) == []


@pytest.mark.parametrize(
    ("config", "attribute"),
    [
        (Config(name="c", external=True), "external"),
        (Config(name="c", file="/f", driver="vault"), "driver"),
        (Config(name="c", file="/f", template_driver="golang"), "template_driver"),
    ],
)
def test_a_secret_that_only_a_cluster_keeps_is_refused(config: Config, attribute: str) -> None:
    assert [lack.path for lack in refused_config(config, secret=True)] == [(attribute,)]


def test_a_config_with_contents_is_not_refused() -> None:
    assert refused_config(Config(name="c", content="x", labels={"a": "b"}), secret=False) == []


@pytest.mark.parametrize(
    ("entry", "image"),
    [
        ("shop:1", "shop:1"),
        ("host:5000/shop", "host:5000/shop"),
        ("type=registry,ref=shop:1", "shop:1"),
        ("ref=shop:1", "shop:1"),
        ("type=local,src=dir", ""),
    ],
)
def test_the_classic_builder_takes_its_cache_from_images(entry: str, image: str) -> None:
    assert cache_image(entry) == image
    assert [lack.harmless for lack in refused_build(Build(context=".", cache_from=(entry,)))] == [True] * (not image)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Network(name=""), ("name",)),
        (Volume(name="v", labels={"": "x"}), ("labels",)),
        (Service(name="web", environment={"": "x"}), ("environment",)),
    ],
)
def test_a_name_that_is_empty_is_refused(value: Service | Network | Volume, path: tuple[str | int, ...]) -> None:
    assert [lack.path for lack in nameless(value)] == [path]


def test_what_has_a_name_is_not_refused() -> None:
    assert list(nameless(Service(name="web", environment={"A": ""}))) == list(nameless(Volume(name="v"))) == []


# ---- by the host ----

LIMIT = ("deploy", "resources", "limits")
LIMITS = Deploy(resources=Resources(limits=ResourceLimits(cpus=1.0, memory=ByteSize(1), pids=5)))
GPU = Deploy(resources=Resources(reservations=ResourceReservations(devices=(DeviceRequest(capabilities=("gpu",)),))))


def _lacks(host: Abilities, **fields: Any) -> list[tuple[tuple[str | int, ...], bool]]:
    service = Service(name="web", **fields)
    assert depends_on_host(service)
    return [(lack.path, lack.harmless) for lack in lacking_on_host(service, host)]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"runtime": "nvidia"}, ("runtime",)),
        ({"isolation": "hyperv"}, ("isolation",)),
        ({"credential_spec": CredentialSpec(file="f")}, ("credential_spec",)),
        ({"gpus": (DeviceRequest(count=-1),)}, ("gpus",)),
        ({"deploy": GPU}, ("deploy", "resources", "reservations", "devices")),
        ({"volumes": (Mount(type="npipe", source="p", target="p"),)}, ("volumes", 0, "type")),
    ],
)
def test_what_the_host_has_not_is_an_error(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert _lacks(Abilities(), **fields) == [(path, False)]


@pytest.mark.parametrize(
    "fields",
    [
        {"runtime": "runc"},
        {"runtime": "io.containerd.kata.v2"},
        {"runtime": "/usr/bin/crun"},
        {"isolation": "default"},
    ],
)
def test_what_every_host_has_is_not_complained_of(fields: dict[str, Any]) -> None:
    assert _lacks(Abilities(), **fields) == []


def test_a_host_with_devices_gives_them() -> None:
    assert _lacks(Abilities(devices=True), gpus=(DeviceRequest(),), deploy=GPU) == []


def test_a_host_that_does_not_tell_of_its_devices_is_trusted_with_a_warning() -> None:
    assert _lacks(Abilities(devices=None), gpus=(DeviceRequest(),)) == [(("gpus",), True)]


def test_windows_has_what_is_of_windows() -> None:
    service = {"isolation": "hyperv", "cpu_count": 1, "cpu_percent": 5.0, "credential_spec": CredentialSpec(file="f")}

    assert _lacks(Abilities(os="windows"), **service) == []
    assert [path for path, harmless in _lacks(Abilities(), **service) if harmless] == [("cpu_count",), ("cpu_percent",)]


def test_windows_has_no_socket_to_give() -> None:
    assert _lacks(Abilities(os="windows"), use_api_socket=True) == [(("use_api_socket",), False)]
    assert _lacks(Abilities(), use_api_socket=True) == []
    assert depends_on_host(Service(name="web", use_api_socket=True))


def test_limits_that_the_kernel_does_not_have_are_dropped_with_a_warning() -> None:
    host = Abilities(without=frozenset({"pids", "swap"}))

    lacks = _lacks(host, deploy=LIMITS, memswap_limit=ByteSize(1), cpus=1.0)

    assert lacks == [(("deploy", "resources", "limits", "pids"), True), (("memswap_limit",), True)]


def test_the_size_of_a_container_is_limited_on_xfs_alone() -> None:
    asked = {"storage_opt": {"size": "1G"}}

    assert _lacks(Abilities(storage="overlay2", filesystem="extfs"), **asked) == [(("storage_opt",), False)]
    assert _lacks(Abilities(storage="overlay2", filesystem="xfs"), **asked) == []
    assert _lacks(Abilities(storage="btrfs"), **asked) == []


def test_an_ordinary_service_does_not_depend_on_the_host() -> None:
    assert not depends_on_host(Service(name="web", image="i", deploy=Deploy(replicas=2), environment={"A": "b"}))


def test_the_host_is_what_the_engine_tells() -> None:
    told = {
        "OSType": "linux",
        "Runtimes": {"runc": {}, "nvidia": {}},
        "SwapLimit": False,
        "MemoryLimit": True,
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
        "Plugins": {"Network": ["bridge", "null"], "Volume": ["local"], "Log": ["json-file"], "Authorization": None},
        "Swarm": {"LocalNodeState": "active", "ControlAvailable": True},
        "SecurityOptions": ["name=seccomp,profile=default", "name=selinux"],
        "NCPU": 2,
    }

    assert abilities(told, "tcp://build:2376") == Abilities(
        runtimes=frozenset({"runc", "nvidia"}),
        devices=True,
        without=frozenset({"swap"}),
        storage="overlay2",
        filesystem="extfs",
        network_drivers=frozenset({"bridge", "null"}),
        volume_drivers=frozenset({"local"}),
        log_drivers=frozenset({"json-file"}),
        swarm_manager=True,
        selinux=True,
        cpus=2,
        least_memory=6 << 20,
    )


def test_podman_leaves_limits_to_the_kernel() -> None:
    host = abilities({"NCPU": 2, "BuildahVersion": "1.33.7"}, "tcp://build:2376")

    assert (host.cpus, host.least_memory) == (0, 0)


@pytest.mark.parametrize(
    ("address", "hook", "devices"),
    [
        ("tcp://build:2376", None, None),
        ("unix:///run/docker.sock", None, False),
        ("unix:///run/docker.sock", "/usr/bin/nvidia-container-runtime-hook", True),
    ],
)
def test_without_a_runtime_for_them_devices_are_known_on_this_machine_alone(
    address: str, hook: str | None, devices: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: hook)

    assert abilities({"Runtimes": {"runc": {}}}, address).devices is devices


# ---- limits ----


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ({"cpus": 2.5}, ("cpus",), "has 2 CPUs, and the engine refuses to give 2.5"),
        ({"deploy": Deploy(resources=Resources(limits=ResourceLimits(cpus=3.0)))}, (*LIMIT, "cpus"), "has 2 CPUs"),
        ({"cpuset": "0-2"}, ("cpuset",), "these are 3 CPUs"),
        ({"mem_limit": ByteSize(5 << 20)}, ("mem_limit",), "no less than 6m"),
        ({"mem_reservation": ByteSize(1)}, ("mem_reservation",), "no less than 6m"),
        ({"deploy": Deploy(resources=Resources(limits=ResourceLimits(memory=ByteSize(9))))}, (*LIMIT, "memory"), "6m"),
    ],
)
def test_what_the_host_is_too_small_for_is_an_error(
    fields: dict[str, Any], path: tuple[str | int, ...], word: str
) -> None:
    service = Service(name="web", **fields)

    assert depends_on_host(service)
    (lack,) = lacking_on_host(service, Abilities(cpus=2, least_memory=6 << 20))
    assert (lack.path, lack.harmless) == (path, False)
    assert word in lack.why


@pytest.mark.parametrize(
    "fields",
    [
        {"cpus": 2.0, "mem_limit": ByteSize(6 << 20), "cpuset": "0,1"},
        {"cpus": 0.0, "mem_limit": ByteSize(0)},
        {"cpus": 9.0, "deploy": Deploy(resources=Resources(limits=ResourceLimits(cpus=1.0)))},
    ],
)
def test_what_the_host_is_large_enough_for_is_not_complained_of(fields: dict[str, Any]) -> None:
    assert lacking_on_host(Service(name="web", **fields), Abilities(cpus=2, least_memory=6 << 20)) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"mem_limit": ByteSize(9), "mem_reservation": ByteSize(10)}, ("mem_reservation",)),
        ({"memswap_limit": ByteSize(10)}, ("memswap_limit",)),
        ({"mem_limit": ByteSize(9), "memswap_limit": ByteSize(8)}, ("memswap_limit",)),
        ({"mem_swappiness": 101}, ("mem_swappiness",)),
        ({"cpus": 1.0, "cpu_quota": 50_000}, ("cpu_quota",)),
        ({"cpus": 1.0, "cpu_period": 50_000}, ("cpu_period",)),
        ({"cpu_period": 999}, ("cpu_period",)),
        ({"cpu_quota": 999}, ("cpu_quota",)),
        ({"cpu_rt_period": Duration(4_000), "cpu_rt_runtime": Duration(5_000)}, ("cpu_rt_runtime",)),
        ({"shm_size": ByteSize(-1)}, ("shm_size",)),
        ({"oom_score_adj": 1001}, ("oom_score_adj",)),
        ({"ulimits": {"nofile": Ulimit(soft=2, hard=1)}}, ("ulimits", "nofile")),
    ],
)
def test_limits_that_contradict_each_other_are_errors(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert [(lack.path, lack.harmless) for lack in impossible(Service(name="web", **fields))] == [(path, False)]


@pytest.mark.parametrize(
    "fields",
    [
        {"mem_limit": ByteSize(9), "mem_reservation": ByteSize(9), "memswap_limit": ByteSize(9)},
        {"memswap_limit": ByteSize(-1), "cpu_quota": -1, "mem_swappiness": -1},
        {"cpu_quota": 50_000, "cpu_period": 100_000, "oom_score_adj": -1000},
        {"ulimits": {"nofile": Ulimit(soft=2, hard=-1), "core": 5}},
    ],
)
def test_limits_that_go_together_are_not_complained_of(fields: dict[str, Any]) -> None:
    assert list(impossible(Service(name="web", **fields))) == []


# ---- drivers ----

DRIVERS = Abilities(
    network_drivers=frozenset({"bridge", "overlay", "net:latest"}),
    volume_drivers=frozenset({"local"}),
    log_drivers=frozenset({"json-file", "syslog"}),
    plugins=frozenset({"old"}),
)


def test_a_driver_that_the_engine_does_not_have_is_an_error() -> None:
    (network,) = missing_network_driver(Network(name="n", driver="weave"), DRIVERS)
    (volume,) = missing_volume_driver(Volume(name="v", driver="nfs"), DRIVERS)
    ((log, harmless),) = _lacks(DRIVERS, logging=Logging(driver="loki"))

    assert (network.path, volume.path, log) == (("driver",), ("driver",), ("logging", "driver"))
    assert not (network.harmless or volume.harmless or harmless)
    assert (network.why, network.hint) == (
        'the engine has no network driver "weave"',
        "there are: bridge, net:latest, overlay",
    )


@pytest.mark.parametrize("driver", ["bridge", "net", "net:latest", "old", "default", None, ""])
def test_a_driver_that_is_listed_or_a_plugin_is_not_complained_of(driver: str | None) -> None:
    assert list(missing_network_driver(Network(name="n", driver=driver), DRIVERS)) == []


def test_plugins_of_an_engine_elsewhere_are_not_seen() -> None:
    host = Abilities(volume_drivers=frozenset({"local"}), plugins=None)

    assert [lack.harmless for lack in missing_volume_driver(Volume(name="v", driver="nfs"), host)] == [True]


@pytest.mark.parametrize("driver", ["json-file", "syslog", "none"])
def test_logs_can_always_be_kept_or_thrown_away(driver: str) -> None:
    assert lacking_on_host(Service(name="web", logging=Logging(driver=driver)), DRIVERS) == []


def test_an_overlay_network_wants_a_swarm_and_to_be_attachable() -> None:
    network = Network(name="n", driver="overlay")
    manager = Abilities(swarm_manager=True)

    assert ["swarm" in lack.why for lack in missing_network_driver(network, DRIVERS)] == [True]
    assert ["attachable" in lack.why for lack in missing_network_driver(network, manager)] == [True]
    assert list(missing_network_driver(Network(name="n", driver="overlay", attachable=True), manager)) == []


@pytest.mark.parametrize("driver", ["host", "null"])
def test_the_engine_makes_no_second_network_of_a_driver_that_has_one(driver: str) -> None:
    host = Abilities(network_drivers=frozenset({"bridge", "host", "null"}))

    assert [lack.path for lack in missing_network_driver(Network(name="n", driver=driver), host)] == [("driver",)]


# ---- rights ----


def test_a_capability_that_there_is_not_is_told_with_the_near_one() -> None:
    service = Service(name="web", cap_add=("NET_ADMIN", "CAP_SYS_TIME", "net_raw", "NET_ADMN"), cap_drop=("ALL",))

    assert [(lack.path, lack.hint) for lack in unknown_rights(service)] == [
        (("cap_add", 3), 'did you mean "NET_ADMIN"?')
    ]


# ---- labels of files ----


def test_where_files_have_labels_a_mount_that_cannot_be_labelled_is_an_error() -> None:
    mounts = (
        Mount(type="bind", source="/a", target="/b", bind=BindOptions(selinux="z")),
        Mount(type="bind", source="/a", target="/c", bind=BindOptions(selinux="z", create_host_path=False)),
    )

    assert _lacks(Abilities(selinux=True), volumes=mounts) == [(("volumes", 1, "bind", "selinux"), False)]
    assert _lacks(Abilities(), volumes=mounts) == []


# ---- shared networks ----


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"network_mode": "service:db", "hostname": "h"}, ("hostname",)),
        ({"network_mode": "service:db", "expose": ("80",)}, ("expose",)),
        ({"network_mode": "container:x", "dns": ("1.1.1.1",)}, ("dns",)),
        ({"network_mode": "host", "mac_address": "02:42:ac:11:65:43"}, ("mac_address",)),
        ({"network_mode": "host", "links": ("db",)}, ("links",)),
        ({"network_mode": "host", "sysctls": {"net.core.somaxconn": "1"}}, ("sysctls", "net.core.somaxconn")),
        ({"network_mode": "bridge", "links": ("db",)}, ("links", 0)),
        ({"uts": "host", "hostname": "h"}, ("hostname",)),
    ],
)
def test_what_a_shared_network_leaves_no_room_for_is_an_error(
    fields: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    found = excluded(Service(name="web", **fields), {"db": Service(name="db")})

    assert [(lack.path, lack.harmless) for lack in found] == [(path, False)]


@pytest.mark.parametrize(
    "fields",
    [
        {"network_mode": "host", "hostname": "h", "dns": ("1.1.1.1",)},
        {"network_mode": "service:db", "dns_search": ("x.org",), "domainname": "y", "links": ()},
        {"network_mode": "bridge", "links": ("db",)},
        {"links": ("db",), "mac_address": "02:42:ac:11:65:43"},
    ],
)
def test_what_a_network_has_room_for_is_not_complained_of(fields: dict[str, Any]) -> None:
    others = {"db": Service(name="db", network_mode="bridge")}

    assert list(excluded(Service(name="web", **fields), others)) == []


# ---- by the builder ----


def _lacks_of_buildkit(api: tuple[int, int] = NEW, **fields: Any) -> list[tuple[tuple[str | int, ...], bool]]:
    found = lacking_for_buildkit(Build(context=".", **fields), api, {"SSH_AUTH_SOCK": "/agent"} if api == NEW else {})
    return [(lack.path, lack.harmless) for lack in found]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"additional_contexts": {"a": "service:b"}}, [(("additional_contexts",), False)]),
        ({"shm_size": ByteSize(1)}, [(("shm_size",), False)]),
        ({"ulimits": {"nofile": 1}}, [(("ulimits",), False)]),
        ({"ssh": {"default": None}}, [(("ssh", "default"), False)]),
        ({"secrets": (BuildSecret(source="s"),), "target": "x", "privileged": True}, []),
    ],
)
def test_what_the_buildkit_of_an_old_engine_would_leave_out_is_told(
    fields: dict[str, Any], found: list[tuple[tuple[str | int, ...], bool]]
) -> None:
    assert _lacks_of_buildkit(OLD, **fields) == found
    assert _lacks_of_buildkit(NEW, **fields) == []


@pytest.mark.parametrize(
    ("dockerfile", "is_read_by_an_image"),
    [
        ("# syntax=docker/dockerfile:1\nFROM base\n", True),
        ("# escape=`\r\n#Syntax = docker/dockerfile:1\r\nFROM base\n", True),
        ("FROM base\n# syntax=docker/dockerfile:1\n", False),
        ("# a comment\n# syntax=docker/dockerfile:1\nFROM base\n", False),
        ("# syntax=\nFROM base\n", False),
    ],
)
def test_an_old_engine_has_more_contexts_where_an_image_reads_the_dockerfile(
    dockerfile: str, is_read_by_an_image: bool
) -> None:
    lacking = _lacks_of_buildkit(OLD, dockerfile_inline=dockerfile, additional_contexts={"base": "service:base"})

    assert lacking == ([] if is_read_by_an_image else [(("additional_contexts",), False)])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"cache_to": ("type=inline", "type=gha")}, [(("cache_to", 1), True)]),
        ({"cache_from": ("a", "type=local,src=b")}, [(("cache_from", 1), True)]),
        ({"provenance": "mode=max", "sbom": "false"}, [(("provenance",), True)]),
        ({"secrets": (BuildSecret(source="s", uid="1"),)}, [(("secrets", 0, "uid"), True)]),
        ({"additional_contexts": {"a": "/no/such", "b": "."}}, [(("additional_contexts", "a"), False)]),
        ({"additional_contexts": {"a": "oci-layout://x"}}, [(("additional_contexts", "a"), False)]),
        ({"ssh": {"k": "/no/such"}}, [(("ssh", "k"), False)]),
    ],
)
def test_what_no_engine_of_its_own_does_with_buildkit_is_told(
    fields: dict[str, Any], found: list[tuple[tuple[str | int, ...], bool]]
) -> None:
    assert _lacks_of_buildkit(NEW, **fields) == found
