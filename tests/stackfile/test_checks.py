"""Stacks whose parts do not fit together, each problem at its place."""

# ruff: noqa: E501 (a finding to a line)

import pytest

from minicompose.stackfile.checks.cycles import find_cycle
from minicompose.stackfile.checks.signals import is_signal
from tests.stackfile.building import findings

SERVICES = "services:\n  db: {image: db}\n  web: {image: web, %s}\n"

# (attributes of the service web beside a service db, the one thing that is found)
FOUND = [
    ("depends_on: [dbb]", '3:34 services.web.depends_on.dbb: there is no service "dbb" (did you mean "db"?)'),
    ("depends_on: [web]", "3:34 services.web.depends_on.web: a service cannot depend on itself"),
    ('links: ["cache:c"]', '3:29 services.web.links[0]: there is no service "cache" (there are: db, web)'),
    ('volumes_from: ["cache:ro"]', '3:36 services.web.volumes_from[0]: there is no service "cache" (there are: db, web)'),
    ('pid: "service:cache"', '3:26 services.web.pid: there is no service "cache" (there are: db, web)'),
    ("networks: [lan]", '3:32 services.web.networks.lan: there is no network "lan" (declare "lan" under the top-level `networks`)'),
    ("volumes: [data:/d]", '3:31 services.web.volumes[0].source: there is no volume "data" (declare "data" under the top-level `volumes`)'),
    ("models: [llm]", '3:30 services.web.models.llm: there is no model "llm" (declare "llm" under the top-level `models`)'),
    ('links: ["db:a:b"]', '3:29 services.web.links[0]: "db:a:b" has too many parts (write SERVICE, or SERVICE:ALIAS)'),
    ("secrets: [pw]", '3:31 services.web.secrets[0].source: there is no secret "pw" (declare "pw" under the top-level `secrets`)'),
    ("configs: [{source: ini}]", '3:40 services.web.configs[0].source: there is no config "ini" (declare "ini" under the top-level `configs`)'),
    ("network_mode: none, networks: [default]", "3:21 services.web.network_mode: `network_mode` and `networks` exclude each other (remove one of them)"),
    ("scale: -1", "3:28 services.web.scale: -1 is negative: it must be 0 or more"),
    ("scale: 2, deploy: {replicas: 3}", "3:28 services.web.scale: `scale` is 2 and `deploy.replicas` is 3: they must agree (keep one of them)"),
    ("container_name: one, scale: 2", "3:37 services.web.container_name: 2 containers cannot share the name one (remove `container_name`, or ask for one container)"),
    ("mem_limit: 1g, deploy: {resources: {limits: {memory: 2g}}}", None),
    ("cpus: 2, deploy: {resources: {limits: {cpus: 1}}}", "3:27 services.web.cpus: `cpus` and `deploy.resources.limits.cpus` differ: they must agree (keep one of them)"),
    ("build: {dockerfile: X, dockerfile_inline: FROM y}", "3:44 services.web.build.dockerfile_inline: `dockerfile` and `dockerfile_inline` exclude each other (remove one of them)"),
    ("build: {ssh: [default, key]}", '3:44 services.web.build.ssh.key: the key "key" has no path (write key=PATH)'),
    ("develop: {watch: [{path: a, action: sync, target: ''}]}", None),
    ("platform: x, build: {platforms: [y]}", "3:42 services.web.build.platforms: the service's `platform` \"x\" is not among them"),
    ('gpus: [{count: 1, device_ids: ["0"]}]', "3:29 services.web.gpus[0].count: `count` and `device_ids` exclude each other"),
    ("tmpfs: [/x], volumes: [/x/]", "3:44 services.web.volumes[0].target: something else is mounted on /x already, at stack.yaml:3:29"),
    ("volumes: [{type: volume, target: data}]", '3:54 services.web.volumes[0].target: the target "data" must be an absolute path (say where it is mounted: data:/PATH)'),
    ('volumes: ["/data:ro"]', '3:31 services.web.volumes[0].target: the target "ro" must be an absolute path (give the source too: SOURCE:TARGET:OPTIONS)'),
    ("stop_signal: SIGTREM", '3:34 services.web.stop_signal: "SIGTREM" is not a signal (did you mean "SIGTERM"?)'),
    ("dns: 1.1.1", '3:26 services.web.dns[0]: "1.1.1" is not an IP address'),
    ("networks: {default: {ipv4_address: 10.0.0.300}}", '3:56 services.web.networks.default.ipv4_address: "10.0.0.300" is not an IPv4 address'),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "found"), FOUND)
