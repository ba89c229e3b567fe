"""What is watched: the rules of `develop.watch`, and which paths they are about. Pure.

A rule leaves out what it ignores, what the build leaves out of its context, and what editors keep beside the files
that they edit.
"""

import os
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Literal, cast

import msgspec

from minicompose.engine.dockerignore import Ignored
from minicompose.model import Hook, Node, Service, Stack, WatchRule
from minicompose.planning.hooks import hook_text
from minicompose.planning.provenance import child, node_of, sealed_by_origin

Action = Literal["sync", "sync+restart", "sync+exec", "restart", "rebuild"]

# Files that editors and tools make for a moment, or for themselves.
PASSING = Ignored(
    (
        "**/.git",
        "**/*___jb_old___",  # JetBrains
        "**/*___jb_tmp___",
        "**/.idea",
        "**/.#*",  # Emacs
        "**/#*#",
        "**/4913",  # Vim
        "**/*~",
        "**/.*.sw[nopx]",
        "**/*.kate-swp",
        "**/*-go-tmp-umask",
    )
)


class Context(msgspec.Struct, frozen=True):
    """The directory that a service is built from, its links resolved, and what its build leaves out of it."""

    directory: str
    ignored: Ignored


class Command(msgspec.Struct, frozen=True):
    """What is run in containers. `text` is how it may be shown: without secrets."""

    hook: Hook
    text: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`root` is an absolute path, its links resolved; what is below it goes below `target`, in the containers.

    None for `included` is all. `written` is the path as it stands in the stack file, made absolute.
    """

    service: str
    action: Action
    root: str
    written: str
    target: str = ""
    ignored: Ignored = Ignored(())
    included: Ignored | None = None
    context: Context | None = None
    command: Command | None = None
    initial_sync: bool = False

    @property
    def syncs(self) -> bool:
        return self.action.startswith("sync")

    def concerns(self, path: str) -> bool:
        """Whether a change of the absolute `path` is one that the rule is about.

        A rule that names a single file is always about that file.
        """
        inside = below(path, self.root)
        if inside is None or inside == "":
            return inside == ""
        if self.ignored.leaves_out(inside) or PASSING.leaves_out(inside):
            return False
        there = below(path, self.context.directory) if self.context is not None else None
        if self.context is not None and there and self.context.ignored.leaves_out(there):
            return False
        return self.included is None or self.included.leaves_out(inside)

    def place_of(self, path: str) -> str:
        """Where the path comes to lie in a container."""
        inside = below(path, self.root)
        if not inside and self.target.endswith("/"):
            inside = PurePath(self.root).name
        return posixpath.normpath(posixpath.join("/", self.target.lstrip("/"), inside or ""))


def below(path: str, directory: str) -> str | None:
    """The path from `directory` on, with slashes; "" for the directory itself, None for what is not below it."""
    if path == directory:
        return ""
    start = directory.rstrip(os.sep) + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def watched_services(stack: Stack, named: Iterable[str] = ()) -> list[Service]:
    """The services that have something to watch, of those named or of all."""
    names = tuple(named) or tuple(stack.services)
    services = [stack.services[name] for name in names if name in stack.services]
    return [service for service in services if service.develop is not None and service.develop.watch]


def rules_of(stack: Stack, service: Service, resolved: Mapping[str, str], context: Context | None) -> list[Rule]:
    """The rules of a service, in their order; `resolved` has where the paths that stand in the file lead.

    Raises BadRequest for a pattern that is none.
    """
    declared = (service.develop.watch if service.develop else None) or ()
    found = []
    for index, rule in enumerate(declared):
        node = node_of(stack, "services", service.name, "develop", "watch", index)
        found.append(_rule(rule, node, service.name, resolved[rule.path], context))
    return found


def _rule(rule: WatchRule, node: Node | None, service: str, root: str, context: Context | None) -> Rule:
    older_word = child(node, "x-initialSync")  # as it was called before the specification had it
    return Rule(
        service=service,
        action=rule.action,  # type: ignore[arg-type]  # the schema knows no others
        root=root,
        written=rule.path,
        target=rule.target or "",
        ignored=Ignored(rule.ignore or ()),
        included=Ignored(rule.include) if rule.include else None,
        context=context,
        command=_command(rule.exec, child(node, "exec")) if rule.exec else None,
        initial_sync=bool(rule.initial_sync) or (older_word is not None and older_word.value is True),
    )


def _command(hook: Hook, node: Node | None) -> Command:
    return Command(hook, hook_text(cast(Hook, sealed_by_origin(hook, node))))


def mounted_already(rule: Rule, service: Service) -> bool:
    """Whether the containers see the rule's files anyway, by a bind mount."""
    sources = [mount.source for mount in service.volumes or () if mount.type == "bind" and mount.source]
    return any(
        below(path, os.path.normpath(source)) is not None for source in sources for path in (rule.written, rule.root)
    )


def is_out_of_reach(rule: Rule, service: Service) -> bool:
    """Whether the target is on a tmpfs: the engine writes below it, where nothing in the container sees it."""
    mounted = [mount.target for mount in service.volumes or () if mount.type == "tmpfs"]
    mounted += [entry.partition(":")[0] for entry in service.tmpfs or ()]
    return any(below(rule.place_of(rule.root), posixpath.normpath(target)) is not None for target in mounted)
