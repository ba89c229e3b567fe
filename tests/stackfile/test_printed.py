"""What `config` prints can be read again, and says the same."""

import json
from typing import Any

import msgspec
import pytest

from minicompose.fields import SERVICE
from minicompose.model import Node, Stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.printed import printed, to_yaml
from tests.stackfile.building import built, built_from
from tests.stackfile.reading import plain, tree

# Every attribute of a service that the stack keeps, with a value that is not its default.
ATTRIBUTES = """
    annotations: {a: b}
    attach: false
    blkio_config: {weight: 300, weight_device: [{path: /d, weight: 10}], device_read_bps: [{path: /d, rate: 12mb}], device_read_iops: [{path: /d, rate: 3}], device_write_bps: [{path: /d, rate: 1}], device_write_iops: [{path: /d, rate: 2}]}
    build: {context: app, args: {A: "1"}, ssh: [default, k=/k], labels: [x], cache_from: [a], cache_to: [b], no_cache: true, additional_contexts: {a: ./b}, network: host, provenance: "true", pull: true, target: t, shm_size: 1g, extra_hosts: [a=1.1.1.1], isolation: i, privileged: true, entitlements: [e], secrets: [pw], tags: [t], ulimits: {n: 5}, platforms: [p]}
    cap_add: [A]
    cap_drop: [B]
    cgroup: private
    cgroup_parent: p
    command: [run, "$$HOME"]
    configs: [{source: ini, target: /i, uid: "7", gid: "8", mode: 0440}]
    container_name: one
    cpu_count: 2
    cpu_percent: 12
    cpu_period: 3
    cpu_quota: 4
    cpu_rt_period: 1000
    cpu_rt_runtime: 400ms
    cpu_shares: 5
    cpus: 0.5
    cpuset: 0-3
    credential_spec: {file: f}
    depends_on: {db: {condition: service_healthy, restart: true, required: false}}
    deploy: {mode: replicated, endpoint_mode: vip, replicas: 1, labels: [a], update_config: {parallelism: 0, delay: 1s, failure_action: pause, monitor: 2s, max_failure_ratio: 0.5, order: start-first}, rollback_config: {order: stop-first}, resources: {limits: {cpus: 1, memory: 1g, pids: 5}, reservations: {memory: 1m, devices: [{capabilities: [gpu], count: 1, driver: d, options: {a: b}}], generic_resources: [{discrete_resource_spec: {kind: g, value: 2}}]}}, restart_policy: {condition: any, delay: 0s, max_attempts: 0, window: 1s}, placement: {constraints: [c], preferences: [{spread: s}], max_replicas_per_node: 2}}
    develop: {watch: [{path: src, action: sync+exec, target: /t, ignore: [i], include: [j], initial_sync: true, exec: {command: a b, environment: [X]}}]}
    device_cgroup_rules: ["c 1:3 mr"]
    devices: [/dev/a, "/dev/b:/dev/c:r"]
    dns: 1.1.1.1
    dns_opt: [o]
    dns_search: s
    domainname: d
    entrypoint: []
    environment: {A: "1e3", B: , C: "a\\nb\\n", D: ""}
    expose: [80]
    external_links: [x]
    extra_hosts: {a: 1.1.1.1}
    gpus: all
    group_add: [g]
    healthcheck: {test: [CMD, x], interval: 1m, timeout: 1s, retries: 0, start_period: 2s, start_interval: 3s, disable: true}
    hostname: h
    image: i
    init: false
    ipc: shareable
    isolation: default
    labels: {a$$b: $$c}
    links: ["db:alias"]
    logging: {driver: d, options: {a: 1}}
    mac_address: m
    mem_limit: 1g
    mem_reservation: 1m
    mem_swappiness: 60
    memswap_limit: -1
    models: {llm: {endpoint_var: E, model_var: M}}
    network_mode: host
    networks: {default: {aliases: [a], interface_name: e, ipv4_address: 10.0.0.1, ipv6_address: "::1", link_local_ips: [169.254.0.1], mac_address: m, driver_opts: {a: 1}, gw_priority: 1, priority: 2}}
    oom_kill_disable: true
    oom_score_adj: 500
    pid: host
    pids_limit: -1
    platform: p
    ports: ["80", "127.0.0.1:81:82/udp", {target: 1, published: 1-2, mode: host, name: n, app_protocol: http}]
    post_start: [{command: a b, user: u, privileged: true, working_dir: /w, environment: {A: 1}}]
    pre_stop: [{command: [c]}]
    privileged: true
    profiles: [p]
    provider: {type: t, options: {a: 1, b: [x, 2]}}
    pull_policy: if_not_present
    pull_refresh_after: 2h
    read_only: true
    restart: "no"
    runtime: r
    scale: 0
    secrets: [pw, {source: pw, target: other, mode: "0400"}]
    security_opt: [s]
    shm_size: 64m
    stdin_open: true
    stop_grace_period: 0s
    stop_signal: SIGINT
    storage_opt: {size: 1G}
    sysctls: [a=1]
    tmpfs: /run
    tty: true
    ulimits: {nofile: {soft: 0, hard: 20}, nproc: 0}
    use_api_socket: true
    user: u
    userns_mode: host
    uts: host
    volumes: [./a:/a:z, data:/b:ro, {type: tmpfs, target: /c, tmpfs: {size: 1k, mode: 0770}}, {type: volume, source: data, target: /d, volume: {nocopy: true, subpath: s, labels: {a: b}}}, {type: image, source: i, target: /e, image: {subpath: s}}]
    volumes_from: ["db:ro", "container:x"]
    working_dir: /w
"""  # noqa: E501 (a value to a line)

