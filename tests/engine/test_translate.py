"""What the engine is sent for a service."""

from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.networking import connected_later
from minicompose.engine.translate import COMPOUND, container_body, network_body, untranslated, volume_body
from minicompose.errors import BadRequest
from minicompose.fields import SERVICE
from minicompose.model import (
    BindOptions,
    BlkioConfig,
    ByteSize,
    Deploy,
    Device,
    DeviceRate,
    DeviceRequest,
    DeviceWeight,
    Duration,
    FileMode,
    Healthcheck,
    ImageOptions,
    Ipam,
    IpamPool,
    Logging,
    Mount,
    Network,
    Port,
    ResourceLimits,
    ResourceReservations,
    Resources,
    RestartPolicy,
    Service,
    TmpfsOptions,
    Ulimit,
    Volume,
    VolumeOptions,
)
from minicompose.planning.plan import BoundFile, ContainerSpec, Endpoint

OLD, NEW = (1, 41), (1, 51)


def _spec(endpoints: tuple[Endpoint, ...] = (), bound: tuple[BoundFile, ...] = (), **fields: Any) -> ContainerSpec:
    return ContainerSpec(
        project="shop",
        name="shop-web-1",
        number=1,
        image="web:1",
        service=Service(name="web", **fields),
        endpoints=endpoints,
        bound=bound,
        labels={"mine": "1"},
    )


def _body(api: tuple[int, int] = NEW, **fields: Any) -> dict[str, Any]:
    return container_body(_spec(**fields), api)


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body[step]
    return body


# ---- the table ----


def test_no_attribute_is_silently_ignored() -> None:
    assert untranslated() == []


def test_no_attribute_is_translated_twice() -> None:
    assert [field.name for field in SERVICE.fields if field.engine and field.name in COMPOUND] == []


def test_every_translated_attribute_is_one_of_the_file_language() -> None:
    assert set(COMPOUND) <= {field.name for field in SERVICE.fields}


