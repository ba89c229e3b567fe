"""The command line: words in, one command run, its exit code out. Every error ends here."""

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from minicompose import __version__
from minicompose.errors import ExitCode, MinicomposeError, StackFileError, UsageError, nearest
from minicompose.imports import import_values
from minicompose.parsing import REMAINDER, SUPPRESS, Parser, at_once

TYPE_CHECKING = False  # as type checkers know it: `typing` is more than some commands need
if TYPE_CHECKING:
    from typing import Any, NoReturn

# Each verb is a module of `minicompose.commands`, imported only when its turn comes.
VERBS = {
    "up": "create and start what the stack file says",
    "create": "create what the stack file says, and start nothing",
    "scale": "change how many containers a service has",
    "down": "stop and remove what a stack runs",
    "start": "start what is there and does not run",
    "stop": "stop what runs, and keep it",
    "restart": "stop what runs, and start it again",
    "rm": "remove containers that do not run",
    "kill": "send a signal to what runs",
    "pause": "have what runs stand still",
    "unpause": "let what is paused go on",
    "watch": "bring files that change into the containers",
    "wait": "wait until services have ended",
    "plan": "show what `up` would do, and why",
    "apply": "carry out a plan that was kept in a file",
    "ps": "list the stack's containers",
    "logs": "show what the containers print",
    "ls": "list the projects of this engine",
    "port": "say where a container's port is reached",
    "images": "list the images of the containers",
    "volumes": "list the project's volumes",
    "top": "show the processes in the containers",
    "stats": "show what the containers use, live",
    "events": "show what happens to the containers",
    "explain": "say why a service does not run or is not healthy",
    "doctor": "find what would make `up` fail, before it does",
    "exec": "run a command in a running container",
    "run": "run a command once, in a container of its own",
    "attach": "be connected with a container's own command",
    "cp": "copy files to and from containers",
    "export": "write a container's file system as an archive",
    "commit": "make an image of a container",
    "build": "build the services' images",
    "pull": "pull the services' images",
    "push": "push the services' images to their registries",
    "login": "log in to a registry",
    "logout": "log out from a registry",
    "config": "show the stack file as it is understood",
    "history": "list what the stack has been, and compare",
    "rollback": "go back to what the stack was before",
    "graph": "show which service needs which",
    "completion": "print what makes a shell complete words",
    "version": "show the version",
}


HELP = "help"  # shows the help, of a verb where one is named
COMPLETE = "__complete"  # how the shells' scripts ask for what a word can be


def global_parser() -> Parser:
    """What stands before the verb."""
    parser = Parser("minicompose", "Run stacks of containers as a Compose file describes them.")
    parser.verbs = VERBS | {HELP: "show this, or more about a verb"}
    add = parser.add_argument
    add("-f", "--file", action="append", default=[], metavar="FILE", help="stack file; may repeat, - is standard input")
    add("-p", "--project-name", metavar="NAME", help="the project's name")
    add("--profile", action="append", metavar="NAME", help="enable a profile; may repeat, * is all")
    add("--env-file", action="append", default=[], metavar="FILE", help="read variables from FILE instead of .env")
    add("--project-directory", metavar="DIR", help="what relative paths refer to (default: the first file's directory)")
    add(
        "--progress",
        choices=("auto", "tty", "plain", "json", "quiet"),
        default=None,
        help="how to show what happens (default: auto)",
    )
    add("--ansi", choices=("auto", "always", "never"), default=None, help="when to use colour (default: auto)")
    add("--dry-run", action="store_true", help="show what would be done, and do nothing")
    add(
        "--compatibility",
        action="store_true",
        help="name containers PROJECT_SERVICE_1, as the first docker-compose did",
    )
    add("--workdir", dest="project_directory", default=SUPPRESS, help=SUPPRESS)  # the old name
    add("--parallel", type=at_once, metavar="N", help="how many engine calls at once, -1 for no limit (default: 4)")
    add("-c", "--context", metavar="NAME", help="the Docker context to use")
    add("-H", "--host", metavar="URL", help="the engine to use, as unix:///var/run/docker.sock")
    add("--all-resources", action="store_true", help="also take in the networks, volumes, ... that no service uses")
    add("-v", "--version", action="store_true", help="show the version")
    add("verb", nargs="?", metavar="VERB", help=SUPPRESS)
    add("words", nargs=REMAINDER, help=SUPPRESS)
    return parser


def parser_of(verb: str, command: "Any") -> Parser:
    """What stands after a verb; `command` is its module."""
    parser = Parser(f"minicompose {verb}", (command.__doc__ or "").partition("\n\n")[2] or VERBS[verb])
    command.configure(parser)
    parser.add_argument("--dry-run", action="store_true", help=SUPPRESS)
    return parser


