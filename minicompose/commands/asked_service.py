"""A service with what the command line of `run` says of it."""

import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import msgspec

from minicompose.commands.context import Context
from minicompose.errors import UsageError
from minicompose.model import Mount, Port, Service
from minicompose.stackfile.asked import asked_entrypoint, asked_mounts, asked_ports, variables_in


def as_asked(args: Namespace, context: Context, service: Service) -> Service:
    """The service as it is to be run. Raises UsageError."""
    tty = args.tty and not args.no_tty and sys.stdout.isatty() and (args.detach or sys.stdin.isatty())
    return msgspec.structs.replace(
        service,
        environment=_environment(args, context, service),
        ports=_ports(args, service),
        volumes=_volumes(args, context, service),
        labels={**(service.labels or {}), **_pairs(args.label)} or None,
        cap_add=_together(service.cap_add, args.cap_add, args.cap_drop),
        cap_drop=_together(service.cap_drop, args.cap_drop, args.cap_add),
        entrypoint=service.entrypoint if args.entrypoint is None else asked_entrypoint(args.entrypoint),
        command=_command(args, service),
        user=service.user if args.user is None else args.user,
        working_dir=service.working_dir if args.workdir is None else args.workdir,
        stdin_open=args.interactive,
        tty=tty,
    )


def _command(args: Namespace, service: Service) -> tuple[str, ...] | None:
    """Another entrypoint has nothing to do with the command that the service has for its own."""
    if args.command:
        return tuple(args.command)
    return service.command if args.entrypoint is None else ()


def _environment(args: Namespace, context: Context, service: Service) -> dict[str, str | None] | None:
    """The service's, then files, then `-e`; a NAME alone takes the value that NAME has here, if it has one."""
    found: dict[str, str | None] = dict(service.environment or {})
    for file in args.env_from_file:
        found |= variables_in(_text_of(context, file), file, dict(context.environment))
    for word in args.env:
        name, equals, value = word.partition("=")
        if equals:
            found[name] = value
        elif name in context.environment:
            found[name] = context.environment[name]
    return found or None


def _text_of(context: Context, file: str) -> str:
    try:
        return Path(context.working_directory, file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"--env-from-file {file}: {why}") from error


def _ports(args: Namespace, service: Service) -> tuple[Port, ...] | None:
    if args.service_ports:
        return service.ports
    return asked_ports(args.publish) if args.publish else None


def _volumes(args: Namespace, context: Context, service: Service) -> tuple[Mount, ...] | None:
    """What is mounted at a place takes the place of what the service has there."""
    if not args.volume:
        return service.volumes
    asked = asked_mounts(args.volume, context.working_directory, dict(context.environment))
    taken = {mount.target for mount in asked}
    return (*(mount for mount in service.volumes or () if mount.target not in taken), *asked)


def _pairs(words: Iterable[str]) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _together(said: tuple[str, ...] | None, asked: Iterable[str], taken: Iterable[str]) -> tuple[str, ...] | None:
    """What the service says and what is asked for, without what is asked for the other way."""
    away = set(taken)
    return tuple(dict.fromkeys([*(name for name in said or () if name not in away), *asked])) or None
