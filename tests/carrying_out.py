"""Plans carried out one step after the other on an engine in memory, to see where they lead."""

from typing import Any, assert_never

import msgspec

from minicompose.execution.actions import holds
from minicompose.execution.hooks import run_hook
from minicompose.model import Stack
from minicompose.planning.observed import Observed
from minicompose.planning.plan import (
    Action,
    BuildImage,
    Checkpoint,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Delay,
    DisconnectNetwork,
    KillContainer,
    PauseContainer,
    Plan,
    PullImage,
    PushImage,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    RenameContainer,
    RestartContainer,
    RunHook,
    StartContainer,
    StopContainer,
    UnpauseContainer,
    WaitUntil,
)
from minicompose.planning.record import service_image
from minicompose.planning.up import UpOptions, plan_up
from tests.fake_engine import FakeEngine


def engine_for(stack: Stack) -> FakeEngine:
    """An engine that has nothing but the images that the stack names."""
    return FakeEngine(*sorted({service_image(stack, service) for service in stack.services.values()}))


def running(stack: Stack, *, options: UpOptions | None = None, **changes: dict[str, Any]) -> Observed:
    """What is there after the stack has come up, its services changed as given: `db={"image": "postgres:16"}`."""
    return engine_running(stack, options=options, **changes).observe(stack.name)


def engine_running(stack: Stack, *, options: UpOptions | None = None, **changes: dict[str, Any]) -> FakeEngine:
    """The engine on which the stack has come up, its services changed as given."""
    before = with_services(stack, **changes)
    engine = engine_for(before)
    for image in engine_for(stack).images:
        if image not in engine.images:
            engine.add_image(image)
    carry_out(plan_up(before, engine.observe(stack.name), options), engine)
    return engine


def with_services(stack: Stack, **changes: dict[str, Any]) -> Stack:
    services = dict(stack.services)
    for name, change in changes.items():
        services[name] = msgspec.structs.replace(services[name], **change)
    return msgspec.structs.replace(stack, services=services)


def carry_out(plan: Plan, engine: FakeEngine, *, until: int | None = None) -> None:
    """Run the plan's steps in their order; `until` stops after that step, as `kill -9` would."""
    assert not [note for note in plan.notes if note.severity == "error"], plan.notes
    for step in plan.steps:
        if until is not None and step.id > until:
            return
        if step.when is None or holds(engine, step.when):
            act(step.action, engine)


def act(action: Action, engine: FakeEngine) -> None:
    match action:
        case CreateNetwork():
            engine.create_network(action.network, action.labels)
        case RemoveNetwork():
            engine.remove_network(action.network)
        case ConnectNetwork():
            engine.connect_network(action.container, action.endpoint)
        case DisconnectNetwork():
            engine.disconnect_network(action.container, action.network)
        case CreateVolume():
            engine.create_volume(action.volume, action.labels)
        case RemoveVolume():
            engine.remove_volume(action.volume)
        case PullImage():
            engine.pull_image(action.image, action.platform, lambda progress: None)
        case PushImage():
            engine.push_image(action.image, lambda progress: None)
        case BuildImage():
            engine.build_image(action, lambda progress: None)
        case RemoveImage():
            engine.remove_image(action.image)
        case CreateContainer():
            engine.create_container(action.name, action.spec, action.keep_volumes_of)
        case StartContainer():
            engine.start_container(action.container)
        case RestartContainer():
            engine.restart_container(action.container, action.timeout)
        case StopContainer():
            engine.stop_container(action.container, action.timeout)
        case KillContainer():
            engine.kill_container(action.container, action.signal)
        case PauseContainer():
            engine.pause_container(action.container)
        case UnpauseContainer():
            engine.unpause_container(action.container)
        case RenameContainer():
            engine.rename_container(action.container, action.name)
        case RemoveContainer():
            engine.remove_container(action.container, volumes=action.volumes)
        case RunHook():
            run_hook(engine, action, lambda progress: None)
        case Checkpoint() | Delay():
            pass
        case WaitUntil():
            _check(action, engine)
        case _:
            assert_never(action)


def _check(action: WaitUntil, engine: FakeEngine) -> None:
    """On this engine everything happens at once, so a condition holds now or never will."""
    state = engine.inspect_container(action.container)
    succeeded = state.state == "exited" and state.exit_code == 0
    match action.condition:
        case "started":
            held = state.state != "created"
        case "running":
            held = state.state == "running"
        case "healthy":
            held = state.health == "healthy"
        case "completed":
            held = succeeded
        case "settled":
            held = succeeded or (state.state == "running" and state.health in ("none", "healthy"))
    assert held, f"{state.name} is {state.state} and {state.health}, not {action.condition}"
