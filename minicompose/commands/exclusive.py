"""One command at a time changes a project: whoever changes one has its turn, and it must be theirs to change.

Every verb that changes a project plans and carries out inside `changing`.
"""

import contextlib
import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from minicompose import labels
from minicompose.commands.context import Context, on_default_platform
from minicompose.commands.whoami import host_name, user_name
from minicompose.diagnostic import Diagnostic
from minicompose.errors import MinicomposeError, UsageError
from minicompose.planning.observed import Observed, ObservedContainer
from minicompose.state.adopted import read_adopted, write_adopted
from minicompose.state.directory import project_file, state_directory
from minicompose.state.lock import Holder, Lock, read_holder, take

if TYPE_CHECKING:
    from minicompose.execution.interrupts import Interrupts
    from minicompose.stackfile.load import Loaded

_PAUSE = 0.05  # seconds between two looks: a wait for the kernel could be given no end, nor be ended
_NAMELESS = 10  # looks after which a holder that has not yet written who it is counts as unknown
_PATIENCE = 10.0  # seconds that the stopping of an attached `up` waits for its turn


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--no-wait", action="store_true", help="fail at once when another command is changing the project")
    add("--adopt", action="store_true", help="take over containers that another directory of this name has made")


@contextlib.contextmanager
def changing(args: Namespace, context: Context, project: str, derived_from: str | None) -> "Iterator[Turn]":
    """Whoever changes a project does it inside this block, from looking at what is there to the last step.

    Another command that changes it is waited for; MinicomposeError with `--no-wait`. `derived_from` is the
    directory that gave the project its name, None where it was named on purpose. UsageError when there are
    containers that another directory has made under that name, unless with `--adopt`. A dry run takes no turn.
    """
    turn = Turn(context, project)
    if context.options.dry_run:
        turn.observed = context.engine.observe(project)
        warn_of_others(context, turn.observed, derived_from)
        yield turn
        return
    turn.begin(waits=not args.no_wait)
    try:
        turn.observed = context.engine.observe(project)
        refuse_what_is_of_others(args, context, turn.observed, derived_from)
        yield turn
    finally:
        turn.end()