@pytest.mark.parametrize(
    ("field", "value", "path", "sent"),
    [
        ("annotations", {"a": "b"}, "HostConfig.Annotations", {"a": "b"}),
        ("cap_add", ("NET_ADMIN",), "HostConfig.CapAdd", ["NET_ADMIN"]),
        ("cap_drop", ("ALL",), "HostConfig.CapDrop", ["ALL"]),
        ("cgroup", "host", "HostConfig.CgroupnsMode", "host"),
        ("cgroup_parent", "/x", "HostConfig.CgroupParent", "/x"),
        ("command", ("a", "b c"), "Cmd", ["a", "b c"]),
        ("command", (), "Cmd", []),
        ("cpu_count", 2, "HostConfig.CpuCount", 2),
        ("cpu_percent", 12.5, "HostConfig.CpuPercent", 12),
        ("cpu_period", 1000, "HostConfig.CpuPeriod", 1000),
        ("cpu_quota", 500, "HostConfig.CpuQuota", 500),
        ("cpu_rt_period", Duration(1_400_000), "HostConfig.CpuRealtimePeriod", 1400),
        ("cpu_rt_runtime", Duration(400_000), "HostConfig.CpuRealtimeRuntime", 400),
        ("cpu_shares", 10, "HostConfig.CpuShares", 10),
        ("cpus", 1.5, "HostConfig.NanoCpus", 1_500_000_000),
        ("cpuset", "0,1", "HostConfig.CpusetCpus", "0,1"),
        ("device_cgroup_rules", ("c 1:3 mr",), "HostConfig.DeviceCgroupRules", ["c 1:3 mr"]),
        (
            "devices",
            (Device(source="/dev/a", target="/dev/b", permissions="r"),),
            "HostConfig.Devices",
            [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
        ),
        ("dns", ("1.1.1.1",), "HostConfig.Dns", ["1.1.1.1"]),
        ("dns_opt", ("ndots:1",), "HostConfig.DnsOptions", ["ndots:1"]),
        ("dns_search", ("x.org",), "HostConfig.DnsSearch", ["x.org"]),
        ("domainname", "x.org", "Domainname", "x.org"),
        ("entrypoint", ("a",), "Entrypoint", ["a"]),
        ("entrypoint", (), "Entrypoint", []),
        ("environment", {"B": None, "A": "1"}, "Env", ["A=1", "B"]),
        ("expose", ("7000", "8000-8001/udp"), "ExposedPorts", {"7000/tcp": {}, "8000/udp": {}, "8001/udp": {}}),
        ("extra_hosts", ("a=1.2.3.4", "b=[::1]", "c:::2"), "HostConfig.ExtraHosts", ["a:1.2.3.4", "b:::1", "c:::2"]),
        ("group_add", ("5",), "HostConfig.GroupAdd", ["5"]),
        ("hostname", "h", "Hostname", "h"),
        ("init", True, "HostConfig.Init", True),
        ("ipc", "shareable", "HostConfig.IpcMode", "shareable"),
        ("isolation", "default", "HostConfig.Isolation", "default"),
        ("logging", Logging(options={"a": None}), "HostConfig.LogConfig", {"Type": "", "Config": {"a": ""}}),
        ("mem_limit", ByteSize(100), "HostConfig.Memory", 100),
        ("mem_reservation", ByteSize(50), "HostConfig.MemoryReservation", 50),
        ("mem_swappiness", ByteSize(10), "HostConfig.MemorySwappiness", 10),
        ("memswap_limit", ByteSize(-1), "HostConfig.MemorySwap", -1),
        ("oom_kill_disable", True, "HostConfig.OomKillDisable", True),
        ("oom_score_adj", 10, "HostConfig.OomScoreAdj", 10),
        ("pid", "host", "HostConfig.PidMode", "host"),
        ("pids_limit", 5, "HostConfig.PidsLimit", 5),
        ("privileged", True, "HostConfig.Privileged", True),
        ("read_only", True, "HostConfig.ReadonlyRootfs", True),
        ("restart", "unless-stopped", "HostConfig.RestartPolicy", {"Name": "unless-stopped", "MaximumRetryCount": 0}),
        ("restart", "on-failure:3", "HostConfig.RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
        ("runtime", "runc", "HostConfig.Runtime", "runc"),
        ("security_opt", ("label:disable",), "HostConfig.SecurityOpt", ["label=disable"]),
        ("security_opt", ("seccomp=unconfined",), "HostConfig.SecurityOpt", ["seccomp=unconfined"]),
        ("security_opt", ("no-new-privileges",), "HostConfig.SecurityOpt", ["no-new-privileges"]),
        ("security_opt", ("systempaths=unconfined",), "HostConfig.MaskedPaths", []),
        ("shm_size", ByteSize(64), "HostConfig.ShmSize", 64),
        ("stdin_open", True, "OpenStdin", True),
        ("stop_grace_period", Duration(1_500_000_000), "StopTimeout", 2),
        ("stop_signal", "SIGINT", "StopSignal", "SIGINT"),
        ("storage_opt", {"size": "1G"}, "HostConfig.StorageOpt", {"size": "1G"}),
        ("sysctls", {"a": "1"}, "HostConfig.Sysctls", {"a": "1"}),
        ("tmpfs", ("/run:size=1m", "/x"), "HostConfig.Tmpfs", {"/run": "size=1m", "/x": ""}),
        ("tty", True, "Tty", True),
        (
            "ulimits",
            {"nproc": Ulimit(soft=1, hard=2), "nofile": 9},
            "HostConfig.Ulimits",
            [{"Name": "nofile", "Soft": 9, "Hard": 9}, {"Name": "nproc", "Soft": 1, "Hard": 2}],
        ),
        ("user", "1000:5", "User", "1000:5"),
        ("userns_mode", "host", "HostConfig.UsernsMode", "host"),
        ("uts", "host", "HostConfig.UTSMode", "host"),
        ("volumes_from", ("other:ro",), "HostConfig.VolumesFrom", ["other:ro"]),
        ("working_dir", "/w", "WorkingDir", "/w"),
    ],
)
def test_an_attribute_reaches_its_place(field: str, value: Any, path: str, sent: Any) -> None:
    found = _at(_body(**{field: value}), path)

    assert found == sent
    assert type(found) is type(sent), "JSON's own type"


def test_what_is_not_said_is_not_sent() -> None:
    body = _body()

    assert body == {
        "Image": "web:1",
        "Labels": {"mine": "1"},
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": {"NetworkMode": "none"},
    }


# ---- compound attributes ----


def test_a_health_check_has_its_times_in_nanoseconds() -> None:
    check = Healthcheck(test=("CMD", "true"), interval=Duration(5), start_interval=Duration(7), retries=2)

    assert _body(healthcheck=check)["Healthcheck"] == {
        "Test": ["CMD", "true"],
        "Interval": 5,
        "StartInterval": 7,
        "Retries": 2,
    }


def test_a_disabled_health_check_overrides_the_images() -> None:
    assert _body(healthcheck=Healthcheck(test=("CMD", "x"), disable=True))["Healthcheck"] == {"Test": ["NONE"]}


def test_a_port_can_be_bound_several_times() -> None:
    ports = (
        Port(target=80, published="8080"),
        Port(target=80, published="8081-8089", host_ip="127.0.0.1"),
        Port(target=53, protocol="udp", host_ip="[::1]"),
    )

    body = _body(ports=ports, expose=("9000",))

    assert body["ExposedPorts"] == {"9000/tcp": {}, "80/tcp": {}, "53/udp": {}}
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081-8089"}],
        "53/udp": [{"HostIp": "::1", "HostPort": ""}],
    }


def test_the_deploy_section_counts_before_the_services_own_limits() -> None:
    resources = Resources(
        limits=ResourceLimits(cpus=0.5, memory=ByteSize(100), pids=7),
        reservations=ResourceReservations(
            memory=ByteSize(50), devices=(DeviceRequest(capabilities=("gpu",), device_ids=("1",), driver="nvidia"),)
        ),
    )
    policy = RestartPolicy(condition="on-failure", max_attempts=3)

    host = _body(
        deploy=Deploy(resources=resources, restart_policy=policy),
        cpus=2.0,
        mem_limit=ByteSize(1),
        mem_reservation=ByteSize(1),
        pids_limit=1,
        restart="always",
    )["HostConfig"]

    assert (host["NanoCpus"], host["Memory"], host["MemoryReservation"], host["PidsLimit"]) == (500_000_000, 100, 50, 7)
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert host["DeviceRequests"] == [
        {"Driver": "nvidia", "Count": 0, "DeviceIDs": ["1"], "Capabilities": [["gpu"]], "Options": {}}
    ]


@pytest.mark.parametrize(("condition", "name"), [("any", "always"), ("none", "no"), (None, "no")])
def test_a_restart_condition_has_the_engines_word(condition: str | None, name: str) -> None:
    body = _body(deploy=Deploy(restart_policy=RestartPolicy(condition=condition)))

    assert body["HostConfig"]["RestartPolicy"]["Name"] == name


def test_gpus_are_asked_for_as_gpus() -> None:
    request = _body(gpus=(DeviceRequest(count=-1), DeviceRequest()))["HostConfig"]["DeviceRequests"]

    assert [(asked["Count"], asked["Capabilities"]) for asked in request] == [(-1, [["gpu"]]), (-1, [["gpu"]])]


def test_a_cdi_device_is_asked_for_by_name() -> None:
    host = _body(devices=(Device(source="vendor.com/gpu=0"),), gpus=(DeviceRequest(),))["HostConfig"]

    assert host["Devices"] == []
    assert [asked["Driver"] for asked in host["DeviceRequests"]] == ["cdi", ""]


def test_block_io_has_weights_and_rates() -> None:
    asked = BlkioConfig(
        weight=100,
        weight_device=(DeviceWeight(path="/dev/a", weight=1),),
        device_read_bps=(DeviceRate(path="/dev/a", rate=ByteSize(2)),),
        device_read_iops=(DeviceRate(path="/dev/a", rate=ByteSize(3)),),
        device_write_bps=(DeviceRate(path="/dev/a", rate=ByteSize(4)),),
        device_write_iops=(DeviceRate(path="/dev/a", rate=ByteSize(5)),),
    )

    host = _body(blkio_config=asked)["HostConfig"]

    assert host["BlkioWeight"] == 100
    assert host["BlkioWeightDevice"] == [{"Path": "/dev/a", "Weight": 1}]
    rates = [host[f"BlkioDevice{name}"][0]["Rate"] for name in ("ReadBps", "ReadIOps", "WriteBps", "WriteIOps")]
    assert rates == [2, 3, 4, 5]


def test_a_seccomp_profile_is_sent_itself(tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text('{ "defaultAction": "SCMP_ACT_ALLOW" }')

    sent = _body(security_opt=(f"seccomp:{profile}",))["HostConfig"]["SecurityOpt"]

    assert sent == ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']


def test_a_seccomp_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(BadRequest, match="/no/such/profile"):
        _body(security_opt=("seccomp=/no/such/profile",))


# ---- mounts ----


@pytest.mark.parametrize(
    ("mount", "line"),
    [
        (Mount(type="bind", source="/a", target="/b"), "/a:/b:rw"),
        (Mount(type="bind", source="/a", target="/b", read_only=True), "/a:/b:ro"),
        (Mount(type="bind", source="/a", target="/b", bind=BindOptions(selinux="Z")), "/a:/b:rw,Z"),
        (Mount(type="bind", source="/a", target="/b", bind=BindOptions(propagation="rslave")), "/a:/b:rw,rslave"),
        (Mount(type="bind", source="/a", target="/b", consistency="cached"), "/a:/b:rw,cached"),
        (Mount(type="volume", source="data", target="/b"), "data:/b:rw"),
        (Mount(type="volume", source="data", target="/b", volume=VolumeOptions(nocopy=True)), "data:/b:rw,nocopy"),
        (Mount(type="volume", source="data", target="/b", bind=BindOptions(selinux="z")), "data:/b:rw,z"),
    ],
)
def test_a_plain_mount_is_a_bind_string(mount: Mount, line: str) -> None:
    assert _body(volumes=(mount,))["HostConfig"]["Binds"] == [line]


@pytest.mark.parametrize(
    ("mount", "sent"),
    [
        (
            Mount(
                type="bind", source="/a", target="/b", bind=BindOptions(create_host_path=False, propagation="rslave")
            ),
            {"Type": "bind", "Source": "/a", "Target": "/b", "BindOptions": {"Propagation": "rslave"}},
        ),
        (
            Mount(type="bind", source="/a:c", target="/b"),
            {"Type": "bind", "Source": "/a:c", "Target": "/b"},
        ),
        (
            Mount(type="bind", source="/a", target="/b", bind=BindOptions(recursive="disabled")),
            {"Type": "bind", "Source": "/a", "Target": "/b", "BindOptions": {"NonRecursive": True}},
        ),
        (Mount(type="volume", target="/b"), {"Type": "volume", "Target": "/b"}),
        (
            Mount(type="volume", source="d", target="/b", volume=VolumeOptions(subpath="x", labels={"a": "b"})),
            {
                "Type": "volume",
                "Source": "d",
                "Target": "/b",
                "VolumeOptions": {"NoCopy": False, "Labels": {"a": "b"}, "Subpath": "x"},
            },
        ),
        (
            Mount(type="tmpfs", target="/b", tmpfs=TmpfsOptions(size=ByteSize(5), mode=FileMode(0o700))),
            {"Type": "tmpfs", "Target": "/b", "TmpfsOptions": {"SizeBytes": 5, "Mode": 0o700}},
        ),
        (
            Mount(type="image", source="i:1", target="/b", image=ImageOptions(subpath="x")),
            {"Type": "image", "Source": "i:1", "Target": "/b", "ImageOptions": {"Subpath": "x"}},
        ),
        (Mount(type="npipe", source="a", target="b"), {"Type": "npipe", "Source": "a", "Target": "b"}),
    ],
)
def test_any_other_mount_is_an_object(mount: Mount, sent: dict[str, Any]) -> None:
    host = _body(volumes=(mount,))["HostConfig"]

    assert host["Mounts"] == [{**sent, "ReadOnly": False}]
    assert "Binds" not in host


def test_a_config_from_a_file_is_mounted_read_only() -> None:
    host = _body(bound=(BoundFile(target="/c", source="/s"),))["HostConfig"]

    assert host["Mounts"] == [{"Type": "bind", "Source": "/s", "Target": "/c", "ReadOnly": True}]


def test_kept_volumes_are_mounted_where_they_were() -> None:
    spec = _spec(volumes=(Mount(type="volume", target="/declared"),))

    host = container_body(spec, NEW, {"/declared": "v1", "/from-image": "v2"})["HostConfig"]

    assert host["Binds"] == ["v1:/declared:rw", "v2:/from-image:rw"]


# ---- networks ----


def test_the_first_network_is_the_mode() -> None:
    body = _body(endpoints=(Endpoint(network="front"), Endpoint(network="back")))

    assert body["HostConfig"]["NetworkMode"] == "front"


def test_an_endpoint_has_names_addresses_and_options() -> None:
    endpoint = Endpoint(
        network="front",
        aliases=("web", "w"),
        ipv4_address="10.0.0.2",
        ipv6_address="fd::2",
        link_local_ips=("169.254.1.1",),
        mac_address="02:00:00:00:00:01",
        driver_opts={"a": "b"},
        gw_priority=3,
        interface_name="eth9",
    )

    body = _body(endpoints=(endpoint,), links=("db-1:db",), external_links=("other",))

    assert body["NetworkingConfig"]["EndpointsConfig"] == {
        "front": {
            "Aliases": ["web", "w"],
            "Links": ["db-1:db", "other:other"],
            "IPAMConfig": {"IPv4Address": "10.0.0.2", "IPv6Address": "fd::2", "LinkLocalIPs": ["169.254.1.1"]},
            "DriverOpts": {"a": "b", "com.docker.network.endpoint.ifname": "eth9"},
            "MacAddress": "02:00:00:00:00:01",
            "GwPriority": 3,
        }
    }


def test_an_old_engine_is_told_of_the_other_networks_later() -> None:
    spec = _spec(endpoints=(Endpoint(network="front", mac_address="02:00:00:00:00:01"), Endpoint(network="back")))

    body = container_body(spec, OLD)

    assert list(body["NetworkingConfig"]["EndpointsConfig"]) == ["front"]
    assert body["MacAddress"] == "02:00:00:00:00:01"
    assert [endpoint.network for endpoint in connected_later(spec, OLD)] == ["back"]


def test_a_newer_engine_is_told_all_networks_at_once() -> None:
    spec = _spec(endpoints=(Endpoint(network="front"), Endpoint(network="back")), mac_address="02:00:00:00:00:01")

    endpoints = container_body(spec, NEW)["NetworkingConfig"]["EndpointsConfig"]

    assert list(endpoints) == ["front", "back"]
    assert endpoints["front"]["MacAddress"] == "02:00:00:00:00:01"
    assert connected_later(spec, NEW) == ()


@pytest.mark.parametrize("mode", ["host", "none", "container:abc", "bridge"])
def test_a_network_mode_is_sent_as_it_is(mode: str) -> None:
    body = _body(network_mode=mode)

    assert body["HostConfig"]["NetworkMode"] == mode
    assert "NetworkingConfig" not in body


def test_the_default_bridge_has_its_links_in_the_host_configuration() -> None:
    assert _body(network_mode="bridge", external_links=("db:x",))["HostConfig"]["Links"] == ["db:x"]


def test_a_card_on_the_engines_own_bridge_has_its_hardware_address() -> None:
    card = "02:00:00:00:00:01"

    old, new = (_body(api, network_mode="bridge", mac_address=card) for api in (OLD, NEW))

    assert (old["MacAddress"], "NetworkingConfig" in old) == (card, False)
    assert new["NetworkingConfig"] == {"EndpointsConfig": {"bridge": {"MacAddress": card}}}
    assert "MacAddress" not in new


def test_a_network_has_its_address_pools() -> None:
    pool = IpamPool(subnet="10.0.0.0/24", ip_range="10.0.0.0/25", gateway="10.0.0.1", aux_addresses={"h": "10.0.0.9"})
    network = Network(
        name="shop_net",
        driver="bridge",
        driver_opts={"a": "b"},
        internal=True,
        attachable=True,
        enable_ipv4=False,
        enable_ipv6=True,
        labels={"x": "y"},
        ipam=Ipam(
            driver="default",
            config=(pool,),
            options={"o": "p"},
        ),
    )

    assert network_body(network, {"mine": "1"}) == {
        "Name": "shop_net",
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Options": {"a": "b"},
        "Internal": True,
        "Attachable": True,
        "EnableIPv4": False,
        "EnableIPv6": True,
        "Labels": {"x": "y", "mine": "1"},
        "IPAM": {
            "Driver": "default",
            "Config": [
                {
                    "Subnet": "10.0.0.0/24",
                    "IPRange": "10.0.0.0/25",
                    "Gateway": "10.0.0.1",
                    "AuxiliaryAddresses": {"h": "10.0.0.9"},
                }
            ],
            "Options": {"o": "p"},
        },
    }


def test_a_volume_has_its_driver_and_options() -> None:
    volume = Volume(name="shop_data", driver="nfs", driver_opts={"a": "b"}, labels={"x": "y"})

    assert volume_body(volume, {"mine": "1"}) == {
        "Name": "shop_data",
        "Driver": "nfs",
        "DriverOpts": {"a": "b"},
        "Labels": {"x": "y", "mine": "1"},
    }
