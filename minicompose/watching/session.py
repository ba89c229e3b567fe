"""Watch, and do what is to be done, until Ctrl-C.

The calling thread keeps the state: what has changed, and what is under way. It hands jobs to a few workers, those of
different services side by side; the threads that hear of changes, and the workers when a job has ended, put that into
its queue.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Literal, Protocol, assert_never

import msgspec

from minicompose.engine.protocol import Engine, ExecSession
from minicompose.errors import MinicomposeError
from minicompose.execution.hooks import exec_spec
from minicompose.execution.interrupts import Interrupts
from minicompose.execution.workers import Workers
from minicompose.model import Hook
from minicompose.planning.observed import ObservedContainer
from minicompose.watching.batches import Batch
from minicompose.watching.owners import Owners
from minicompose.watching.rules import Command, Rule
from minicompose.watching.schedule import Job, Schedule
from minicompose.watching.syncing import in_each, sync_all
from minicompose.watching.tree import (
    Changed,
    Overflowed,
    RootMoved,
    Tidings,
    Tree,
    changed_at,
    files_below,
    most_directories,
)
from minicompose.watching.wording import Wording, too_many_directories
from minicompose.watching.work import Copy, Work, work_for

Tell = Callable[[Literal["info", "warning"], str], None]


class Doing(Protocol):
    """What changes the project, and so needs its turn: one call at a time. What fails is told."""

    def rebuild(self, services: Sequence[str], interrupts: Interrupts) -> Collection[str]:
        """Build their images and replace their containers; those with which all went well."""

    def restart(self, services: Sequence[str], interrupts: Interrupts) -> None:
        """Restart their containers."""


class _Interrupted(msgspec.Struct, frozen=True):
    """Ctrl-C."""


class _Ended(msgspec.Struct, frozen=True):
    """A job, by which these services have been rebuilt. `unexpected` is an error of ours."""

    job: Job
    rebuilt: Collection[str] = ()
    unexpected: Exception | None = None


_AT_ONCE = 8


class Session:
    """Keeps the containers of a project as `rules` say. Paths are shown relative to `directories`.

    Files that have changed `since` a time, in seconds since 1970, count as changed when watching begins.
    """

    def __init__(
        self,
        engine: Engine,
        project: str,
        rules: Sequence[Rule],
        doing: Doing,
        tell: Tell,
        *,
        directories: Sequence[str] = (),
        since: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._project = project
        self._rules = rules
        self._doing = doing
        self._tell = tell
        self._words = Wording(directories)
        self._since = since
        self._clock = clock
        self._messages: SimpleQueue[Tidings | _Interrupted | _Ended] = SimpleQueue()
        self._tree = Tree({rule.root for rule in rules}, self._messages.put)
        self._batch = Batch()
        self._schedule = Schedule(rules)
        self._workers = Workers(_AT_ONCE)
        self._owners = Owners(engine)
        self._interrupts = Interrupts()

    def watch(self, interrupts: Interrupts) -> None:
        """Return at the first Ctrl-C, when what was under way has ended, or at the second.

        Raises MinicomposeError where nothing can be watched.
        """
        self._interrupts = interrupts
        with interrupts.listening(lambda _: self._messages.put(_Interrupted())):
            self._tree.open()
            try:
                self._tell("info", self._words.watched(self._rules))
                self._warn_of_too_many()
                self._schedule.begin_with(dict.fromkeys(rule.service for rule in self._rules if _comes_first(rule)))
                self._hand_out()
                self._add(self._changed_before())
                while not interrupts.presses:
                    self._hear_one()
                self.settle()
            finally:
                self._tree.close()
                self._workers.dismiss()

    def _warn_of_too_many(self) -> None:
        most, many = most_directories(), self._tree.directories()
        if most is not None and many > most:
            self._tell("warning", too_many_directories(many, most))

    def _changed_before(self) -> list[str]:
        """What has changed while we did not watch yet."""
        if self._since is None:
            return []
        return [path for rule in self._rules for path in files_below(rule.root) if changed_at(path) >= self._since]

    # ---- changes ----

    def _hear_one(self) -> None:
        try:
            message = self._messages.get(timeout=self._batch.due_in(self._clock()))
        except Empty:
            self.deal_with(self._batch.take())
            return
        self._heed(message)

    def _heed(self, message: Tidings | _Interrupted | _Ended) -> None:
        match message:
            case Changed():
                self._add([message.path])
            case RootMoved():
                self._add(self._tree.look_again())
            case Overflowed():
                self._tell("warning", "more changed than could be told of: everything is taken for changed")
                self._add(path for rule in self._rules for path in files_below(rule.root))
            case _Ended():
                self._workers.take_back()
                if message.unexpected is not None:
                    raise message.unexpected
                self._schedule.ended(message.job, message.rebuilt)
                self._hand_out()
            case _Interrupted():
                pass
            case _:
                assert_never(message)

    def _add(self, paths: Iterable[str]) -> None:
        now = self._clock()
        for path in paths:
            self._batch.add(path, now)

    # ---- who does what ----

    def deal_with(self, paths: Collection[str]) -> None:
        """Begin what the rules ask for when these have changed; what goes wrong is told."""
        self._schedule.changed(paths)
        self._hand_out()

    def settle(self) -> None:
        """Wait until all has been done that was begun; after a Ctrl-C nothing more begins, and a second one ends it."""
        while not self._workers.idle and self._interrupts.presses < 2:
            self._heed(self._messages.get())

    def _hand_out(self) -> None:
        while self._workers.free and not self._interrupts.presses and (job := self._schedule.due()):
            self._workers.hand(lambda job=job: self._messages.put(self._done(job)))  # type: ignore[misc]

    def _done(self, job: Job) -> _Ended:
        """Do it, in a worker; where something fails, the rest is done all the same."""
        try:
            return _Ended(job, self._do(job))
        except MinicomposeError as error:
            self._tell("warning", f"{', '.join(work.service for work in job.works)}: {error.message}")
            return _Ended(job)
        except Exception as error:  # noqa: BLE001 - raised by the thread that watches
            return _Ended(job, unexpected=error)

    def _do(self, job: Job) -> Collection[str]:
        services = [work.service for work in job.works]
        match job.part:
            case "rebuild":
                for work in job.works:
                    self._tell("info", self._words.changed(work, "building"))
                return self._doing.rebuild(services, self._interrupts)
            case "copy":
                for work in job.works:
                    self._copy(work, anew=job.anew)
            case "restart":
                for work in job.works:
                    if not work.copies:
                        self._tell("info", self._words.changed(work, "restarting"))
                self._doing.restart(services, self._interrupts)
            case "run":
                for work in job.works:
                    for command in work.commands:
                        self._run(work.service, command)
            case _:
                assert_never(job.part)
        return ()

    # ---- what is done ----

    def _sync(self, service: str, copies: Sequence[Copy]) -> None:
        begun = self._clock()
        containers = self._containers(service)
        if not containers:
            self._tell("warning", self._words.nowhere_to_copy(service, copies))
            return
        results = sync_all(self._engine, self._owners, containers, copies)
        for problem in dict.fromkeys(problem for result in results for problem in result.problems):
            self._tell("warning", f"{service}: {problem}")
        done = [result for result in results if result.copied or result.removed]
        if done:
            self._tell("info", self._words.synced(service, copies, done, self._clock() - begun))

    def _copy(self, work: Work, *, anew: bool) -> None:
        if anew:
            self._sync_at_first(work.service)
        if work.copies:
            self._sync(work.service, work.copies)

    def _sync_at_first(self, service: str) -> None:
        """Send all files of the rules that ask for it."""
        rules = [rule for rule in self._rules if _comes_first(rule) and rule.service == service]
        for work in work_for(rules, {path for rule in rules for path in files_below(rule.root)}):
            self._sync(service, [copy for copy in work.copies if os.path.lexists(copy.source)])

    def _run(self, service: str, command: Command) -> None:
        containers = [each for each in self._containers(service) if each.state == "running"]
        if not containers:
            self._tell("warning", f"{service}: nothing to run {command.text} in, for it has no running container")
        for container, problem in zip(
            containers, in_each(containers, lambda each: self._run_in(each, command.hook)), strict=True
        ):
            if problem:
                self._tell("warning", f"{service}: {command.text} in {container.name}: {problem}")
            else:
                self._tell("info", f"{service}: ran {command.text} in {container.name}")

    def _run_in(self, container: ObservedContainer, hook: Hook) -> str:
        """What went wrong, "" for nothing."""
        try:
            session = self._engine.exec(container.id, exec_spec(hook))
            try:
                with self._interrupts.listening(lambda _: session.close()):
                    code = self._shown(container, session)
            finally:
                session.close()
        except MinicomposeError as error:
            return error.message
        return f"exited with code {code}" if code else ""

    def _shown(self, container: ObservedContainer, session: ExecSession) -> int:
        output = b"".join(chunk.data for chunk in session.output())
        for line in output.decode(errors="replace").splitlines():
            self._tell("info", f"{container.name} | {line}")
        return 0 if self._interrupts.presses else session.exit_code()

    def _containers(self, service: str) -> list[ObservedContainer]:
        """Those that stand for the service now, whichever replaced which."""
        found = self._engine.observe(self._project).containers
        return [each for each in found if each.service == service and not each.oneoff and each.state != "removing"]


def _comes_first(rule: Rule) -> bool:
    return rule.initial_sync and rule.syncs
