"""What is found to be in the way of an `up`, before it."""

from typing import Any

import msgspec
import pytest

from minicompose.diagnosis.checks import would_fail
from minicompose.diagnosis.listening import Listener
from minicompose.diagnosis.surroundings import Surroundings
from minicompose.diagnosis.wanted import Wanted, wanted_by, wanted_of_all
from minicompose.engine.protocol import Abilities
from minicompose.labels import PROJECT
from minicompose.model import Ipam, IpamPool, Network, Stack
from minicompose.planning.observed import Observed, ObservedContainer, ObservedNetwork, PublishedPort
from minicompose.planning.up import UpOptions, plan_up
from tests.carrying_out import engine_running
from tests.stack_of import stack_of

HOST = Abilities(arch="x86_64", memory=8 << 30, cpus=4, root="/var/lib/docker", is_local=True)
NOTHING = Observed(project="shop")


def stack(service: str, rest: str = "") -> Stack:
    return stack_of(f"services:\n  web: {{image: 'web:1', {service}}}\n{rest}")


def found(stack: Stack, observed: Observed = NOTHING, wanted: Wanted | None = None, **around: Any) -> list[str]:
    """What is in the way of all of the stack, or of what is wanted; warnings in brackets."""
    wanted = wanted or wanted_of_all(stack, stack.services, observed)
    lacks = would_fail(stack, observed, wanted, Surroundings(**{"host": HOST, **around}))
    return [f"({lack.why})" if lack.harmless else lack.why for lack in lacks]


def container(name: str, project: str = "", **fields: Any) -> ObservedContainer:
    labels = {PROJECT: project} if project else {}
    return ObservedContainer(id=name, name=name, service="", number=1, state="running", labels=labels, **fields)


PUBLISHED = PublishedPort(container_port=80, host_ip="0.0.0.0", host_port=8080)


def test_a_port_that_a_container_of_another_project_has() -> None:
    everyone = (container("other-web-1", "other", ports=(PUBLISHED,)),)

    assert found(stack("ports: ['8080:80']"), everyone=everyone) == [
        "port 8080 of the host is taken by container other-web-1 of project other"
    ]
    assert found(stack("ports: ['8081:80', '80']"), everyone=everyone) == []
    assert found(stack("ports: ['8080:80'], network_mode: host"), everyone=everyone) == []


def test_a_port_that_a_program_has_and_only_on_an_address_that_is_asked_for() -> None:
    listening = (Listener(protocol="tcp", address="127.0.0.1", port=8080, pid=7, program="nginx"),)

    assert found(stack("ports: ['8080:80']"), listeners=listening) == [
        "port 8080 of the host is taken by nginx (process 7)"
    ]
    assert found(stack("ports: ['127.0.0.2:8080:80']"), listeners=listening) == []
    assert found(stack("ports: ['8080:80/udp']"), listeners=listening) == []


def test_the_containers_that_the_same_up_replaces_are_not_in_its_way() -> None:
    before = stack("ports: ['8080:80'], command: sleep 1")
    after = stack("ports: ['8080:80'], command: sleep 2")
    engine = engine_running(before)
    observed = engine.observe("shop")
    proxy = (Listener(protocol="tcp", address="0.0.0.0", port=8080),)

    wanted = wanted_by(plan_up(after, observed), after, observed)

    assert wanted.starts == {"web"}
    assert found(after, observed, wanted, everyone=engine.all_containers(), listeners=proxy) == []


def test_a_container_of_the_project_that_stays_is_in_the_way() -> None:
    text = "services:\n  a: {image: 'a:1', command: sleep 1, ports: ['8080:80']}\n"
    both = stack_of(text + "  b: {image: 'b:1', ports: ['8080:80']}\n")
    engine = engine_running(stack_of(text))
    engine.add_image("b:1")
    observed = engine.observe("shop")

    wanted = wanted_by(plan_up(both, observed), both, observed)

    assert found(both, observed, wanted, everyone=engine.all_containers()) == [
        "port 8080 of the host is taken by container shop-a-1 of this project"
    ]


def test_a_plan_without_steps_wants_nothing() -> None:
    same = stack("command: sleep 1, ports: ['8080:80']")
    observed = engine_running(same).observe("shop")

    assert wanted_by(plan_up(same, observed), same, observed) == Wanted()


def test_a_name_that_another_container_has() -> None:
    everyone = (container("mine", "other"),)

    assert found(stack("container_name: mine"), everyone=everyone) == [
        "there is a container mine already, of project other"
    ]
    assert found(stack("container_name: mine"), Observed(project="shop", containers=everyone), everyone=everyone) == []