ROWS = dict(line.strip().split(": ", 1) for line in ATTRIBUTES.strip().splitlines())
USED_UP = {"env_file", "label_file", "extends"}


def _stack(text: str) -> Stack:
    """A stack in which refused attributes count, too, and every `$$` is the `$` of interpolated text."""
    return built_from(canonical(_undoubled(tree(text)), lambda refused: None), profiles=("p",))


def _undoubled(node: Node) -> Node:
    if isinstance(node.value, dict):
        return msgspec.structs.replace(node, value={k.replace("$$", "$"): _undoubled(v) for k, v in node.value.items()})
    if isinstance(node.value, list):
        return msgspec.structs.replace(node, value=[_undoubled(child) for child in node.value])
    return msgspec.structs.replace(node, value=node.value.replace("$$", "$")) if isinstance(node.value, str) else node


def test_every_attribute_of_a_service_has_a_row_here() -> None:
    assert set(ROWS) == {field.name for field in SERVICE.fields} - USED_UP


@pytest.mark.parametrize("attribute", ROWS)
@pytest.mark.parametrize("encode", [json.dumps, to_yaml])
def test_what_is_printed_is_read_as_the_same(attribute: str, encode: Any) -> None:
    stack = _stack(f"services: {{web: {{{attribute}: {ROWS[attribute]}}}}}")
    service = stack.services["web"]
    assert getattr(service, attribute) is not None
    again = _stack(encode(printed(stack)))
    assert again.services["web"] == service


RESOURCES = """
    networks: {a: {driver: d, driver_opts: {a: 1}, internal: true, attachable: true, enable_ipv4: false, enable_ipv6: true, labels: [x], ipam: {driver: i, options: {o: p}, config: [{subnet: 1.0.0.0/8, ip_range: 1.0.0.0/9, gateway: 1.1.1.1, aux_addresses: {h: 1.1.1.2}}]}}, b: {external: true}}
    volumes: {a: {driver: d, driver_opts: {a: 1}, labels: [x], x-y: 1}, b: {external: true, name: q}}
    configs: {a: {content: "k=$$v"}, b: {file: ./x, labels: [l], template_driver: t}, c: {environment: E}}
    secrets: {a: {file: ./x}, b: {environment: E, driver: d, driver_opts: {a: 1}}}
    models: {m: {model: x, context_size: 5, runtime_flags: [f]}}
    x-top: {a: [1, $$b]}
"""  # noqa: E501 (a section to a line)


def test_resources_are_printed_and_read_as_the_same() -> None:
    stack = _stack(RESOURCES)
    again = _stack(to_yaml(printed(stack)))
    assert msgspec.structs.replace(again, root=None) == msgspec.structs.replace(stack, root=None)


def test_extensions_are_printed_wherever_they_may_stand() -> None:
    text = """
        services:
          web:
            image: w
            x-a: {b: $c}
            deploy: {x-d: 1, resources: {limits: {x-e: [2]}}}
            depends_on: {db: {condition: service_started, x-f: 3}}
            ports: [{target: 80, x-g: null}]
          db: {image: d}
        networks: {default: {ipam: {x-h: 4}}}
    """

    data = printed(built(text))

    web = data["services"]["web"]
    assert web["x-a"] == {"b": "$$c"}
    assert web["deploy"] == {"x-d": 1, "resources": {"limits": {"x-e": [2]}}}
    assert web["depends_on"]["db"]["x-f"] == 3
    assert web["ports"][0]["x-g"] is None
    assert data["networks"]["default"]["ipam"] == {"x-h": 4}


def test_what_is_false_zero_or_empty_without_meaning_is_not_printed() -> None:
    stack = built(
        "services: {web: {image: w, tty: false, mem_limit: 0, cap_add: [], cpu_rt_runtime: 0, "
        "user: '', labels: {}, init: false}}"
    )
    assert printed(stack)["services"]["web"] == {"image": "w", "networks": {"default": None}, "init": False}


def test_zero_is_printed_where_it_says_something() -> None:
    stack = built("""
        services:
          web:
            image: w
            secrets: [{source: s, mode: 0}, {source: s, target: t, mode: 7}]
            volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 0}}]
            blkio_config: {device_read_bps: [{path: /dev/a, rate: 0}], weight: 0}
    """)
    web = printed(stack)["services"]["web"]
    assert [grant["mode"] for grant in web["secrets"]] == ["00", "07"]
    assert web["volumes"] == [{"type": "tmpfs", "target": "/t", "tmpfs": {}}]
    assert web["blkio_config"] == {"device_read_bps": [{"path": "/dev/a", "rate": "0"}]}


def test_dollars_are_doubled_in_keys_and_values() -> None:
    stack = built("services: {web: {image: w, command: [$a], labels: {$b: $c}}}")
    web = printed(stack)["services"]["web"]
    assert (web["command"], web["labels"]) == (["$$a"], {"$$b": "$$c"})


def test_yaml_quotes_what_would_be_read_as_something_else() -> None:
    words = ["yes", "1e3", "0o10", "010", "null", "", "y", "22:22", "1_000", " x", "a: b", "# c", "plain", "a\nb\n"]
    assert plain(tree(to_yaml({"words": words}))) == {"words": words}
    assert 'words:\n  - "yes"\n' in to_yaml({"words": words}).replace("'", '"')
