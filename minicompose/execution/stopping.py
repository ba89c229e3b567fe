"""Stop what an attached `up` shows: gracefully, and at once when Ctrl-C is pressed again."""

import contextlib
import threading
from collections.abc import Callable, Collection

from minicompose.engine.protocol import Engine
from minicompose.errors import EngineError
from minicompose.execution.events import AnyEvent
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.run import run_plan
from minicompose.planning.plan import Plan


def stop_or_kill(
    plan: Plan,
    engine: Engine,
    on_event: Callable[[AnyEvent], None],
    *,
    services: Collection[str],
    interrupts: Interrupts,
    workers: int,
) -> None:
    """Run a plan that stops; a press of `interrupts` meanwhile kills what still runs of `services`."""

    def kill_meanwhile(_: int) -> None:
        # A signal handler calls this while the stops wait for their containers, so it must not wait too.
        threading.Thread(target=_kill, args=(engine, plan.project, services), daemon=True).start()

    with interrupts.listening(kill_meanwhile):
        run_plan(plan, engine, on_event, interrupts=interrupts, workers=workers)
    if interrupts.presses:
        _kill(engine, plan.project, services)


def _kill(engine: Engine, project: str, services: Collection[str]) -> None:
    with contextlib.suppress(EngineError):
        for container in engine.observe(project).containers:
            if container.service in services and container.state in ("running", "restarting", "paused"):
                with contextlib.suppress(EngineError):  # it has ended meanwhile
                    engine.kill_container(container.id, "SIGKILL")
