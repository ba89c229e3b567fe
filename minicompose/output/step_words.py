"""The verbs of a plan's actions, for what is being done and for what has been done."""

from collections.abc import Collection
from typing import assert_never

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
    Step,
    StopContainer,
    UnpauseContainer,
    WaitUntil,
)


def doing_and_done(action: Action) -> tuple[str, str]:
    """As in ("creating", "created")."""
    match action:
        case CreateNetwork() | CreateVolume() | CreateContainer():
            return "creating", "created"
        case RemoveNetwork() | RemoveVolume() | RemoveImage() | RemoveContainer():
            return "removing", "removed"
        case PullImage():
            return "pulling", "pulled"
        case PushImage():
            return "pushing", "pushed"
        case BuildImage():
            return "building", "built"
        case StartContainer():
            return "starting", "started"
        case RestartContainer():
            return "restarting", "restarted"
        case StopContainer():
            return "stopping", "stopped"
        case KillContainer(signal="SIGKILL"):
            return "killing", "killed"
        case KillContainer():
            return f"sending {action.signal}", f"sent {action.signal}"
        case PauseContainer():
            return "pausing", "paused"
        case UnpauseContainer():
            return "unpausing", "unpaused"
        case RenameContainer():
            return "renaming", "renamed"
        case ConnectNetwork():
            return f"connecting to {action.endpoint.network}", f"connected to {action.endpoint.network}"
        case DisconnectNetwork():
            return "disconnecting", "disconnected"
        case Checkpoint():
            return "looking at what has failed", "gone on with"
        case Delay():
            return f"pausing for {seconds(action.seconds)}", "paused"
        case RunHook():
            return f"running its {action.moment} hook", f"ran its {action.moment} hook"
        case WaitUntil():
            word = "ready" if action.condition == "settled" else action.condition
            return f"waiting until {word}", word
        case _:
            assert_never(action)


def change_done(steps: Collection[Step]) -> str:
    """What all these steps, done one after the other, did to their subject, in a word."""
    actions = [step.action for step in steps]
    if any(isinstance(action, CreateContainer) for action in actions) and any(
        isinstance(action, RemoveContainer) for action in actions
    ):
        return "replaced"
    telling = [action for action in actions if not isinstance(action, RenameContainer | RunHook | WaitUntil)] or actions
    return doing_and_done(telling[-1])[1]


def plural(number: int, word: str) -> str:
    """As in "1 step", "2 steps"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def seconds(span: float) -> str:
    """As in "0.4s", "42s", "3m05s"."""
    if span < 10:
        return f"{span:.1f}s"
    if span < 60:
        return f"{span:.0f}s"
    minutes, rest = divmod(round(span), 60)
    return f"{minutes}m{rest:02d}s"


def put_back_words(steps: Collection[Step]) -> str:
    """What these steps of a way back have done, all of one thing."""
    if all(isinstance(step.action, StopContainer) for step in steps):
        return "stopped, and left to look at"
    return "put back what was there before"
