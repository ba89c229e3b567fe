"""Sees an `up` go by: adds to a failed step what explains it, while that can still be seen, and says what is left."""

from typing import TYPE_CHECKING

from minicompose.errors import EngineError
from minicompose.execution.events import AnyEvent, Notice, RunFinished, StepDone, StepFailed
from minicompose.planning.plan import CreateContainer, Plan, RestartContainer, RunHook, StartContainer, WaitUntil

if TYPE_CHECKING:
    import argparse

    from minicompose.commands.context import Context, OnEvent
    from minicompose.model import Stack
    from minicompose.planning.observed import Observed


class Witness:
    """Called with each event of the run of `plan`; hands it on to `on_event`. `before` is what there was."""

    def __init__(self, context: "Context", stack: "Stack", before: "Observed", plan: Plan, on_event: "OnEvent") -> None:
        self._context = context
        self._stack = stack
        self._had = {container.service for container in before.containers}
        self._steps = {step.id: step for step in plan.steps}
        self._reverts = {step.id: step.reverts for step in plan.way_back}
        self._done: set[int] = set()
        self._failed: list[int] = []
        self._on_event = on_event

    def __call__(self, event: AnyEvent) -> None:
        match event:
            case StepFailed(step=step) if step in self._steps:
                self._failed.append(step)
                event = self._explained(event)
            case StepDone(step=step, skipped=False):
                self._done.add(step)
                self._done.difference_update(self._reverts.get(step, ()))
            case RunFinished(at=at) if self._failed and (left := self._left()):
                self._on_event(Notice(at=at, severity="info", text=left))
            case _:
                pass
        self._on_event(event)

    def _explained(self, event: StepFailed) -> StepFailed:
        """With what is seen; whatever keeps us from seeing must not keep the run from going on."""
        from minicompose.diagnosis.failed import with_reason  # only a failure pays for it

        try:
            return with_reason(self._context.engine, self._stack, self._container_of(event.step), event)
        except (EngineError, OSError, ValueError):
            return event

    def _container_of(self, step: int) -> str | None:
        """The container that a step waits for or does something with; none for one that has yet to be created."""
        match self._steps[step].action:
            case StartContainer() | RestartContainer() | WaitUntil() | RunHook() as action:
                return action.container
            case _:
                return None

    def _left(self) -> str:
        """How to look at what was created for the first time and stays, and how to remove it."""
        made = {
            step.subject.service
            for id, step in self._steps.items()
            if id in self._done and isinstance(step.action, CreateContainer)
        } - self._had
        if not made:
            return ""
        command = command_of(self._context.options)
        services = (self._steps[id].subject.service for id in self._failed)
        look = next((service for service in services if service in made), None)
        ways = [f"`{command} {verb} {look}`" for verb in ("explain", "logs")] if look else [f"`{command} explain`"]
        return (
            "what was created is left as it is, to look at: "
            f"{' and '.join(ways)} tell{'' if look else 's'} more, `{command} down` removes it"
        )


def command_of(options: "argparse.Namespace") -> str:
    """The program, with the options by which it finds the same project."""
    words = ["minicompose"]
    words += [word for file in options.file for word in ("-f", file)]
    words += ["--project-directory", options.project_directory] if options.project_directory else []
    words += ["-p", options.project_name] if options.project_name else []
    import shlex  # only what is left behind is told in commands

    return shlex.join(words)