def test_a_problem_is_found_at_its_place(attributes: str, found: str | None) -> None:
    problems = [line for line in findings(SERVICES % attributes) if not line.startswith("warning")]
    if found is None:
        assert len(problems) == 1
    else:
        assert problems == [found]


@pytest.mark.parametrize(
    "attributes",
    [
        "stop_signal: SIGRTMIN+3",
        'stop_signal: ""',
        "dns: '', networks: {default: {ipv4_address: '', ipv6_address: '', mac_address: ''}}",
        'ports: ["127.0.0.1:80:80", "127.0.0.2:80:80", "80:80/udp", "8000-8010:80", "81"]',
        "network_mode: none",
        "depends_on: [db]",
        "cap_add: [SYS_TIME], mem_limit: 1g, deploy: {replicas: 2, resources: {limits: {memory: 1g, pids: 5}}}",
        "networks: {default: {ipv4_address: 10.7.0.7}}",
        "network_mode: '', networks: [default]",
        "cpus: 0, mem_limit: 0, pids_limit: 0, deploy: {resources: {limits: {cpus: 1, memory: 1g, pids: 5}}}",
        "build: {dockerfile: '', dockerfile_inline: FROM y}",
        "build: {ssh: [default, key=./key]}",
    ],
)
def test_a_sound_service_is_left_in_peace(attributes: str) -> None:
    assert findings(SERVICES % attributes) == []


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        (
            'ports: ["80:80", "127.0.0.1:80:81"]',
            "warning 3:38 services.web.ports[1]: port 80 of the host is already published by this service, at stack.yaml:3:29",
        ),
        (
            'ports: ["80:80"], scale: 2',
            "warning 3:29 services.web.ports[0]: 2 containers of the service cannot all have port 80 of the host (leave out the published port, or give a range: 80-81)",
        ),
    ],
)
def test_a_host_port_that_one_service_asks_for_twice_is_a_warning(attributes: str, found: str) -> None:
    assert findings(SERVICES % attributes) == [found]


@pytest.mark.parametrize("exposed", ["web", "80/tls", "90-80", "70000"])
def test_what_is_exposed_is_a_port(exposed: str) -> None:
    (problem,) = findings(f"services: {{web: {{image: a, expose: [80, '81-90/udp', {exposed}]}}}}")

    assert f'"{exposed}" is not a port' in problem


def test_a_port_that_two_services_publish_names_both_places() -> None:
    text = 'services:\n  a: {image: a, ports: ["8080:80"]}\n  b: {image: b, ports: ["0.0.0.0:8080:81"]}\n'
    assert findings(text) == [
        'warning 3:25 services.b.ports[0]: port 8080 of the host is already published by the service "a", at stack.yaml:2:25'
    ]


def test_a_container_name_belongs_to_one_service() -> None:
    text = "services:\n  a: {image: a, container_name: one}\n  b: {image: b, container_name: one}\n"
    assert findings(text) == ['3:33 services.b.container_name: the service "a" has this name too, at stack.yaml:2:33']


def test_a_service_without_an_image_is_named() -> None:
    assert findings("services:\n  web: {restart: always}\n") == [
        "2:3 services.web: there is neither an `image` nor a `build`"
    ]


def test_a_cycle_is_told_round_to_its_beginning() -> None:
    text = (
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, links: [c]}\n  c: {image: c, depends_on: [a]}\n"
    )
    assert findings(text) == ["4:30 services.c.depends_on.a: the dependencies go round in a circle: a -> b -> c -> a"]


def test_a_dense_graph_without_a_cycle_is_no_burden() -> None:
    names = [str(number) for number in range(400)]
    assert find_cycle({name: tuple(names[:index]) for index, name in enumerate(names)}) is None


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = {str(number): (str(number + 1),) for number in range(5000)}
    assert find_cycle(chain) is None
    cycle = find_cycle(chain | {"5000": ("0",)})
    assert cycle is not None and len(cycle) == 5002


