"""What was changed by hand is told of, with its place, and left as it is."""

from minicompose.model import Network
from minicompose.planning.plan import Endpoint
from tests.commands.shop import Shop

STACK = """
services:
  web:
    image: web:1
    mem_limit: 64m
  db: {image: "db:1"}
"""


def test_a_limit_that_was_changed_by_hand_is_told_of_with_its_place(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.limit_by_hand("shop-web-1", "mem_limit", 1 << 27)

    plan = shop.run("plan")

    assert "compose.yaml:5:5: services.web.mem_limit" in plan
    assert "shop-web-1 has 134217728, changed by hand; the file says 67108864" in plan


def test_it_is_left_as_it_is_and_made_anew_when_asked_for(shop: Shop) -> None:
    shop.up(STACK)
    before = shop.ids()
    shop.engine.limit_by_hand("shop-web-1", "mem_limit", 1 << 27)

    shop.run("up", "-d")
    left = shop.ids()
    shop.run("up", "-d", "--force-recreate", "web")
    told = shop.err
    plan = shop.run("plan")

    assert left == before
    assert "by hand" not in told + plan


def test_one_that_is_replaced_anyway_is_not_told_of(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.limit_by_hand("shop-web-1", "mem_limit", 1 << 27)
    shop.write(STACK.replace("64m", "32m"))

    plan = shop.run("plan")

    assert "1 to replace" in plan
    assert "by hand" not in plan


def test_a_container_that_has_lost_its_names_on_its_network_is_told_of(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.disconnect_network("shop-web-1", "shop_default")
    shop.engine.connect_network("shop-web-1", Endpoint(network="shop_default"))

    plan = shop.run("plan")

    assert "services.web.networks.default.aliases" in plan
    assert "shop-web-1 does not answer to web on the network shop_default" in plan


def test_a_container_that_was_put_on_another_network_is_told_of(shop: Shop) -> None:
    shop.up(STACK)
    shop.engine.create_network(Network(name="shop_back"), {})
    shop.engine.connect_network("shop-web-1", Endpoint(network="shop_back"))

    assert "shop-web-1 is on the network shop_back, put there by hand" in shop.run("plan")


def test_a_container_that_has_another_name_by_now_has_lost_none(shop: Shop) -> None:
    shop.up(STACK)

    shop.run("--compatibility", "up", "-d")

    assert "by hand" not in shop.run("--compatibility", "plan") + shop.err
