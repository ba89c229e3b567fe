"""What every command works with: the options before the verb, the stack, the engine, the outputs."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from minicompose.errors import ExitCode, MinicomposeError, NoStackFile, StackFileError, UsageError, WouldFail, nearest
from minicompose.parsing import at_once

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from minicompose.diagnostic import Diagnostic
    from minicompose.engine.contexts import Endpoint
    from minicompose.engine.protocol import Engine
    from minicompose.execution.events import AnyEvent, RunReport
    from minicompose.execution.interrupts import Interrupts
    from minicompose.model import Stack
    from minicompose.output.sink import Sink
    from minicompose.planning.observed import Observed, ObservedContainer
    from minicompose.planning.plan import Plan
    from minicompose.stackfile.files import LoadRequest
    from minicompose.stackfile.load import Loaded, Outlined
    from minicompose.stackfile.names import ProjectName

OnEvent = Callable[["AnyEvent"], None]
Through = Callable[[OnEvent], OnEvent]

# How many engine calls may be in flight. Measured on two cores: four starts at once are nearly twice
# as fast as one, and more gain nothing.
WORKERS = 4

_YES = ("1", "t", "true", "y", "yes")
_NO = ("0", "f", "false", "n", "no")

# Read the stack files as they are meant; other ways of reading are named as in `LoadRequest`.
NORMALLY: Mapping[str, bool] = MappingProxyType({})


class Context:
    """One run of the program. The engine is reached, and files are read, when first asked for."""

    def __init__(self, options: argparse.Namespace, environment: Mapping[str, str], working_directory: str) -> None:
        self.options = options
        self.environment = environment
        self._settings = environment  # and what `.env` says, when that has been read
        self.working_directory = working_directory
        self.format: str | None = None  # what the verb's `--format` says
        self._engine: Engine | None = None

    def __enter__(self) -> "Context":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._engine is not None:
            self._engine.close()

    # ---- the stack ----

    def request(
        self, services: Iterable[str] = (), *, contents: bool = True, reading: Mapping[str, bool] = NORMALLY
    ) -> "LoadRequest":
        from minicompose.stackfile.files import LoadRequest

        options = self.options
        return LoadRequest(
            files=tuple(options.file),
            working_directory=self.working_directory,
            project_directory=options.project_directory,
            project_name=options.project_name,
            env_files=tuple(options.env_file),
            profiles=None if options.profile is None else tuple(options.profile),
            services=tuple(services),
            environment=self.environment,
            contents=contents,
            separator=self.separator,
            **reading,  # type: ignore[arg-type]  # names are those of flags, which are booleans
        )

    def load(
        self, services: Iterable[str] = (), *, contents: bool = True, reading: Mapping[str, bool] = NORMALLY
    ) -> "Loaded":
        """Read the stack files; warnings are shown, errors raised as StackFileError.

        Files that are read as they are meant to run have DOCKER_DEFAULT_PLATFORM where no platform is said.

        `services` are those named on the command line: their profiles become active. Only what creates
        containers needs the `contents` of configs and secrets. `reading` is how else the files
        are read, in the words of `LoadRequest`.
        """
        from minicompose.stackfile.load import load_stack

        loaded = load_stack(self.request(services, contents=contents, reading=reading))
        self._settings = loaded.variables
        if not reading:
            loaded = on_default_platform(loaded)
        self.warn(loaded.warnings)
        self.check_services(services, (*loaded.stack.services, *loaded.stack.disabled))
        return loaded

    def load_leniently(self, services: Iterable[str] = ()) -> tuple["Loaded", StackFileError | None]:
        """Like `load`, for commands that create nothing: files beside the stack files may be missing.

        What is wrong with those is the second of the pair. Raises StackFileError for what is wrong besides.
        """
        wrong: StackFileError | None = None
        for contents, reading in ((True, {}), (False, {}), (False, {"resolve_environment": False})):
            try:
                return self.load(services, contents=contents, reading=reading), wrong
            except StackFileError as error:
                wrong = wrong or error
                last = error
        raise last

    @property
    def separator(self) -> str:
        """What stands in names between project, service and number, by `--compatibility` or COMPOSE_COMPATIBILITY."""
        said = self.environment.get("COMPOSE_COMPATIBILITY", "").lower()
        return "_" if self.options.compatibility or said in ("1", "t", "true") else "-"

    def load_if_there(self) -> "Loaded | None":
        """The stack files, for what creates no containers and can go by labels.

        None where `-p` alone names the project, and where there are no files and COMPOSE_PROJECT_NAME does.
        """
        if self.names_project_only:
            return None
        try:
            return self.load(contents=False)
        except NoStackFile:
            if self.environment.get("COMPOSE_PROJECT_NAME"):
                return None
            raise

    def outline(self, reading: Mapping[str, bool]) -> "Outlined":
        """What the stack files say with their expressions as written; warnings and errors as for `load`."""
        from minicompose.stackfile.load import load_outline

        outlined = load_outline(self.request(contents=False, reading=reading))
        self.warn(outlined.warnings)
        return outlined

    def stack(self, services: Iterable[str] = ()) -> "Stack":
        """The stack, for commands that create no containers."""
        return self.load(services, contents=False).stack

    def project(self) -> str:
        """The name of the project alone: of the stack files, where they are asked for it, only `name:` counts."""
        return self.project_name().name

    def project_name(self) -> "ProjectName":
        """The name, as `project` has it, and where it is from."""
        from minicompose.stackfile.names import ProjectName, checked_name

        if self.names_project_only:
            return ProjectName(name=checked_name(self.options.project_name))
        from minicompose.stackfile.load import project_name

        try:
            return project_name(self.request(contents=False))
        except UsageError as error:
            named = self.environment.get("COMPOSE_PROJECT_NAME")
            if named and isinstance(error, NoStackFile):
                return ProjectName(name=checked_name(named))
            raise UsageError(error.message, f"{error.hint}\n-p names the project where there is no file") from None

    @property
    def names_project_only(self) -> bool:
        """True when `-p` stands without `-f`: commands that only look then go by labels alone."""
        return bool(self.options.project_name) and not self.options.file

    def check_services(self, names: Iterable[str], known: Iterable[str], code: ExitCode = ExitCode.USAGE) -> None:
        """Refuse a service that is not among the known ones, with the near name."""
        known = tuple(dict.fromkeys(known))
        for name in names:
            if name not in known:
                near = nearest(name, known)
                hint = f'did you mean "{near}"?' if near else f"there are: {', '.join(known) or 'none'}"
                error = UsageError(f'there is no service "{name}"', hint)
                error.exit_code = code
                raise error

    def check_there(self, names: Iterable[str], known: Iterable[str], code: ExitCode = ExitCode.USAGE) -> None:
        """Like `check_services`, for services that need not have containers.

        Where `-p` alone names the project, so that the labels say what is `known`, the stack files may have more.
        """
        known = tuple(known)
        if self.names_project_only and not set(names) <= set(known):
            known += self._declared()
        self.check_services(names, known, code)

    def _declared(self) -> tuple[str, ...]:
        """The services of the stack files; none where these are not there, or wrong."""
        from minicompose.stackfile.load import load_stack

        try:
            stack = load_stack(self.request(contents=False, reading={"resolve_environment": False})).stack
        except MinicomposeError:
            return ()
        return (*stack.services, *stack.disabled)

    # ---- the engine ----

    @property
    def engine(self) -> "Engine":
        if self._engine is None:
            from minicompose.engine.connect import connect_to

            self._engine = connect_to(self.endpoint, self.environment)
        return self._engine

    @cached_property
    def endpoint(self) -> "Endpoint":
        """Where the engine at hand is, which is not asked."""
        from minicompose.engine.connect import find_endpoint

        return find_endpoint(self.options.host, self.options.context, self.environment)

    @property
    def engine_address(self) -> str:
        return self.endpoint.host

    def refuse_what_no_engine_does(self, loaded: "Loaded", services: Iterable[str]) -> None:
        """Raise StackFileError for what nobody carries out of these services (none named: all)."""
        from minicompose.commands.engine_lacks import refusals
        from minicompose.planning.selection import select

        self.refuse(refusals(select(loaded.stack, services)), loaded.texts)

    def refuse_what_is_lacking(self, loaded: "Loaded", plan: "Plan", services: Iterable[str]) -> None:
        """Raise StackFileError for what the plan cannot bring about, and warn of what it goes without.

        The plan's own errors, what the builder does not do of the builds, and, where there is anything to
        do, what the engine lacks for the services (none named: all).
        """
        from minicompose.commands.engine_lacks import build_refusals, built_by, lacks
        from minicompose.planning.selection import select, without_unused

        found = [note for note in plan.notes if note.severity == "error"]
        found += build_refusals(loaded.stack, built_by(plan), self.engine.info, self.environment)
        if plan.steps:
            wanted = select(loaded.stack, services)
            wanted = wanted if self.options.all_resources else without_unused(wanted)
            found += lacks(wanted, self.engine)
        self.refuse(found, loaded.texts)

    def refuse_what_would_fail(self, loaded: "Loaded", observed: "Observed", plan: "Plan") -> None:
        """Raise WouldFail for what is in the way of the plan, and warn of what may be.

        What the plan itself stops or removes is not in its way. One without steps is not looked at.
        """
        if not plan.steps:
            return
        from minicompose.diagnosis.wanted import wanted_by  # here and below: only where something is to be done

        wanted = wanted_by(plan, loaded.stack, observed)
        if wanted.is_nothing:
            return
        from minicompose.commands.ahead import Ahead

        host, everyone = Ahead(self.engine.abilities), Ahead(self.engine.all_containers)
        from minicompose.commands.obstacles import obstacles  # while the engine answers

        found = obstacles(host, everyone, loaded.stack, observed, wanted)
        if any(problem.severity == "error" for problem in found):
            raise WouldFail(found, loaded.texts)
        self.warn(found)

    def refuse(self, found: Iterable["Diagnostic"], texts: dict[str, str]) -> None:
        """Raise StackFileError when there is an error among what was found; else show the warnings."""
        found = tuple(found)
        if any(problem.severity == "error" for problem in found):
            raise StackFileError(found, texts)
        self.warn(found)

    def observe(self) -> tuple["Observed", tuple[str, ...]]:
        """What is there of the project, and the services it has, in the file or running.

        With `-p` and no `-f` the stack file is not read, and with COMPOSE_PROJECT_NAME none need be there.
        """
        observed, _, known = self.observe_declared()
        return observed, known

    def observe_declared(self, *, alone: bool = False) -> tuple["Observed", tuple[str, ...], tuple[str, ...]]:
        """As `observe`, with the services of the file alone between; or with containers `alone`, in one call."""
        from minicompose.planning.observed import Observed

        loaded = self.load_if_there()
        stack = loaded.stack if loaded else None
        declared = (*stack.services, *stack.disabled) if stack else ()
        project = stack.name if stack else self.project()
        if alone:
            observed = Observed(project=project, containers=self.engine.project_containers(project))
        else:
            observed = self.engine.observe(project)
        there = (container.service for container in observed.containers)
        return observed, declared, tuple(dict.fromkeys((*declared, *there)))

    def containers(self, services: Sequence[str]) -> list["ObservedContainer"]:
        """The project's containers, one-offs included, of these services or of all, in order."""
        observed, _, known = self.observe_declared(alone=True)
        self.check_there(services, known, ExitCode.FAILED)
        wanted = [each for each in observed.containers if not services or each.service in services]
        return sorted(wanted, key=lambda each: (each.service, each.oneoff, each.number, each.name))

    # ---- what people see ----

    @cached_property
    def color(self) -> bool:
        """Whether data on standard output is coloured."""
        from minicompose.output.sink import use_color

        return use_color(self.options.ansi, sys.stdout, self.environment)

    @property
    def width(self) -> int | None:
        """How many columns a table may take: the terminal's, or any number when there is none."""
        if not sys.stdout.isatty():
            return None
        from minicompose.output.terminal_size import terminal_size  # here: not for what prints no tables

        return terminal_size(sys.stdout).columns

    @cached_property
    def interrupts(self) -> "Interrupts":
        from minicompose.execution.interrupts import Interrupts

        return Interrupts()

    @property
    def progress(self) -> str:
        """What `--progress` says, or else COMPOSE_PROGRESS."""
        return self.options.progress or self.environment.get("COMPOSE_PROGRESS") or "auto"

    @property
    def for_programs(self) -> bool:
        """Whether problems of stack files are read by a program: one that asked for JSON."""
        return "json" in (self.progress, self.format)

    def sink(self) -> "Sink":
        """Where events go: standard error, in the form that `--progress` asks for."""
        from minicompose.output.sink import open_sink, use_color

        return open_sink(
            "plain" if self.progress == "auto" and self._without_control else self.progress,
            sys.stderr,
            color=use_color(self.options.ansi, sys.stderr, self.environment),
            environment=self.environment,
        )

    @property
    def _without_control(self) -> bool:
        """Whether a terminal, too, is to get plain text and no more."""
        return (self.options.ansi or self.environment.get("COMPOSE_ANSI")) == "never"

    def warn(self, warnings: Iterable["Diagnostic"]) -> None:
        """Show warnings on standard error, a line each."""
        if self.progress == "quiet":
            return
        if self.for_programs:
            self._write_problems(tuple(warnings))
            return
        for warning in warnings:
            place = f"{warning.pos}: " if warning.pos else ""
            path = f"{warning.path}: " if warning.path else ""
            hint = f" ({warning.hint})" if warning.hint else ""
            sys.stderr.write(f"warning: {place}{path}{warning.summary}{hint}\n")

    @contextlib.contextmanager
    def showing(
        self, args: argparse.Namespace, names: Iterable[str], services: Collection[str] | None = None
    ) -> Iterator["OnEvent"]:
        """Events to where they belong: what containers print to standard output, the rest to the sink.

        `names` are the prefixes of log lines; `services` are those whose lines are shown, None is all.
        """
        from minicompose.execution.events import LogLines, Notice
        from minicompose.output.log_lines import LogPrinter
        from minicompose.output.sink import log_writer

        with self.sink() as sink:
            printer = LogPrinter(
                log_writer(sink, sys.stdout),
                names,
                color=self.color and not args.no_color,
                services=services,
                prefix=not args.no_log_prefix,
                timestamps=args.timestamps,
            )

            def on_event(event: "AnyEvent") -> None:
                if not isinstance(event, Notice):  # the sink shows it
                    printer(event)
                if not isinstance(event, LogLines):  # these are data
                    sink(event)

            yield on_event

    def print(self, text: str) -> None:
        """Data, for standard output."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def print_lines(self, texts: Iterable[str]) -> None:
        """Data, for standard output, with a line break after each."""
        sys.stdout.write("".join(f"{text}\n" for text in texts))

    def show_problems(self, error: StackFileError) -> None:
        """What is wrong with the stack files, on standard error; for programs an object a line."""
        from minicompose.output.diagnostics import render_diagnostics
        from minicompose.output.sink import use_color

        if self.for_programs:
            self._write_problems(error.diagnostics)
            return
        color = use_color(self.options.ansi, sys.stderr, self.environment)
        sys.stderr.write(render_diagnostics(error.diagnostics, error.texts, color=color) + "\n")

    def _write_problems(self, diagnostics: "Sequence[Diagnostic]") -> None:
        import json  # here and in `tell`: only for programs

        from minicompose.output.diagnostics import diagnostics_json

        for problem in diagnostics_json(diagnostics):
            sys.stderr.write(json.dumps({"event": "Problem", **problem}) + "\n")

    def tell(self, text: str) -> None:
        """A remark, for standard error; for programs an object."""
        if self.progress == "json":
            import json

            sys.stderr.write(json.dumps({"event": "Notice", "severity": "info", "text": text}) + "\n")
        elif self.progress != "quiet":
            sys.stderr.write(text + "\n")

    def print_plan(self, plan: "Plan") -> None:
        from minicompose.output.plan_text import plan_text

        self.print(plan_text(plan, color=self.color))

    # ---- doing ----

    def is_set(self, name: str) -> bool:
        """Whether a variable of the environment, or of `.env` where that has been read, says yes. Raises UsageError."""
        said = self._settings.get(name, "").strip().lower()
        if said not in ("", *_YES, *_NO):
            raise UsageError(f'{name} must be true or false, and not "{said}"')
        return said in _YES

    def removes_orphans(self, asked: bool) -> bool:
        """Whether containers that no service has are removed: as the option says, or else COMPOSE_REMOVE_ORPHANS."""
        return asked or self.is_set("COMPOSE_REMOVE_ORPHANS")

    @property
    def workers(self) -> int:
        """How many calls of the engine there may be at once. Raises UsageError."""
        if self.options.parallel is not None:
            return int(self.options.parallel)
        said = self._settings.get("COMPOSE_PARALLEL_LIMIT", "")
        try:
            return at_once(said) if said else WORKERS
        except argparse.ArgumentTypeError as error:
            raise UsageError(f"COMPOSE_PARALLEL_LIMIT: {error}") from None

    def carry_out(
        self, plan: "Plan", *, deadline: float | None = None, through: "Through | None" = None
    ) -> "RunReport":
        """Run a plan with live progress, with Ctrl-C and the end of the terminal handled; events go `through`
        something on their way to it.
        """
        if not plan.steps:
            from minicompose.execution.events import nothing_done

            with self.sink() as sink:
                return nothing_done(plan, through(sink) if through else sink)
        from minicompose.execution.interrupts import handling_hangup, handling_signals
        from minicompose.execution.run import run_plan  # here: only where there is anything to do

        with self.sink() as sink, handling_signals(self.interrupts), handling_hangup(self.interrupts):
            return run_plan(
                plan,
                self.engine,
                through(sink) if through else sink,
                interrupts=self.interrupts,
                workers=self.workers,
                deadline=deadline,
            )


def on_default_platform(loaded: "Loaded") -> "Loaded":
    """With the platform that DOCKER_DEFAULT_PLATFORM says for the services that say none."""
    platform = loaded.variables.get("DOCKER_DEFAULT_PLATFORM")
    if not platform:
        return loaded
    import msgspec  # hardly anybody comes here

    replace = msgspec.structs.replace
    services = {
        name: service if service.platform else replace(service, platform=platform)
        for name, service in loaded.stack.services.items()
    }
    return replace(loaded, stack=replace(loaded.stack, services=services))


def exit_code(report: "RunReport") -> ExitCode:
    """What a command returns for a run that it made."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if report.ok else ExitCode.FAILED


def seconds(text: str) -> int:
    """A number of seconds on the command line."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f'a number of seconds is wanted, not "{text}"')
    return int(text)
