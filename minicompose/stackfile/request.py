"""What a caller asks to be loaded."""

import sys
from collections.abc import Callable, Mapping

import msgspec


class LoadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look for a stack and what to know while reading it.

    `files` are the paths of `-f`, "-" for standard input; `profiles` None is "not said", so that
    COMPOSE_PROFILES counts; `services` are the arguments that name services, whose profiles they enable.
    Relative paths are relative to `working_directory`, which is absolute.
    """

    working_directory: str
    environment: Mapping[str, str]
    files: tuple[str, ...] = ()
    project_directory: str | None = None
    project_name: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] | None = None
    services: tuple[str, ...] = ()
    read_stdin: Callable[[], str] = sys.stdin.read
