"""Watch, and do what is to be done, until Ctrl-C.

The calling thread does everything, one batch of changes after the other; the threads that hear of changes only put
them into its queue, where they wait while it is busy.
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
from minicompose.model import Hook
from minicompose.planning.observed import ObservedContainer
from minicompose.watching.batches import Batch
from minicompose.watching.owners import Owners
from minicompose.watching.rules import Command, Rule
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
    """What changes the project, and so needs its turn. Raises MinicomposeError."""

    def rebuild(self, service: str, interrupts: Interrupts) -> bool:
        """Build its image and replace its containers; False when that failed, which has been told then."""

    def restart(self, service: str, interrupts: Interrupts) -> bool:
        """Restart its containers; False when that failed, which has been told then."""


class _Interrupted(msgspec.Struct, frozen=True):
    """Ctrl-C."""


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
        self._messages: SimpleQueue[Tidings | _Interrupted] = SimpleQueue()
        self._tree = Tree({rule.root for rule in rules}, self._messages.put)
        self._batch = Batch()
        self._owners = Owners(engine)
        self._interrupts = Interrupts()

    def watch(self, interrupts: Interrupts) -> None:
        """Return at the first Ctrl-C. Raises MinicomposeError where nothing can be watched."""
        self._interrupts = interrupts
        with interrupts.listening(lambda _: self._messages.put(_Interrupted())):
            self._tree.open()
            try:
                self._tell("info", self._words.watched(self._rules))
                self._warn_of_too_many()
                self._sync_at_first({rule.service for rule in self._rules})
                self._add(self._changed_before())
                while not interrupts.presses:
                    self._hear_one()
            finally:
                self._tree.close()

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
        match message:
            case Changed():
                self._add([message.path])
            case RootMoved():
                self._add(self._tree.look_again())
            case Overflowed():
                self._tell("warning", "more changed than could be told of: everything is taken for changed")
                self._add(path for rule in self._rules for path in files_below(rule.root))
            case _Interrupted():
                pass
            case _:
                assert_never(message)

    def _add(self, paths: Iterable[str]) -> None:
        now = self._clock()
        for path in paths:
            self._batch.add(path, now)

    def deal_with(self, paths: Collection[str]) -> None:
        """Do what the rules ask for when these have changed; what goes wrong is told."""
        for work in work_for(self._rules, paths):
            if self._interrupts.presses:
                return
            try:
                self._do(work)
            except MinicomposeError as error:
                self._tell("warning", f"{work.service}: {error.message}")

    def _do(self, work: Work) -> None:
        """In the order of `Work`; where a build or a restart fails, the rest is done all the same."""
        if work.rebuild:
            self._tell("info", self._words.changed(work, "building"))
            if self._doing.rebuild(work.service, self._interrupts):
                self._sync_at_first({work.service})
        if work.copies:
            self._sync(work.service, work.copies)
        if work.restart:
            if not work.copies:
                self._tell("info", self._words.changed(work, "restarting"))
            self._doing.restart(work.service, self._interrupts)
        for command in work.commands:
            self._run(work.service, command)

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

    def _sync_at_first(self, services: Collection[str]) -> None:
        """Send all files of the rules that ask for it."""
        rules = [rule for rule in self._rules if rule.initial_sync and rule.syncs and rule.service in services]
        paths = {path for rule in rules for path in files_below(rule.root)}
        for work in work_for(rules, paths):
            try:
                self._sync(work.service, [copy for copy in work.copies if os.path.lexists(copy.source)])
            except MinicomposeError as error:
                self._tell("warning", f"{work.service}: {error.message}")

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
