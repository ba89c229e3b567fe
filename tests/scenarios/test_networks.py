"""Services find each other by name on the networks that they share, and nowhere else."""

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

# They ping each other, which not every engine lets a container do by itself.
STACK = """
services:
  web: {image: busybox:test, init: true, command: sleep 600, networks: [front], cap_add: [NET_RAW]}
  backend:
    image: busybox:test
    init: true
    command: sleep 600
    networks: {front: {aliases: [api.local]}, back: {}}
    cap_add: [NET_RAW]
  db: {image: busybox:test, init: true, command: sleep 600, networks: [back], cap_add: [NET_RAW]}
networks: {front: {}, back: {}}
"""


def resolves(stage: Stage, service: str, name: str) -> bool:
    return stage.run("exec", "-T", service, "ping", "-c", "1", "-W", "5", name).code == 0


def test_services_find_each_other_on_the_networks_that_they_share(stage: Stage) -> None:
    stage.write(STACK)

    stage.good("up", "-d")

    assert resolves(stage, "web", "backend")
    assert resolves(stage, "backend", "db")
    assert resolves(stage, "db", "backend")


def test_a_service_does_not_find_those_on_other_networks(stage: Stage) -> None:
    stage.write(STACK)

    stage.good("up", "-d")

    assert not resolves(stage, "web", "db")
    assert not resolves(stage, "db", "web")


def test_an_alias_holds_on_its_network_only(stage: Stage) -> None:
    stage.write(STACK)

    stage.good("up", "-d")

    assert resolves(stage, "web", "api.local")
    assert not resolves(stage, "db", "api.local")


def test_names_still_lead_to_a_container_that_was_replaced(stage: Stage) -> None:
    stage.write(STACK)
    stage.good("up", "-d")
    stage.write(STACK.replace("command: sleep 600\n    networks", "command: sleep 601\n    networks"))

    stage.good("up", "-d")

    assert stage.inspect("backend-1")["Config"]["Cmd"] == ["sleep", "601"]
    assert resolves(stage, "web", "backend")
    assert resolves(stage, "web", "api.local")
    assert resolves(stage, "db", "backend")


def test_a_link_on_the_engines_own_bridge_leads_to_the_successor_of_what_it_names(stage: Stage) -> None:
    stack = """
services:
  db: {{image: busybox:test, init: true, command: sleep 600, network_mode: bridge, environment: {{A: "{}"}}}}
  web: {{image: busybox:test, init: true, command: sleep 600, network_mode: bridge, links: ["db:store"]}}
"""
    stage.write(stack.format(1))
    stage.good("up", "-d")
    before = stage.ids()
    stage.write(stack.format(2))

    stage.good("up", "-d")

    assert stage.states() == {"db-1": "running", "web-1": "running"}
    assert not {*before.values()} & {*stage.ids().values()}
    links = stage.inspect("web-1")["HostConfig"]["Links"]
    assert f"/{stage.project}-db-1:/{stage.project}-web-1/store" in links
    stage.good("exec", "-T", "web", "ping", "-c1", "-W2", "store")