def test_a_container_of_another_project_is_on_a_network_that_is_to_be_made_anew() -> None:
    before, after = (stack("command: sleep 1", f"networks: {{default: {{labels: {{v: '{v}'}}}}}}") for v in "12")
    engine = engine_running(before)
    observed = engine.observe("shop")
    (own,) = observed.containers
    guest = container("other-web-1", "other", networks=own.networks)
    stopped = msgspec.structs.replace(guest, id="stopped", state="exited")

    wanted = wanted_by(plan_up(after, observed), after, observed)

    assert found(after, observed, wanted, everyone=(own, stopped)) == []
    assert found(after, observed, wanted, everyone=(own, guest)) == [
        "the network shop_default is to be made anew, and container other-web-1 of project other is on it"
    ]


def network(name: str, subnet: str) -> ObservedNetwork:
    definition = Network(name=name, ipam=Ipam(config=(IpamPool(subnet=subnet),)))
    return ObservedNetwork(id=f"id-{name}", name=name, definition=definition)


def test_addresses_that_a_network_of_the_engine_or_of_the_stack_has() -> None:
    rest = (
        "networks:\n  a: {ipam: {config: [{subnet: 10.1.0.0/24}]}}\n  b: {ipam: {config: [{subnet: 10.1.0.128/25}]}}\n"
    )
    asked = stack("networks: [a, b]", rest)
    there = Observed(project="shop", networks=(network("theirs", "10.1.0.0/16"),))

    assert found(asked) == ["10.1.0.128/25 overlaps 10.1.0.0/24 of the network shop_a"]
    assert found(asked, there) == [
        "10.1.0.0/24 overlaps 10.1.0.0/16 of the network theirs",
        "10.1.0.128/25 overlaps 10.1.0.0/16 of the network theirs",
    ]


def test_sources_that_do_not_exist() -> None:
    long = "{type: bind, source: /gone, target: /x, bind: {create_host_path: false}}"
    asked = stack(f"volumes: [{long}, '/etc/no.conf:/etc/x.conf', '/made:/y'], devices: [/dev/none]")
    missing = frozenset({"/gone", "/etc/no.conf", "/made", "/dev/none"})

    assert found(asked, missing_paths=missing) == [
        "there is no device /dev/none",
        "/gone, to be mounted at /x, does not exist",
        "(/etc/no.conf does not exist: the engine makes a directory of that name)",
    ]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("mem_limit: 6m", []),
        ("mem_limit: 9g", ["(the engine's machine has no more than 8 GiB of memory: this limits nothing)"]),
        ("cpus: 4", []),
        ("platform: windows/amd64", ["the engine runs containers of linux/amd64, and none of windows"]),
        ("platform: linux/arm64", ["(the engine is linux/amd64: this needs an emulator (binfmt_misc))"]),
        ("platform: linux/amd64", []),
        ("platform: linux", []),
    ],
)
def test_limits_and_platforms_beside_what_the_machine_has(service: str, expected: list[str]) -> None:
    assert found(stack(service)) == expected


def test_a_full_disk_is_in_the_way_and_one_that_is_nearly_full_a_warning() -> None:
    assert found(stack("command: x"), free=1 << 20) == ["the engine's disk has 1 MiB left, at /var/lib/docker"]
    assert found(stack("command: x"), free=512 << 20) == ["(the engine's disk has 512 MiB left, at /var/lib/docker)"]
    assert found(stack("command: x"), free=2 << 30) == []


def test_a_plan_that_only_removes_wants_nothing() -> None:
    one = stack("command: sleep 1")
    two = stack("command: sleep 1", "  gone: {image: 'web:1', command: sleep 1}\n")
    observed = engine_running(two).observe("shop")

    plan = plan_up(one, observed, UpOptions(remove_orphans=True))

    assert plan.steps
    assert wanted_by(plan, one, observed).is_nothing


def test_what_is_in_the_way_has_its_place() -> None:
    asked = stack("ports: ['8080:80']")
    everyone = (container("other-web-1", "other", ports=(PUBLISHED,)),)
    around = Surroundings(host=HOST, everyone=everyone)

    (lack,) = would_fail(asked, NOTHING, wanted_of_all(asked, asked.services, NOTHING), around)

    assert str(asked.position(*lack.path)) == "stack.yaml:2:33"


def test_a_scale_of_none_wants_nothing() -> None:
    none = msgspec.structs.replace(wanted_of_all(stack("scale: 0"), ["web"], NOTHING), networks=frozenset())

    assert none == Wanted()
