"""Stacks made up by hypothesis, and engines that run them, for laws that hold for all of them."""

from typing import Any

from hypothesis import strategies as st

from minicompose.model import (
    Dependency,
    Deploy,
    Healthcheck,
    Hook,
    Mount,
    Network,
    NetworkAttachment,
    Service,
    Stack,
    UpdateConfig,
    Volume,
)
from minicompose.planning.up import plan_up
from tests.carrying_out import carry_out, engine_for
from tests.fake_engine import FakeEngine

NAMES = ("cache", "db", "api", "web", "job")
IMAGES = ("one:1", "two:1")


@st.composite
def services(draw: st.DrawFn, name: str, earlier: tuple[str, ...]) -> Service:
    """A service that may need those that come earlier; `job` ends by itself."""
    needs: dict[str, Dependency] = {}
    for other in earlier:
        if draw(st.booleans()):
            conditions = ["service_started"]
            if other in ("db", "cache"):
                conditions.append("service_healthy")
            condition: Any = draw(st.sampled_from(conditions))
            needs[other] = Dependency(
                condition=condition, restart=draw(st.booleans()), required=draw(st.sampled_from((True, True, False)))
            )
    shares = draw(st.sampled_from((None, None, *earlier))) if name != "job" else None
    networks = draw(st.sets(st.sampled_from(("default", "back")), min_size=1))
    return Service(
        name=name,
        image=draw(st.sampled_from(IMAGES)),
        command=("true",) if name == "job" else ("sleep", "1000"),
        environment={"LEVEL": draw(st.sampled_from(("1", "2")))},
        depends_on=needs,
        healthcheck=Healthcheck(test=("CMD", "true")) if name in ("db", "cache") else None,
        network_mode=f"service:{shares}" if shares else None,
        networks=None if shares else {key: NetworkAttachment() for key in sorted(networks)},
        volumes=(Mount(type="volume", source="data", target="/data"),) if draw(st.booleans()) else None,
        scale=draw(st.sampled_from((1, 1, 2, 3))),
        post_start=draw(hooks()) if name != "job" else None,
        pre_stop=draw(hooks()),
        deploy=draw(st.none() | updates()),
    )


def updates() -> st.SearchStrategy[Deploy]:
    config = st.builds(
        UpdateConfig,
        parallelism=st.sampled_from((None, 0, 1, 2)),
        order=st.sampled_from((None, "stop-first", "start-first")),
        max_failure_ratio=st.sampled_from((None, None, 0.5)),
    )
    return st.builds(Deploy, update_config=config, rollback_config=st.none() | config)


def hooks() -> st.SearchStrategy[tuple[Hook, ...] | None]:
    hook = st.sampled_from((Hook(command=("echo", "one")), Hook(command=("echo", "two"), user="app")))
    return st.none() | st.lists(hook, min_size=1, max_size=2).map(tuple)


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    names = [name for name in NAMES if draw(st.sampled_from((True, True, False)))] or ["db"]
    found: dict[str, Service] = {}
    for name in names:
        found[name] = draw(services(name, tuple(found)))
    return Stack(
        name="shop",
        services=found,
        networks={
            "default": Network(name="shop_default"),
            "back": Network(name="shop_back", driver_opts={"mtu": draw(st.sampled_from(("1400", "1500")))}),
        },
        volumes={"data": Volume(name="shop_data")},
    )


def engine_with(stack: Stack, offered: tuple[str, ...]) -> FakeEngine:
    """The stack runs on it; of `offered` images a registry has newer ones than the engine."""
    engine = engine_for(stack)
    for image in IMAGES:
        if image not in engine.images:
            engine.add_image(image)
        engine.offer_image(image, None if image in offered else engine.images[image])
    carry_out(plan_up(stack, engine.observe("shop")), engine)
    return engine