def run(words: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; raises MinicomposeError."""
    if words and words[0] == COMPLETE:
        from minicompose.completion.words import complete  # which needs nothing of all this

        return complete(words[1:])
    parser = global_parser()
    options = parser.parse_all(words)
    if options.version:
        print(f"minicompose version {__version__}")  # noqa: T201
        return ExitCode.OK
    if options.verb == HELP:
        options.verb, options.words = _asked_about(options.words), ["--help"]
    if options.verb is None:
        parser.print_help()
        return ExitCode.OK
    if options.verb not in VERBS:
        near = nearest(options.verb, (*VERBS, HELP))
        hint = f'did you mean "{near}"?' if near else "`minicompose --help` lists them"
        raise UsageError(f'there is no verb "{options.verb}"', hint)

    from minicompose.commands.context import Context  # after the words are known to be good

    if options.verb != "version":  # every other works with values sooner or later
        import_values()
    command = importlib.import_module(f"minicompose.commands.{options.verb}")
    verb_parser = parser_of(options.verb, command)
    verb_parser.before_verb = parser.options
    args = verb_parser.parse_all(options.words)
    options.dry_run |= args.dry_run
    with Context(options, _environment(), _working_directory()) as context:
        context.format = getattr(args, "format", None)
        try:
            return int(command.run(args, context))
        except StackFileError as error:
            context.show_problems(error)
            return error.exit_code


def _asked_about(words: Sequence[str]) -> str | None:
    """The verb whose help is wanted; None for that of the program, which is also that of `help`."""
    named = [word for word in words if word not in (HELP, "-h", "--help")]
    if len(named) > 1:
        raise UsageError(f'there is one argument too many: "{named[-1]}"', "see `minicompose --help`")
    return named[0] if named else None


def _environment() -> dict[str, str]:
    """The environment, with U+FFFD for what is not UTF-8, as docker has it: an engine cannot be told of such bytes."""
    return {
        name: value if value.isascii() else os.fsencode(value).decode("utf-8", "replace")
        for name, value in os.environ.items()
    }


def _working_directory() -> str:
    """Where the command runs, by the way that the shell went there: a link's name, and not where it leads.

    Raises UsageError where the directory is there no more.
    """
    said = os.environ.get("PWD", "")
    try:
        real = os.getcwd()  # noqa: PTH109 (pathlib is not needed here)
    except FileNotFoundError as error:
        raise UsageError("the current directory is there no more", "go to one that is") from error
    with contextlib.suppress(OSError):
        if os.path.isabs(said) and os.path.samefile(said, real):  # noqa: PTH117, PTH121
            return os.path.normpath(said)
    return real


def start() -> "NoReturn":
    """The `minicompose` command: `main`, in a process of its own that ends at once.

    Hardly anything that is imported and read becomes garbage, so it is looked for less often; and the interpreter is
    not taken apart at the end, which the kernel does faster. Nothing here is left to `atexit`, and threads that still
    run are those that may be left.
    """
    gc.set_threshold(50_000, 20, 20)
    _open_standard_streams()
    _speak_utf8()
    code = main()
    with contextlib.suppress(OSError, ValueError):  # `main` has complained of what could not be written
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _open_standard_streams() -> None:
    """Put the null device where whoever started us has closed standard input, output or errors, as docker does.

    Otherwise the next file or socket that is opened would be taken for it.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free
            setattr(sys, name, open(descriptor, mode))  # noqa: PTH123, SIM115 (it stays open)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says, as docker does, and names of files that are none as they are."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        stream.reconfigure(encoding="utf-8", errors=errors)  # type: ignore[union-attr]  # these are the process's own


def main(words: Sequence[str] | None = None) -> int:
    """The entry point: run, and turn whatever goes wrong into a message and an exit code."""
    try:
        code = run(sys.argv[1:] if words is None else words)
        sys.stdout.flush()
        return code
    except MinicomposeError as error:
        _complain(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except OSError as error:  # a full disk, a file that may not be written: `error` names it
        with contextlib.suppress(OSError):  # what could not be written must not be tried again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 (the one place where a bug of ours is caught)
        return _report_bug(error)


def _complain(message: str, hint: str = "") -> None:
    sys.stderr.write(f"minicompose: {message}\n")
    for line in hint.splitlines():
        sys.stderr.write(f"  {line}\n")


def _report_bug(error: Exception) -> int:
    """Keep the traceback in a file, and ask for it."""
    import tempfile
    import traceback

    said = f"this is a bug of minicompose: {type(error).__name__}: {error}"
    details = f"minicompose {__version__}, Python {sys.version}\n{''.join(traceback.format_exception(error))}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="minicompose-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as report:
            report.write(details)
    except OSError:  # nowhere to keep it
        _complain(said, f"please report it, with these details (look for secrets in them first):\n{details}")
    else:
        _complain(said, f"please report it, with {report.name}, which has the details (look for secrets in it first)")
    return ExitCode.BUG
