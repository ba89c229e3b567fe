"""What each attribute of the file language is on the engine: the table behind `test_attributes.py`.

In texts and expectations `10.NET1` and `10.NET2` stand for the beginnings of address ranges that are free,
`fd00:NET6` likewise, `PROJECT` for the project's name, `DIR` for its directory, `PEERID` for the
id of the service peer's container, and `ROW` for the name of the
service, network or volume.
"""

from typing import Any

import msgspec

SECOND = 1_000_000_000
MEGABYTE = 1 << 20


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`text` in a service (or network, or volume) of its own makes `expected` stand at `at` of what it becomes.

    `at` is a path in the engine's inspection; of a service, `file:/PATH` is a file in the container, as
    "mode uid:gid content". `unless` is what an engine is told to lack that does not do it.
    """

    attribute: str
    text: str
    at: str
    expected: Any
    unless: str = ""

    @property
    def section(self) -> str:
        return self.attribute.partition(".")[0]


def _service(attribute: str, text: str, at: str, expected: Any, unless: str = "") -> Row:
    return Row(attribute=f"services.{attribute}", text=text, at=at, expected=expected, unless=unless)


def _network(attribute: str, text: str, at: str, expected: Any, unless: str = "") -> Row:
    return Row(attribute=f"networks.{attribute}", text=text, at=at, expected=expected, unless=unless)


def _volume(attribute: str, text: str, at: str, expected: Any) -> Row:
    return Row(attribute=f"volumes.{attribute}", text=text, at=at, expected=expected)


# What the rows refer to.
PRELUDE = """
services:
  peer: {image: "busybox:test", container_name: PROJECT-peer, volumes: ["data:/data"]}
networks:
  default: {}
  front: {enable_ipv6: true, ipam: {config: [{subnet: 10.NET1.0/24}, {subnet: "fd00:NET6:1::/64"}]}}
  back: {}
  elsewhere: {external: true, name: PROJECT-elsewhere}
volumes:
  data: {}
  there: {external: true, name: PROJECT-there}
configs:
  plain: {file: ./plain.txt}
  inline: {content: "in the file: $$HOME\\n"}
  variable: {environment: FROM_OUTSIDE}
  labelled: {content: x, labels: {a: b}, name: other}
secrets:
  plain: {file: ./plain.txt}
  directory: {file: ./directory}
  variable: {environment: FROM_OUTSIDE}
  labelled: {environment: FROM_OUTSIDE, labels: {a: b}, name: other}
  unused: {external: true}
