"""The pictures of a stack's dependencies."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from minicompose.model import Stack
from minicompose.output.graph_layout import lay_out
from minicompose.output.graph_pictures import dot, edges, mermaid, svg, terminal
from tests.golden import assert_golden
from tests.stack_of import stack_of

SHOP = """
    services:
      db: {image: "postgres:17", networks: [back], volumes: ["data:/x"]}
      redis: {image: "redis:8", networks: [back]}
      migrate: {image: shop, networks: [back], depends_on: {db: {condition: service_healthy}}}
      backend:
        image: shop
        networks: [back, front]
        depends_on:
          db: {condition: service_healthy, restart: true}
          redis: {condition: service_started}
          migrate: {condition: service_completed_successfully}
      worker: {image: shop, networks: [back], depends_on: [redis, backend]}
      frontend: {build: ., networks: [front], depends_on: {backend: {condition: service_started, required: false}}}
      lonely: {image: busybox, network_mode: none}
    networks: {back: {}, front: {}}
    volumes: {data: {}}
"""


@pytest.fixture
def shop() -> Stack:
    return stack_of(SHOP)


def test_the_terminal_shows_a_tree_for_each_service_that_nothing_waits_for(shop: Stack) -> None:
    assert_golden("graph-terminal", terminal(shop))


def test_colour_adds_nothing_but_colour(shop: Stack) -> None:
    import re

    assert re.sub(r"\x1b\[\d*m", "", terminal(shop, color=True)) == terminal(shop)


def test_mermaid(shop: Stack) -> None:
    assert_golden("graph-mermaid", mermaid(shop))


def test_dot(shop: Stack) -> None:
    assert_golden("graph-dot", dot(shop))


def test_an_edge_that_others_imply_is_left_out_unless_it_asks_for_more(shop: Stack) -> None:
    drawn = {(edge.before, edge.after) for edge in edges(shop)}
    assert ("redis", "worker") not in drawn
    assert ("db", "backend") in drawn


def test_the_svg_is_well_formed_and_has_a_box_for_each_service_and_a_colour_for_each_network(shop: Stack) -> None:
    texts = [element.text for element in ElementTree.fromstring(svg(shop)).iter("{http://www.w3.org/2000/svg}text")]
    assert set(shop.services) <= set(texts)
    assert {"network back", "network front"} <= set(texts)
    assert texts.count("healthy") == 2


def test_names_that_mean_something_in_xml_are_text() -> None:
    stack = stack_of('services: {a: {image: "x<&>"}}')
    assert "x&lt;&amp;&gt;" in svg(stack)


def test_a_stack_without_services_has_pictures_too() -> None:
    stack = Stack(name="empty")
    ElementTree.fromstring(svg(stack))
    assert terminal(stack) == ""
    assert mermaid(stack) == "flowchart LR\n"


def test_boxes_of_one_column_keep_apart_and_edges_lead_to_the_right() -> None:
    needs = {f"s{n}": [f"s{other}" for other in range(max(0, n - 5), n) if (n * 7 + other) % 3 == 0] for n in range(40)}
    layout = lay_out(needs)
    for name, others in needs.items():
        assert all(layout.boxes[other].layer < layout.boxes[name].layer for other in others)
    for column in range(layout.layers):
        rows = sorted(place.row for place in layout.boxes.values() if place.layer == column)
        assert all(below - above >= 0.999 for above, below in itertools.pairwise(rows))


def test_the_same_stack_gives_the_same_picture(shop: Stack) -> None:
    assert svg(shop) == svg(stack_of(SHOP))


def test_what_lies_too_deep_begins_a_tree_of_its_own() -> None:
    depth = 2000
    chain = "".join(f"  s{number}: {{image: a, depends_on: [s{number + 1}]}}\n" for number in range(depth))
    lines = terminal(stack_of(f"services:\n{chain}  s{depth}: {{image: a}}\n")).splitlines()

    assert lines[0] == "s0"
    assert lines[30].split() == ["└─", "s30", "(below)", "started"]
    assert lines[31] == "s30"
    assert lines[-1].split() == ["└─", f"s{depth}", "started"]
