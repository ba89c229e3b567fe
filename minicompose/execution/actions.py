"""Carry out one action: one call of the engine, or the few that a hook takes."""

from typing import assert_never

from minicompose.engine.progress import OnProgress
from minicompose.engine.protocol import Engine
from minicompose.execution.hooks import run_hook
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
    ImageDiffers,
    ImageIs,
    KillContainer,
    PauseContainer,
    Premise,
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


def perform(engine: Engine, action: Action, on_progress: OnProgress) -> None:
    """Make the engine call that `action` is; raises the engine's errors.

    What is no call (`WaitUntil`, `Checkpoint`, `Delay`) the run does by itself.
    """
    match action:
        case CreateNetwork():
            engine.create_network(action.network, action.labels, on_progress)
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
            engine.pull_image(action.image, action.platform, on_progress)
        case PushImage():
            engine.push_image(action.image, on_progress)
        case BuildImage():
            engine.build_image(action, on_progress)
        case RemoveImage():
            engine.remove_image(action.image)
        case CreateContainer():
            engine.create_container(action.name, action.spec, action.keep_volumes_of, on_progress)
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
            run_hook(engine, action, on_progress)
        case WaitUntil() | Checkpoint() | Delay():
            raise ValueError(f"{type(action).__name__} is not a call of the engine")
        case _:
            assert_never(action)


def holds(engine: Engine, premise: Premise) -> bool:
    """Whether a step's premise holds at this moment."""
    id = engine.image_id(premise.image)
    match premise:
        case ImageDiffers():
            return id != premise.id
        case ImageIs():
            return id == premise.id
        case _:
            assert_never(premise)


def failure(action: Action, subject: str) -> str:
    """That `action` failed, in words, as the reason of what could not be done after it."""
    match action:
        case CreateNetwork() | CreateVolume() | CreateContainer():
            return f"{subject} could not be created"
        case RemoveNetwork() | RemoveVolume() | RemoveImage() | RemoveContainer():
            return f"{subject} could not be removed"
        case PullImage():
            return f"{subject} could not be pulled"
        case PushImage():
            return f"{subject} could not be pushed"
        case BuildImage():
            return f"{subject} could not be built"
        case StartContainer():
            return f"{subject} could not be started"
        case RestartContainer():
            return f"{subject} could not be restarted"
        case StopContainer():
            return f"{subject} could not be stopped"
        case KillContainer():
            return f"{subject} could not be sent {action.signal}"
        case PauseContainer():
            return f"{subject} could not be paused"
        case UnpauseContainer():
            return f"{subject} could not be unpaused"
        case RenameContainer():
            return f"{subject} could not be renamed"
        case RunHook():
            return f"a {action.moment} hook of {subject} failed"
        case ConnectNetwork():
            return f"{subject} could not be connected to {action.endpoint.network}"
        case DisconnectNetwork():
            return f"{subject} could not be disconnected"
        case WaitUntil():
            return f"{subject} {_missed(action)}"
        case Checkpoint():
            return f"the update of {subject} was stopped"
        case Delay():
            return "a pause was cut short"
        case _:
            assert_never(action)


def _missed(wait: WaitUntil) -> str:
    match wait.condition:
        case "started":
            return "was not started"
        case "running":
            return "does not run"
        case "healthy":
            return "did not become healthy"
        case "completed":
            return "did not complete"
        case "settled":
            return "did not become ready"
        case _:
            assert_never(wait.condition)