"""
FILES = {
    "plain.txt": "a file\n",
    "directory/inside": "x",
    "seccomp.json": '{"defaultAction": "SCMP_ACT_ALLOW"}\n',
    "labels.env": "FROM_FILE=1\n",
}
VARIABLES = {"FROM_OUTSIDE": "from outside"}

_LATER = "needs engine API"
_BIND = {"Type": "bind", "ReadOnly": True}

_PROCESS = (
    _service("image", "image: busybox:test", "Config.Image", "busybox:test"),
    _service("command", "command: echo 'a b' c", "Config.Cmd", ["echo", "a b", "c"]),
    _service("command", "command: [echo, a b]", "Config.Cmd", ["echo", "a b"]),
    _service("command", "command: []", "Config.Cmd", ["sh"]),
    _service("entrypoint", "entrypoint: sh -c", "Config.Entrypoint", ["sh", "-c"]),
    _service("entrypoint", "entrypoint: [sh, -c]", "Config.Entrypoint", ["sh", "-c"]),
    _service("environment", "environment: [A=1, FROM_OUTSIDE]", "Config.Env", ["A=1", "FROM_OUTSIDE=from outside"]),
    _service("environment", "environment: {A: 1, B: true, C: }", "Config.Env", ["A=1", "B=true", "C"]),
    _service("working_dir", "working_dir: /tmp", "Config.WorkingDir", "/tmp"),
    _service("user", 'user: "1000:5"', "Config.User", "1000:5"),
    _service("group_add", "group_add: [mail, 5]", "HostConfig.GroupAdd", ["mail", "5"]),
    _service("hostname", "hostname: h", "Config.Hostname", "h"),
    _service("domainname", "domainname: x.org", "Config.Domainname", "x.org"),
    _service("tty", "tty: true", "Config.Tty", True),
    _service("stdin_open", "stdin_open: true", "Config.OpenStdin", True),
    _service("init", "init: true", "HostConfig.Init", True),
    _service("init", "init: false", "HostConfig.Init", False),
    _service("stop_signal", "stop_signal: SIGINT", "Config.StopSignal", "SIGINT"),
    _service("stop_grace_period", "stop_grace_period: 1m2.5s", "Config.StopTimeout", 63),
    _service("restart", "restart: always", "HostConfig.RestartPolicy.Name", "always"),
    _service("restart", 'restart: "no"', "HostConfig.RestartPolicy.Name", "no"),
    _service(
        "restart",
        "restart: on-failure:3",
        "HostConfig.RestartPolicy",
        {"Name": "on-failure", "MaximumRetryCount": 3},
    ),
    _service("container_name", "container_name: PROJECT-mine", "Name", "/PROJECT-mine"),
    _service("labels", "labels: {a.b: c}", "Config.Labels", {"a.b": "c"}),
    _service("labels", "labels: [a.b=c, d]", "Config.Labels", {"a.b": "c", "d": ""}),
    _service("annotations", "annotations: {a: b}", "HostConfig.Annotations", {"a": "b"}, _LATER),
    _service("platform", "platform: linux/amd64", "Platform", "linux"),
    _service("runtime", "runtime: runc", "HostConfig.Runtime", "runc"),
    _service("read_only", "read_only: true", "HostConfig.ReadonlyRootfs", True),
    _service("storage_opt", "storage_opt: {size: 1G}", "HostConfig.StorageOpt", {"size": "1G"}, "on xfs"),
    _service("logging.driver", "logging: {driver: none}", "HostConfig.LogConfig.Type", "none"),
    _service(
        "logging.options",
        "logging: {driver: json-file, options: {max-size: 1m, max-file: 3}}",
        "HostConfig.LogConfig",
        {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "3"}},
    ),
    _service(
        "logging.options", "logging: {options: {max-size: 1m}}", "HostConfig.LogConfig.Config", {"max-size": "1m"}
    ),
)

_HEALTH = (
    _service("healthcheck.test", "healthcheck: {test: exit 0}", "Config.Healthcheck.Test", ["CMD-SHELL", "exit 0"]),
    _service("healthcheck.test", "healthcheck: {test: [CMD, a, b]}", "Config.Healthcheck.Test", ["CMD", "a", "b"]),
    _service("healthcheck.test", "healthcheck: {test: [NONE]}", "Config.Healthcheck.Test", ["NONE"]),
    _service("healthcheck.disable", "healthcheck: {disable: true}", "Config.Healthcheck.Test", ["NONE"]),
    _service("healthcheck.interval", "healthcheck: {interval: 1m30s}", "Config.Healthcheck.Interval", 90 * SECOND),
    _service("healthcheck.timeout", "healthcheck: {timeout: 1.5s}", "Config.Healthcheck.Timeout", 1_500_000_000),
    _service("healthcheck.retries", 'healthcheck: {retries: "4"}', "Config.Healthcheck.Retries", 4),
    _service("healthcheck.start_period", "healthcheck: {start_period: 1s}", "Config.Healthcheck.StartPeriod", SECOND),
    _service(
        "healthcheck.start_interval",
        "healthcheck: {start_interval: 1s}",
        "Config.Healthcheck.StartInterval",
        SECOND,
        _LATER,
    ),
)

_LIMITS = (
    _service("mem_limit", "mem_limit: 64m", "HostConfig.Memory", 64 * MEGABYTE),
    _service("mem_reservation", "mem_reservation: 32m", "HostConfig.MemoryReservation", 32 * MEGABYTE),
    _service("memswap_limit", "{mem_limit: 64m, memswap_limit: 128m}", "HostConfig.MemorySwap", 128 * MEGABYTE),
    _service("memswap_limit", "{mem_limit: 64m, memswap_limit: -1}", "HostConfig.MemorySwap", -1),
    _service("mem_swappiness", "mem_swappiness: 10", "HostConfig.MemorySwappiness", 10),
    _service("oom_kill_disable", "oom_kill_disable: true", "HostConfig.OomKillDisable", True),
    _service("oom_score_adj", "oom_score_adj: 100", "HostConfig.OomScoreAdj", 100),
    _service("pids_limit", "pids_limit: 20", "HostConfig.PidsLimit", 20),
    _service("cpus", 'cpus: "0.5"', "HostConfig.NanoCpus", 500_000_000),
    _service("cpu_shares", "cpu_shares: 100", "HostConfig.CpuShares", 100),
    _service("cpu_period", "cpu_period: 50000", "HostConfig.CpuPeriod", 50_000),
    _service("cpu_quota", "cpu_quota: 25000", "HostConfig.CpuQuota", 25_000),
    _service("cpuset", "cpuset: '0'", "HostConfig.CpusetCpus", "0"),
    _service("shm_size", "shm_size: 1m", "HostConfig.ShmSize", MEGABYTE),
    _service("ulimits.soft", "ulimits: {nofile: 9}", "HostConfig.Ulimits.0", {"Name": "nofile", "Soft": 9, "Hard": 9}),
    _service("ulimits.soft", "ulimits: {nofile: {soft: 1, hard: 2}}", "HostConfig.Ulimits.0.Soft", 1),
    _service("ulimits.hard", "ulimits: {nofile: {soft: 1, hard: 2}}", "HostConfig.Ulimits.0.Hard", 2),
    *(
        _service(
            f"blkio_config.{name}.{part}",
            f"blkio_config: {{{name}: [{{path: /dev/null, rate: 2m}}]}}",
            f"HostConfig.{place}.0.{part.capitalize()}",
            expected,
        )
        for name, place in (
            ("device_read_bps", "BlkioDeviceReadBps"),
            ("device_read_iops", "BlkioDeviceReadIOps"),
            ("device_write_bps", "BlkioDeviceWriteBps"),
            ("device_write_iops", "BlkioDeviceWriteIOps"),
        )
        for part, expected in (("path", "/dev/null"), ("rate", 2 * MEGABYTE))
    ),
)

_DEPLOY_LIMITS = "deploy: {resources: {limits: {cpus: '0.5', memory: 64m, pids: 20}}}"
_RESERVED = (
    "deploy: {resources: {reservations: {memory: 32m, devices: ["
    "{driver: nvidia, capabilities: [gpu, utility], device_ids: ['3'], options: {a: b}},"
    "{capabilities: [tpu], count: 2}, {capabilities: [gpu], count: all}]}}}"
)
_REQUESTS = "HostConfig.DeviceRequests"

_DEPLOY = (
    _service("deploy.resources.limits.cpus", _DEPLOY_LIMITS, "HostConfig.NanoCpus", 500_000_000),
    _service("deploy.resources.limits.memory", _DEPLOY_LIMITS, "HostConfig.Memory", 64 * MEGABYTE),
    _service("deploy.resources.limits.pids", _DEPLOY_LIMITS, "HostConfig.PidsLimit", 20),
    _service("deploy.resources.reservations.memory", _RESERVED, "HostConfig.MemoryReservation", 32 * MEGABYTE),
    _service("deploy.resources.reservations.devices.driver", _RESERVED, f"{_REQUESTS}.0.Driver", "nvidia"),
    _service("deploy.resources.reservations.devices.device_ids", _RESERVED, f"{_REQUESTS}.0.DeviceIDs", ["3"]),
    _service("deploy.resources.reservations.devices.options", _RESERVED, f"{_REQUESTS}.0.Options", {"a": "b"}),
    _service(
        "deploy.resources.reservations.devices.capabilities",
        _RESERVED,
        f"{_REQUESTS}.0.Capabilities",
        [["gpu", "utility"]],
    ),
    _service("deploy.resources.reservations.devices.count", _RESERVED, f"{_REQUESTS}.1.Count", 2),
    _service("deploy.resources.reservations.devices.count", _RESERVED, f"{_REQUESTS}.2.Count", -1),
    _service(
        "deploy.restart_policy.condition",
        "{restart: 'no', deploy: {restart_policy: {condition: any}}}",
        "HostConfig.RestartPolicy.Name",
        "always",
    ),
    _service(
        "deploy.restart_policy.condition",
        "{restart: always, deploy: {restart_policy: {condition: none}}}",
        "HostConfig.RestartPolicy.Name",
        "no",
    ),
    _service(
        "deploy.restart_policy.max_attempts",
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}",
        "HostConfig.RestartPolicy",
        {"Name": "on-failure", "MaximumRetryCount": 3},
    ),
)

_RIGHTS = (
    _service("privileged", "privileged: true", "HostConfig.Privileged", True),
    _service("cap_add", "cap_add: [NET_ADMIN, ALL]", "HostConfig.CapAdd", ["NET_ADMIN", "ALL"]),
    _service("cap_drop", "cap_drop: [MKNOD]", "HostConfig.CapDrop", ["MKNOD"]),
    _service(
        "security_opt",
        "security_opt: ['label:disable', 'no-new-privileges:true']",
        "HostConfig.SecurityOpt",
        ["label=disable", "no-new-privileges=true"],
    ),
    _service(
        "security_opt",
        "security_opt: ['seccomp:./seccomp.json']",
        "HostConfig.SecurityOpt",
        ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
    ),
    _service("security_opt", "security_opt: ['systempaths=unconfined']", "HostConfig.MaskedPaths", []),
    _service("cgroup", "cgroup: host", "HostConfig.CgroupnsMode", "host"),
    _service("cgroup", "cgroup: private", "HostConfig.CgroupnsMode", "private"),
    _service("cgroup_parent", "cgroup_parent: /mine", "HostConfig.CgroupParent", "/mine"),
    _service("ipc", "ipc: shareable", "HostConfig.IpcMode", "shareable"),
    _service("ipc", "ipc: service:peer", "HostConfig.IpcMode", "container:PEERID"),
    _service("pid", "pid: host", "HostConfig.PidMode", "host"),
    _service("pid", "pid: service:peer", "HostConfig.PidMode", "container:PEERID"),
    _service("uts", "uts: host", "HostConfig.UTSMode", "host"),
    _service("userns_mode", "userns_mode: host", "HostConfig.UsernsMode", "host"),
    _service("isolation", "isolation: default", "HostConfig.Isolation", "default"),
    _service("sysctls", "sysctls: [net.core.somaxconn=1024]", "HostConfig.Sysctls", {"net.core.somaxconn": "1024"}),
    _service("sysctls", "sysctls: {net.core.somaxconn: 1024}", "HostConfig.Sysctls", {"net.core.somaxconn": "1024"}),
    _service("device_cgroup_rules", "device_cgroup_rules: ['c 1:3 mr']", "HostConfig.DeviceCgroupRules", ["c 1:3 mr"]),
    *(
        _service(f"devices.{part}", text, f"HostConfig.Devices.0.{place}", expected)
        for text, wanted in (
            ("devices: ['/dev/null:/dev/x:r']", ("/dev/null", "/dev/x", "r")),
            ("devices: [/dev/null]", ("/dev/null", "/dev/null", "rwm")),
            ("devices: [{source: /dev/null, target: /dev/x, permissions: rw}]", ("/dev/null", "/dev/x", "rw")),
        )
        for part, place, expected in zip(
            ("source", "target", "permissions"),
            ("PathOnHost", "PathInContainer", "CgroupPermissions"),
            wanted,
            strict=True,
        )
    ),
    _service("devices.source", "devices: [vendor.com/gpu=0]", f"{_REQUESTS}.0.DeviceIDs", ["vendor.com/gpu=0"], _LATER),
    _service("gpus.count", "gpus: all", f"{_REQUESTS}.0.Count", -1),
    _service("gpus.count", "gpus: [{count: 2}]", f"{_REQUESTS}.0.Count", 2),
    _service("gpus.driver", "gpus: [{driver: nvidia}]", f"{_REQUESTS}.0.Driver", "nvidia"),
    _service("gpus.device_ids", "gpus: [{device_ids: ['3']}]", f"{_REQUESTS}.0.DeviceIDs", ["3"]),
    _service("gpus.options", "gpus: [{options: {a: b}}]", f"{_REQUESTS}.0.Options", {"a": "b"}),
    _service("gpus.capabilities", "gpus: all", f"{_REQUESTS}.0.Capabilities", [["gpu"]]),
    _service("gpus.capabilities", "gpus: [{capabilities: [x]}]", f"{_REQUESTS}.0.Capabilities", [["x", "gpu"]]),
)

_MOUNTED = "HostConfig.Mounts.0"
_BOUND = "HostConfig.Binds.0"

_MOUNTS = (
    _service("volumes.type", "volumes: ['data:/d']", "Mounts.0.Type", "volume"),
    _service("volumes.type", "volumes: ['./directory:/d']", "Mounts.0.Type", "bind"),
    _service("volumes.type", "volumes: [{type: tmpfs, target: /d}]", f"{_MOUNTED}.Type", "tmpfs"),
    _service(
        "volumes.type", "volumes: [{type: image, source: 'busybox:test', target: /d}]", "Mounts.0.Type", "image", _LATER
    ),
    _service("volumes.source", "volumes: ['data:/d']", "Mounts.0.Name", "PROJECT_data"),
    _service("volumes.source", "volumes: ['there:/d']", "Mounts.0.Name", "PROJECT-there"),
    _service("volumes.source", "volumes: ['./directory:/d']", "Mounts.0.Source", "DIR/directory"),
    _service(
        "volumes.source", "volumes: [{type: bind, source: directory, target: /d}]", "Mounts.0.Source", "DIR/directory"
    ),
    _service("volumes.target", "volumes: [/d]", "Mounts.0.Destination", "/d"),
    _service("volumes.target", "volumes: [{type: volume, target: /d}]", "Mounts.0.Destination", "/d"),
    _service("volumes.read_only", "volumes: ['data:/d:ro']", "Mounts.0.RW", False),
    _service(
        "volumes.read_only", "volumes: [{type: tmpfs, target: /d, read_only: true}]", f"{_MOUNTED}.ReadOnly", True
    ),
    _service(
        "volumes.consistency",
        "volumes: [{type: bind, source: ./directory, target: /d, consistency: cached}]",
        _BOUND,
        "DIR/directory:/d:rw,cached",
    ),
    _service(
        "volumes.consistency",
        "volumes: [{type: tmpfs, target: /d, consistency: cached}]",
        f"{_MOUNTED}.Consistency",
        "cached",
    ),
    _service("volumes.bind.propagation", "volumes: ['./directory:/d:rslave']", "Mounts.0.Propagation", "rslave"),
    _service(
        "volumes.bind.propagation",
        "volumes: [{type: bind, source: ./directory, target: /d, bind: {propagation: rslave, recursive: disabled}}]",
        "Mounts.0.Propagation",
        "rslave",
    ),
    _service("volumes.bind.create_host_path", "volumes: ['./made:/d']", "Mounts.0.Source", "DIR/made"),
    _service(
        "volumes.bind.create_host_path",
        "volumes: [{type: bind, source: ./directory, target: /d, bind: {create_host_path: false}}]",
        f"{_MOUNTED}.Source",
        "DIR/directory",
    ),
    _service(
        "volumes.bind.recursive",
        "volumes: [{type: bind, source: ./directory, target: /d, bind: {recursive: disabled}}]",
        f"{_MOUNTED}.BindOptions.NonRecursive",
        True,
    ),
    _service(
        "volumes.bind.recursive",
        "volumes: [{type: bind, source: ./directory, target: /d, bind: {recursive: readonly}}]",
        f"{_MOUNTED}.BindOptions.ReadOnlyForceRecursive",
        True,
        _LATER,
    ),
    _service("volumes.bind.selinux", "volumes: ['./directory:/d:Z']", _BOUND, "DIR/directory:/d:rw,Z"),
    _service("volumes.bind.selinux", "volumes: ['data:/d:z']", _BOUND, "PROJECT_data:/d:rw,z"),
    _service(
        "volumes.volume.labels",
        "volumes: [{type: volume, target: /d, volume: {labels: {a: b}}}]",
        f"{_MOUNTED}.VolumeOptions.Labels",
        {"a": "b"},
    ),
    _service("volumes.volume.nocopy", "volumes: ['data:/d:nocopy']", _BOUND, "PROJECT_data:/d:rw,nocopy"),
    _service(
        "volumes.volume.nocopy",
        "volumes: [{type: volume, target: /d, volume: {nocopy: true}}]",
        f"{_MOUNTED}.VolumeOptions.NoCopy",
        True,
    ),
    _service(
        "volumes.volume.subpath",
        "volumes: [{type: volume, source: data, target: /d, volume: {subpath: x}}]",
        f"{_MOUNTED}.VolumeOptions.Subpath",
        "x",
        _LATER,
    ),
    _service(
        "volumes.tmpfs.size",
        "volumes: [{type: tmpfs, target: /d, tmpfs: {size: 1m}}]",
        f"{_MOUNTED}.TmpfsOptions.SizeBytes",
        MEGABYTE,
    ),
    _service(
        "volumes.tmpfs.mode",
        "volumes: [{type: tmpfs, target: /d, tmpfs: {mode: 0700}}]",
        f"{_MOUNTED}.TmpfsOptions.Mode",
        0o700,
    ),
    _service(
        "volumes.image.subpath",
        "volumes: [{type: image, source: 'busybox:test', target: /d, image: {subpath: bin}}]",
        f"{_MOUNTED}.ImageOptions.Subpath",
        "bin",
        _LATER,
    ),
    _service("volumes_from", "volumes_from: ['peer:ro']", "HostConfig.VolumesFrom", ["PROJECT-peer:ro"]),
    _service("volumes_from", "volumes_from: ['container:PROJECT-peer']", "HostConfig.VolumesFrom", ["PROJECT-peer"]),
    _service("tmpfs", "tmpfs: /d:size=1m", "HostConfig.Tmpfs", {"/d": "size=1m"}),
    _service("tmpfs", "tmpfs: [/d, /e]", "HostConfig.Tmpfs", {"/d": "", "/e": ""}),
)

_FRONT = "NetworkSettings.Networks.PROJECT_front"
_NAT = "HostConfig.PortBindings"

_NETWORKING = (
    _service("network_mode", "network_mode: none", "HostConfig.NetworkMode", "none"),
    _service("network_mode", "network_mode: service:peer", "HostConfig.NetworkMode", "container:PEERID"),
    _service("networks.aliases", "networks: [front]", f"{_FRONT}.Aliases", ["PROJECT-ROW-1", "ROW"]),
    _service(
        "networks.aliases", "networks: {front: {aliases: [x]}}", f"{_FRONT}.Aliases", ["PROJECT-ROW-1", "ROW", "x"]
    ),
    _service("networks.aliases", "image: busybox:test", "NetworkSettings.Networks.PROJECT_default.Links", None),
    _service("networks.aliases", "networks: [elsewhere]", "HostConfig.NetworkMode", "PROJECT-elsewhere"),
    _service(
        "networks.ipv4_address",
        "networks: {front: {ipv4_address: 10.NET1.77}}",
        f"{_FRONT}.IPAMConfig.IPv4Address",
        "10.NET1.77",
    ),
    _service(
        "networks.ipv6_address",
        "networks: {front: {ipv6_address: 'fd00:NET6:1::77'}}",
        f"{_FRONT}.IPAMConfig.IPv6Address",
        "fd00:NET6:1::77",
    ),
    _service(
        "networks.link_local_ips",
        "networks: {front: {link_local_ips: [169.254.8.8]}}",
        f"{_FRONT}.IPAMConfig.LinkLocalIPs",
        ["169.254.8.8"],
    ),
    _service(
        "networks.driver_opts",
        "networks: {front: {driver_opts: {a: 1}}}",
        f"{_FRONT}.DriverOpts",
        {"a": "1"},
    ),
    _service(
        "networks.mac_address",
        "networks: {front: {mac_address: '02:00:00:00:00:09'}}",
        "Config.MacAddress",
        "02:00:00:00:00:09",
    ),
    _service("mac_address", "mac_address: '02:00:00:00:00:08'", "Config.MacAddress", "02:00:00:00:00:08"),
    _service(
        "mac_address",
        "{network_mode: bridge, mac_address: '02:00:00:00:00:07'}",
        "Config.MacAddress",
        "02:00:00:00:00:07",
    ),
    _service(
        "networks.priority", "networks: {back: , front: {priority: 5}}", "HostConfig.NetworkMode", "PROJECT_front"
    ),
    _service("networks.priority", "networks: [front, back]", "HostConfig.NetworkMode", "PROJECT_back"),
    _service("networks.priority", "networks: [front, back]", f"{_FRONT}.Aliases.1", "ROW"),
    _service(
        "networks.gw_priority",
        "networks: {back: , front: {gw_priority: 5}}",
        f"{_FRONT}.GwPriority",
        5,
        _LATER,
    ),
    _service(
        "networks.interface_name",
        "networks: {front: {interface_name: eth9}}",
        f"{_FRONT}.DriverOpts",
        {"com.docker.network.endpoint.ifname": "eth9"},
        _LATER,
    ),
    _service("ports.target", "ports: ['127.0.0.1::80/udp']", "Config.ExposedPorts", {"80/udp": {}}),
    _service("ports.target", "ports: [{target: 80}]", _NAT, {"80/tcp": [{"HostIp": "", "HostPort": ""}]}),
    _service("ports.published", "ports: ['65001:80']", _NAT, {"80/tcp": [{"HostIp": "", "HostPort": "65001"}]}),
    _service(
        "ports.published",
        "ports: [{target: 80, published: '65001-65009'}]",
        _NAT,
        {"80/tcp": [{"HostIp": "", "HostPort": "65001-65009"}]},
    ),
    _service(
        "ports.published",
        "ports: ['65001-65002:80-81']",
        _NAT,
        {"80/tcp": [{"HostIp": "", "HostPort": "65001"}], "81/tcp": [{"HostIp": "", "HostPort": "65002"}]},
    ),
    _service("ports.host_ip", "ports: ['[::1]:65001:80']", _NAT, {"80/tcp": [{"HostIp": "::1", "HostPort": "65001"}]}),
    _service(
        "ports.protocol",
        "ports: [{target: 80, published: 65001, protocol: udp, host_ip: 127.0.0.1}]",
        _NAT,
        {"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "65001"}]},
    ),
    _service(
        "expose",
        "expose: [7000, 8000-8001/udp]",
        "Config.ExposedPorts",
        {"7000/tcp": {}, "8000/udp": {}, "8001/udp": {}},
    ),
    _service(
        "links",
        "links: ['peer:p']",
        "NetworkSettings.Networks.PROJECT_default.Links",
        ["PROJECT-peer:p", "PROJECT-peer:peer-1", "PROJECT-peer:PROJECT-peer-1"],
    ),
    _service(
        "external_links",
        "external_links: ['PROJECT-peer:e', PROJECT-peer]",
        "NetworkSettings.Networks.PROJECT_default.Links",
        ["PROJECT-peer:e", "PROJECT-peer:PROJECT-peer"],
    ),
    _service("dns", "dns: 1.1.1.1", "HostConfig.Dns", ["1.1.1.1"]),
    _service("dns", "dns: [1.1.1.1, '::1']", "HostConfig.Dns", ["1.1.1.1", "::1"]),
    _service("dns_opt", "dns_opt: ['ndots:1']", "HostConfig.DnsOptions", ["ndots:1"]),
    _service("dns_search", "dns_search: x.org", "HostConfig.DnsSearch", ["x.org"]),
    _service(
        "extra_hosts",
        "extra_hosts: ['a:1.2.3.4', 'b=[::1]', 'host.docker.internal:host-gateway']",
        "HostConfig.ExtraHosts",
        ["a:1.2.3.4", "b:::1", "host.docker.internal:host-gateway"],
    ),
    _service("extra_hosts", "extra_hosts: {a: [1.2.3.4]}", "HostConfig.ExtraHosts", ["a:1.2.3.4"]),
)

_FILES_IN_CONTAINERS = (
    _service("configs.source", "configs: [inline]", "file:/inline", "444 0:0 in the file: $HOME\n"),
    _service(
        "configs.source",
        "configs: [plain]",
        _MOUNTED,
        {**_BIND, "Source": "DIR/plain.txt", "Target": "/plain"},
    ),
    _service(
        "configs.target",
        "configs: [{source: inline, target: /etc/mine}]",
        "file:/etc/mine",
        "444 0:0 in the file: $HOME\n",
    ),
    *(
        _service(
            f"configs.{part}",
            "configs: [{source: plain, target: /etc/mine, uid: '5', gid: '7', mode: 0440}]",
            "file:/etc/mine",
            "440 5:7 a file\n",
        )
        for part in ("uid", "gid", "mode")
    ),
    _service(
        "secrets.source",
        "secrets: [plain]",
        _MOUNTED,
        {**_BIND, "Source": "DIR/plain.txt", "Target": "/run/secrets/plain"},
    ),
    _service(
        "secrets.source",
        "secrets: [directory]",
        _MOUNTED,
        {**_BIND, "Source": "DIR/directory", "Target": "/run/secrets/directory"},
    ),
    _service(
        "secrets.target",
        "secrets: [{source: variable, target: sub/mine}]",
        "file:/run/secrets/sub/mine",
        "444 0:0 from outside",
    ),
    *(
        _service(
            f"secrets.{part}",
            "secrets: [{source: variable, uid: '5', gid: '7', mode: 0440}]",
            "file:/run/secrets/variable",
            "440 5:7 from outside",
        )
        for part in ("uid", "gid", "mode")
    ),
    _service("secrets.source", "{read_only: true, secrets: [variable]}", "Mounts.0.Destination", "/run/secrets"),
)

# The resources themselves, seen in a container that is given them: `text` is the service's.
_CONTENTS = tuple(
    Row(attribute=attribute, text=text, at=at, expected=expected)
    for attribute, text, at, expected in (
        ("configs.file", "configs: [plain]", f"{_MOUNTED}.Source", "DIR/plain.txt"),
        ("configs.environment", "configs: [variable]", "file:/variable", "444 0:0 from outside"),
        ("configs.content", "configs: [inline]", "file:/inline", "444 0:0 in the file: $HOME\n"),
        ("secrets.file", "secrets: [plain]", f"{_MOUNTED}.Source", "DIR/plain.txt"),
        ("secrets.environment", "secrets: [variable]", "file:/run/secrets/variable", "444 0:0 from outside"),
    )
)

_POOL = (
    "ipam: {config: [{subnet: 10.NET2.0/24, ip_range: 10.NET2.128/25, gateway: 10.NET2.3,"
    " aux_addresses: {h: 10.NET2.9}}]}"
)

NETWORKS = (
    _network("name", "name: PROJECT-called", "Name", "PROJECT-called"),
    _network("name", "internal: false", "Name", "PROJECT_ROW"),
    _network("driver", "driver: bridge", "Driver", "bridge"),
    _network("driver", "internal: false", "Driver", "bridge"),
    _network(
        "driver_opts",
        "driver_opts: {com.docker.network.driver.mtu: 1400}",
        "Options",
        {"com.docker.network.driver.mtu": "1400"},
    ),
    _network("ipam.driver", "ipam: {driver: default}", "IPAM.Driver", "default"),
    _network("ipam.options", "ipam: {options: {a: b}}", "IPAM.Options", {"a": "b"}),
    _network("ipam.config.subnet", _POOL, "IPAM.Config.0.Subnet", "10.NET2.0/24"),
    _network("ipam.config.ip_range", _POOL, "IPAM.Config.0.IPRange", "10.NET2.128/25"),
    _network("ipam.config.gateway", _POOL, "IPAM.Config.0.Gateway", "10.NET2.3"),
    _network("ipam.config.aux_addresses", _POOL, "IPAM.Config.0.AuxiliaryAddresses", {"h": "10.NET2.9"}),
    _network("internal", "internal: true", "Internal", True),
    _network("attachable", "attachable: true", "Attachable", True),
    _network("enable_ipv4", "{enable_ipv4: false, enable_ipv6: true}", "EnableIPv4", False, _LATER),
    _network(
        "enable_ipv6",
        "{enable_ipv6: true, ipam: {config: [{subnet: 'fd00:NET6:2::/64'}]}}",
        "EnableIPv6",
        True,
    ),
    _network("labels", "labels: [a=b]", "Labels", {"a": "b"}),
    _network("external", "{external: true, name: PROJECT-elsewhere}", "Labels", {}),
)

VOLUMES = (
    _volume("name", "name: PROJECT-called", "Name", "PROJECT-called"),
    _volume("name", "{}", "Name", "PROJECT_ROW"),
    _volume("driver", "driver: local", "Driver", "local"),
    _volume(
        "driver_opts",
        "driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}",
        "Options",
        {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"},
    ),
    _volume("labels", "labels: {a: b}", "Labels", {"a": "b"}),
    _volume("external", "{external: true, name: PROJECT-there}", "Labels", None),
)

SERVICES = (
    *_PROCESS,
    *_HEALTH,
    *_LIMITS,
    *_DEPLOY,
    *_RIGHTS,
    *_MOUNTS,
    *_NETWORKING,
    *_FILES_IN_CONTAINERS,
    *_CONTENTS,
)
ROWS = (*SERVICES, *NETWORKS, *VOLUMES)

_SCHEDULER = "of meaning to a scheduler alone: a warning of checks/one_engine.py"
_WINDOWS = "of Windows: told by engine/lacks/host.py, translated in test_translate.py"
_CLUSTER = "nothing that an engine alone keeps: refused, see test_lacks.py"
_WEIGHTS = "dropped by the engine where the kernel weighs no block devices: translated in test_translate.py"
_UNMARKED = "configs and secrets are files in containers: the engine has no object to name or label"
_HOOKS = "run by `up` and `down`, no part of the container"

# Attributes that the engine's inspection cannot show, and why.
UNSEEN = {
    "services.cpu_count": _WINDOWS,
    "services.cpu_percent": _WINDOWS,
    "services.credential_spec.file": _WINDOWS,
    "services.credential_spec.registry": _WINDOWS,
    "services.credential_spec.config": _CLUSTER,
    "services.blkio_config.weight": _WEIGHTS,
    "services.blkio_config.weight_device.path": _WEIGHTS,
    "services.blkio_config.weight_device.weight": _WEIGHTS,
    "services.cpu_rt_period": "needs a kernel with real-time group scheduling: translated in test_translate.py",
    "services.cpu_rt_runtime": "needs a kernel with real-time group scheduling: translated in test_translate.py",
    "services.deploy.resources.reservations.cpus": _SCHEDULER,
    "services.deploy.resources.reservations.generic_resources.discrete_resource_spec.kind": _SCHEDULER,
    "services.deploy.resources.reservations.generic_resources.discrete_resource_spec.value": _SCHEDULER,
    "services.deploy.restart_policy.delay": _SCHEDULER,
    "services.deploy.restart_policy.window": _SCHEDULER,
    "services.ports.name": "a name for people: no part of the container",
    "services.ports.app_protocol": "a hint for people and proxies: no part of the container",
    "services.ports.mode": "host and ingress are the same on an engine alone",
    "configs.external": _CLUSTER,
    "configs.template_driver": _CLUSTER,
    "configs.name": _UNMARKED,
    "configs.labels": _UNMARKED,
    "secrets.external": _CLUSTER,
    "secrets.template_driver": _CLUSTER,
    "secrets.driver": _CLUSTER,
    "secrets.driver_opts": _CLUSTER,
    "secrets.name": _UNMARKED,
    "secrets.labels": _UNMARKED,
    **{
        f"services.{hook}.{part}": _HOOKS
        for hook in ("post_start", "pre_stop")
        for part in ("command", "user", "privileged", "working_dir", "environment")
    },
    "services.use_api_socket": "a bind and a file of credentials, seen in their own tests",
}
