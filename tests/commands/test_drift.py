"""Limits that were changed by hand are told of, with their place, and left as they are."""

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
