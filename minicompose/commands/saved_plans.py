"""Plans in files: what `plan -o` keeps, and how `apply` gets back to where that was planned."""

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from minicompose import __version__
from minicompose.commands.context import Context
from minicompose.commands.whoami import host_name, user_name
from minicompose.errors import MinicomposeError, UsageError
from minicompose.history.saved import Reading, SavedPlan, Unusable, decode, encode
from minicompose.history.sealing import contents, sealed
from minicompose.history.since import seen
from minicompose.planning.encoding import plan_json
from minicompose.planning.masking import sealed_text
from minicompose.wholefiles import whole_file

if TYPE_CHECKING:
    from minicompose.model import Stack
    from minicompose.planning.observed import Observed
    from minicompose.planning.plan import Plan
    from minicompose.planning.up import UpOptions

# The variables of the environment that decide which stack files are read, and how.
_SETTINGS = (
    "COMPOSE_FILE",
    "COMPOSE_PATH_SEPARATOR",
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_PROFILES",
    "COMPOSE_ENV_FILES",
    "COMPOSE_DISABLE_ENV_FILE",
    "COMPOSE_COMPATIBILITY",
)


def save(file: str, context: Context, stack: "Stack", observed: "Observed", options: "UpOptions", plan: "Plan") -> None:
    """Write a plan to a file, whole or not at all. Raises MinicomposeError where that cannot be."""
    from minicompose.output.plan_text import plan_text

    if "-" in stack.files:
        raise UsageError(
            "a plan of a stack file from standard input cannot be kept", "`apply` reads the stack file again: name it"
        )
    bare = sealed(stack)[0]
    saved = SavedPlan(
        version=__version__,
        at=time.time(),
        who=f"{user_name(context.environment)}@{host_name()}",
        project=stack.name,
        engine=context.engine.identity(),
        address=sealed_text(context.engine_address),
        files=stack.files,
        reading=_reading(context),
        options=options,
        text=plan_text(plan),
        seen=seen(bare, observed),
        contents=contents(stack),
        stack=bare,
        plan=plan_data(plan, stack),
    )
    _write(Path(os.path.realpath(Path(context.working_directory, file))), encode(saved), file)


def plan_data(plan: "Plan", stack: "Stack") -> object:
    """The plan as `plan --format json` prints it."""
    return msgspec.json.decode(plan_json(plan, stack))


def _reading(context: Context) -> Reading:
    options = context.options

    def absolute(path: str) -> str:
        return os.path.normpath(Path(context.working_directory, path))

    return Reading(
        working_directory=context.working_directory,
        files=tuple(map(absolute, options.file)),
        project_directory=absolute(options.project_directory) if options.project_directory else None,
        project_name=options.project_name,
        env_files=tuple(map(absolute, options.env_file)),
        profiles=None if options.profile is None else tuple(options.profile),
        compatibility=options.compatibility,
        settings={name: context.environment[name] for name in _SETTINGS if name in context.environment},
    )


def _write(path: Path, text: bytes, shown: str) -> None:
    """Nobody ever sees half of it, and only its owner sees it at all."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{shown} is no file that a plan could be written to")
    try:
        with whole_file(path, mode=0o600, lasting=True) as file:
            file.write(text)
    except OSError as error:
        raise MinicomposeError(f"the plan cannot be written to {shown}: {error.strerror or error}") from error


# ---- back again ----


def read(file: str, context: Context) -> SavedPlan:
    """The plan that a file holds. Raises UsageError where there is none, or not a whole one."""
    try:
        return decode(Path(context.working_directory, file).read_bytes())
    except OSError as error:
        raise UsageError(f"the plan {file} cannot be read: {error.strerror or error}") from error
    except Unusable as error:
        raise UsageError(f"the plan {file} cannot be used: {error}", "`minicompose plan -o FILE` makes one") from error


def planned_in(saved: SavedPlan, context: Context) -> Context:
    """The context in which the plan was made, with what is the environment's now."""
    reading = saved.reading
    then = {
        "file": list(reading.files),
        "project_directory": reading.project_directory,
        "project_name": reading.project_name,
        "env_file": list(reading.env_files),
        "profile": None if reading.profiles is None else list(reading.profiles),
        "compatibility": reading.compatibility,
        "all_resources": saved.options.all_resources,
    }
    environment = {name: value for name, value in context.environment.items() if name not in _SETTINGS}
    if "PWD" in environment:
        environment["PWD"] = reading.working_directory
    return Context(
        argparse.Namespace(**vars(context.options) | then),
        environment | reading.settings,
        reading.working_directory,
    )