class Turn:
    """The time in which a command may change a project, and what was there when it began."""

    def __init__(self, context: Context, project: str) -> None:
        self.observed = Observed(project=project)
        self._context = context
        self._project = project
        self._lock: Lock | None = None
        self._waited = False

    def begin(self, *, waits: bool) -> None:
        """Wait for it; MinicomposeError where another command has it and it is not to be waited for."""
        if not self._begin(self._context.tell, gives_up=lambda: not waits):
            hint = "without --no-wait this command waits for that one"
            raise MinicomposeError(f"project {self._project} is being changed by {self._holder()}", hint)

    def begin_again(self, tell: Callable[[str], None], interrupts: "Interrupts") -> bool:
        """Have another turn, for the stopping of what an attached `up` shows; False when it does not come.

        It is waited for a while. A press of `interrupts` means that the containers are to end without it.
        """
        until = time.monotonic() + _PATIENCE
        if self._lock is not None or self._begin(tell, lambda: interrupts.presses > 0 or time.monotonic() > until):
            return True
        if interrupts.presses:
            return True
        tell(f"the containers are left as they are: project {self._project} is still being changed by {self._holder()}")
        return False

    def begin_meanwhile(self, tell: Callable[[str], None], interrupts: "Interrupts") -> bool:
        """Wait for it among other things; False when that was interrupted."""
        return self._begin(tell, lambda: interrupts.presses > 0)

    def end(self) -> None:
        """Let others have their turn; nothing happens when it is over already."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def now_meant(self, loaded: "Loaded", services: Collection[str]) -> "Loaded":
        """`loaded`, or what the stack files say by now, where this turn had to be waited for.

        So the newest files count in the end, whichever of several waiting commands comes last.
        """
        from minicompose.stackfile.files import STDIN
        from minicompose.stackfile.load import load_stack

        if not self._waited or STDIN in loaded.stack.files:  # standard input was read, and is gone
            return loaded
        again = on_default_platform(load_stack(self._context.request(services)))
        self._context.warn(warning for warning in again.warnings if warning not in loaded.warnings)
        self._context.check_services(services, (*again.stack.services, *again.stack.disabled))
        if again.stack.name != self._project:
            now = f"the name of project {self._project} became {again.stack.name} while this command waited"
            raise MinicomposeError(now, "nothing was done; give the command again")
        return again

    # ---- the lock ----

    def _begin(self, tell: Callable[[str], None], gives_up: Callable[[], bool]) -> bool:
        """Wait for the lock and say so once; False when it was given up.

        Where there is no place for a lock there is none, with a warning.
        """
        try:
            path = _file(self._context, "locks", self._project)
            looks, told = 0, False
            while (lock := take(path, self._me())) is None:
                looks += 1
                if looks >= _NAMELESS or read_holder(path) is not None:
                    if gives_up():
                        return False
                    if not told:
                        tell(f"waiting for project {self._project}, which is being changed by {self._holder()}")
                        told = self._waited = True
                time.sleep(_PAUSE)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            why = f"{place}{error.strerror or error}"
            self._context.warn(
                [_warning(f"nothing keeps another command from changing {self._project} as well: {why}")]
            )
            return True
        self._lock = lock
        return True

    def _me(self) -> Holder:
        return Holder(
            pid=os.getpid(),
            user=_printable(user_name(self._context.environment)),
            host=_printable(host_name()),
            command=f"minicompose {self._context.options.verb}",  # what comes after the verb may hold a secret
            since=time.time(),
        )

    def _holder(self) -> str:
        holder = read_holder(_file(self._context, "locks", self._project))
        if holder is None:
            return "another command"
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.since))
        return f"`{holder.command}` (process {holder.pid} of {holder.user}@{holder.host}) since {since}"


# ---- whose it is ----


def refuse_what_is_of_others(args: Namespace, context: Context, observed: Observed, derived_from: str | None) -> None:
    """Raise UsageError when another directory has made containers of a project whose name nobody chose.

    With `--adopt` they are this directory's from now on.
    """
    others = _of_others(context, observed, derived_from)
    if not others or derived_from is None:
        return
    if args.adopt:
        _adopt(context, observed, derived_from)
        return
    raise UsageError(*_words_for(others, observed.project, derived_from))


def warn_of_others(context: Context, observed: Observed, derived_from: str | None) -> None:
    """Say what `refuse_what_is_of_others` would refuse."""
    others = _of_others(context, observed, derived_from)
    if others and derived_from is not None:
        text, _ = _words_for(others, observed.project, derived_from)
        context.warn([_warning(text, "they are changed with --adopt alone")])


def _of_others(context: Context, observed: Observed, directory: str | None) -> list[ObservedContainer]:
    """The containers that another directory has made, but for those that this one has taken over."""
    if directory is None:
        return []
    others = [each for each in observed.containers if not _is_from(each, directory)]
    if others:
        with contextlib.suppress(OSError):
            known = read_adopted(_file(context, "adopted", observed.project), os.path.realpath(directory))
            others = [each for each in others if each.id not in known]
    return others


def _is_from(container: ObservedContainer, directory: str) -> bool:
    """Whether a container was made from this directory, or does not say from which."""
    made_from = container.labels.get(labels.WORKING_DIR)
    if not made_from or os.path.realpath(made_from) == os.path.realpath(directory):
        return True
    with contextlib.suppress(OSError):  # other spellings, where capitals do not matter, and mounts
        return Path(made_from).samefile(directory)
    return False


def _adopt(context: Context, observed: Observed, directory: str) -> None:
    """Note that the containers are this directory's, for those that stay as they are keep their labels."""
    others = [each.id for each in observed.containers if not _is_from(each, directory)]
    try:
        write_adopted(_file(context, "adopted", observed.project), os.path.realpath(directory), others)
    except OSError as error:
        why = error.strerror or error
        context.warn([_warning(f"--adopt will be needed again, since it cannot be noted: {why}")])


def _words_for(others: Iterable[ObservedContainer], project: str, here: str) -> tuple[str, str]:
    """What is wrong, and what to do."""
    places = sorted({each.labels[labels.WORKING_DIR] for each in others})
    said = " and ".join(place if Path(place).is_dir() else f"{place} (which does not exist here)" for place in places)
    return (
        f"the containers of project {project} are from another directory, {said}, and not from {here}",
        f"nobody chose the name {project}, it is the directory's: give this one another name with -p,\n"
        "COMPOSE_PROJECT_NAME or `name:`, or take the containers over with --adopt",
    )


def _file(context: Context, kind: str, project: str) -> Path:
    """The project's file of this kind in the user's state directory. Raises OSError where there is no home."""
    engine = context.engine_address
    place = engine.removeprefix("unix://")
    if place.startswith("/"):
        engine = f"unix://{os.path.realpath(place)}"  # one socket, by whichever link to it
    return project_file(state_directory(context.environment), kind, engine, project)


def _warning(text: str, hint: str = "") -> Diagnostic:
    return Diagnostic(severity="warning", pos=None, summary=text, hint=hint)


def _printable(text: str) -> str:
    """Text as it can be written: a name in the environment may hold bytes that are none."""
    return text.encode(errors="backslashreplace").decode()