def test_a_disabled_dependency_is_an_error_unless_it_is_not_required() -> None:
    text = """
        services:
          db: {image: db, profiles: [data]}
          a: {image: a, depends_on: [db]}
          b: {image: b, depends_on: {db: {condition: service_started, required: false}}}
    """
    assert findings(text) == [
        '4:30 services.a.depends_on.db: the service "db" is not enabled by any active profile '
        "(enable it with --profile data)"
    ]


def test_what_no_profile_enables_is_not_checked() -> None:
    assert findings("services: {a: {image: a, profiles: [x], depends_on: [nobody]}}") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("volumes: {v: {external: true, driver: x}}", "1:31 volumes.v.driver: an external one is not created here, so `driver` has no effect"),
        ("networks: {n: {external: true, internal: true}}", "1:32 networks.n.internal: an external one is not created here, so `internal` has no effect"),
        ("configs: {c: {}}", "1:11 configs.c: one of `file`, `environment`, `content` must say what it holds"),
        ("secrets: {s: {environment: ''}}", "1:15 secrets.s.environment: `environment` is empty"),
        ("secrets: {s: {file: x, environment: Y}}", "1:24 secrets.s.environment: `file` and `environment` exclude each other"),
        ("networks: {n: {ipam: {config: [{subnet: 10.0.0}]}}}", '1:41 networks.n.ipam.config[0].subnet: "10.0.0" is not a subnet (write it as 10.0.0.0/24)'),
        ("networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.1.0.1}]}}}", "1:63 networks.n.ipam.config[0].gateway: 10.1.0.1 is not in the subnet 10.0.0.0/24"),
        ("networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.1.0.0/25}]}}}", "1:64 networks.n.ipam.config[0].ip_range: 10.1.0.0/25 is not in the subnet 10.0.0.0/24"),
        ('version: "3"', "warning 1:1 version: `version` means nothing any more: remove it"),
    ],
)  # fmt: skip
def test_a_resource_that_cannot_be_is_found(text: str, found: str) -> None:
    assert findings(text) == [found]


def test_an_address_must_lie_in_a_subnet_of_its_network() -> None:
    text = """
        services: {a: {image: a, networks: {lan: {ipv4_address: 10.8.0.1}}}}
        networks: {lan: {ipam: {config: [{subnet: 10.7.0.0/24}, {subnet: "fd00::/64"}]}}}
    """
    assert findings(text) == [
        "2:57 services.a.networks.lan.ipv4_address: "
        '10.8.0.1 is in no subnet of the network "lan" (10.7.0.0/24, fd00::/64)'
    ]


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ("deploy: {mode: global}", "deploy.mode: `mode: global`"),
        ("deploy: {endpoint_mode: vip}", "deploy.endpoint_mode: `endpoint_mode`"),
        ("deploy: {placement: {constraints: [a]}}", "deploy.placement: `placement`"),
        ("deploy: {labels: [a]}", "deploy.labels: `labels`"),
        (
            "deploy: {rollback_config: {max_failure_ratio: 0.5}}",
            "deploy.rollback_config.max_failure_ratio: `rollback_config.max_failure_ratio`",
        ),
        ("deploy: {restart_policy: {condition: any, window: 1s}}", "deploy.restart_policy.window: `restart_policy.window`"),
        ("deploy: {resources: {reservations: {cpus: 1}}}", "deploy.resources.reservations.cpus: `resources.reservations.cpus`"),
    ],
)  # fmt: skip
def test_what_one_engine_does_not_carry_out_is_a_warning(attributes: str, path: str) -> None:
    (warning,) = findings(SERVICES % attributes)
    assert warning.startswith("warning 3:")
    assert warning.endswith(f" services.web.{path} is not carried out on a single engine yet")


def test_a_restart_policy_that_names_no_condition_is_told_to_restart_nothing() -> None:
    (warning,) = findings(SERVICES % "deploy: {restart_policy: {delay: }}")
    assert "services.web.deploy.restart_policy: without a `condition` nothing is restarted" in warning


@pytest.mark.parametrize(
    ("signal", "known"),
    [("SIGTERM", True), ("term", True), ("15", True), ("0", False), ("65", False), ("RTMAX-2", True), ("TREM", False)],
)
def test_signals_are_known_by_number_and_name(signal: str, known: bool) -> None:
    assert is_signal(signal) is known
