"""`extends`: a service completed with what the service says that it extends.

Bases are resolved file by file, before files are merged: what an override file changes in a base
does not reach the services that extend it.
"""

import os.path
from collections.abc import Callable

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.model import Node, Origin, SourcePos
from minicompose.stackfile.merge import RESET, merge_service, without_tags
from minicompose.stackfile.paths import absolute
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.scope import Scope
from minicompose.stackfile.sizes import Sizes
from minicompose.stackfile.sources import Sources

Report = Callable[[Diagnostic], None]

MOST_BASES = 100  # from a service to its last base
MOST_INHERITED = 1_000_000  # values that the services of a project take over from their bases

_MOST_GUESSES = 20  # of what service was meant; a guess looks at all of them


class _File:
    """The services of one file, and those of them whose bases have been resolved.

    `directory` is what the paths of `extends` in it are relative to.
    """

    def __init__(self, name: str, directory: str, services: dict[str, Node]) -> None:
        self.name = name
        self.directory = directory
        self.services = services
        self.resolved: dict[str, Node] = {}


class _Link(msgspec.Struct, frozen=True):
    """A service of a file on the way to the last base; `extends` is what names the next."""

    file: _File
    service: str
    node: Node


class Extending:
    """Completes the services of the documents of one project, or of an included one."""

    def __init__(self, sources: Sources, scope: Scope, report: Report) -> None:
        self._sources = sources
        self._scope = scope
        self._report = report
        self._files: dict[str, _File | None] = {}
        self._sizes = Sizes()
        self._inherited = 0
        self._guesses = 0

    def complete(self, document: Node, file: str) -> Node:
        """`document`, which stands in `file`, with every base merged under the service that extends it."""
        section = document.value.get("services")
        services = section.value if section is not None else None
        if not isinstance(services, dict) or not any(_extends(node) is not None for node in services.values()):
            return document
        here = _File(self._sources.shown(file), self._scope.directory, services)
        resolved = {name: self._resolved(here, name) for name in services}
        return document.holding(document.value | {"services": section.holding(resolved)})

    def _resolved(self, file: _File, name: str) -> Node:
        """The service with its bases: down the chain to the last one, and back up."""
        chain: list[_Link] = []
        passed: set[tuple[int, str]] = set()
        base: Node | None = None
        step: tuple[_File, str] | None = (file, name)
        while step is not None:
            here, service = step
            if service in here.resolved:
                base = here.resolved[service]
                break
            link = _Link(here, service, here.services[service])
            if (id(here), service) in passed:
                self._circular([*chain, link])
                break
            chain.append(link)
            passed.add((id(here), service))
            step = self._next(link)
        for link in reversed(chain):
            base = link.node if base is None else self._derived(base, link)
            link.file.resolved[link.service] = base
        assert base is not None
        return base

    def _next(self, link: _Link) -> tuple[_File, str] | None:
        """The base that the service names, and its file; None where it has none or a wrong one."""
        extends = _extends(link.node)
        if extends is None:
            return None
        service, file = (extends, None) if isinstance(extends.value, str) else _named(extends)
        if service is None:
            return None  # the schema says what is missing
        base = link.file if file is None else self._file(file, link)
        if base is None:
            return None
        if service.value not in base.services:
            self._missing(service, link, base)
            return None
        node = base.services[service.value]
        if base is not link.file and node.value is not None and not isinstance(node.value, dict):
            self._error(link, service, f'the service "{service.value}" is no mapping at {node.pos}')
            return None
        return base, service.value

    def _file(self, named: Node, link: _Link) -> _File | None:
        """The file of a base, read once; its paths are relative to where it lies."""
        named = self._sources.named(named, self._scope.variables, ("services", link.service, "extends", "file"))
        path = absolute(named.value, link.file.directory, self._scope.home)
        if path not in self._files:
            where = path_text(("services", link.service, "extends", "file"))
            documents = self._sources.interpolated(path, self._scope.variables, named, where)
            self._files[path] = self._with_services(path, self._sources.merged(documents)) if documents else None
        return self._files[path]

    def _with_services(self, path: str, root: Node) -> _File:
        directory = os.path.dirname(path)  # noqa: PTH120 (pathlib is on no fast path)
        section = root.value.get("services")
        services = Node({} if section is None else {"services": section}, root.pos)
        rooted = self._scope.seen_from_here(services, directory).value.get("services")
        inside = rooted.value if rooted is not None and isinstance(rooted.value, dict) else {}
        return _File(self._sources.shown(path), directory, inside)

    def _derived(self, base: Node, link: _Link) -> Node:
        """The service on top of its base, whose own `extends` is done with."""
        node = link.node
        further = base.origin.bases if base.origin is not None else ()
        if not isinstance(base.value, dict) or self._is_too_much(base, link, further):
            return node
        inherited = without_tags(base)
        inherited = inherited.holding({key: value for key, value in inherited.value.items() if key != "extends"})
        own = Node(node.value, node.pos, node.key_pos)
        merged = merge_service(inherited, own, link.service, self._report)
        origin = Origin(bases=(base.key_pos or base.pos, *further))
        return Node(merged.value, node.pos, node.key_pos, node.tag, origin)

    # ---- problems ----

    def _is_too_much(self, base: Node, link: _Link, further: tuple[SourcePos, ...]) -> bool:
        """Whether the chain of bases has become too long, or all that services inherit too much."""
        self._inherited += self._sizes.of(base)[0]
        extends = _extends(link.node)
        assert extends is not None
        if len(further) >= MOST_BASES:
            self._error(link, extends, f"services extend one another over more than {MOST_BASES} steps")
            return True
        if self._inherited > MOST_INHERITED:
            self._error(link, extends, f"what services inherit comes to more than {MOST_INHERITED:,} values")
            return True
        return False

    def _missing(self, service: Node, link: _Link, base: _File) -> None:
        self._guesses += 1
        near = nearest(service.value, base.services) if self._guesses <= _MOST_GUESSES else None
        there = f'did you mean "{near}"?' if near else f"there are: {', '.join(base.services)}" if base.services else ""
        self._error(link, service, f'there is no service "{service.value}" to extend in {base.name}', there)

    def _circular(self, chain: list[_Link]) -> None:
        """The last link is one that came before."""
        first = next(
            index
            for index, link in enumerate(chain)
            if link.file is chain[-1].file and link.service == chain[-1].service
        )
        around = chain[first:]
        told = " -> ".join(f"{link.service} ({link.node.key_pos or link.node.pos})" for link in around)
        last = around[-2]
        extends = _extends(last.node)
        assert extends is not None
        self._error(last, extends, f"the services extend each other in a circle: {told}")

    def _error(self, link: _Link, node: Node, summary: str, hint: str = "") -> None:
        length = len(node.value) if isinstance(node.value, str) else 1
        path = path_text(("services", link.service, "extends"))
        pos = node.pos if isinstance(node.value, str) else node.key_pos or node.pos
        self._report(Diagnostic(severity="error", pos=pos, summary=summary, path=path, hint=hint, length=length or 1))


def _extends(service: Node) -> Node | None:
    """What the service says that it extends, if that has a form that can be followed."""
    if not isinstance(service.value, dict):
        return None
    extends = service.value.get("extends")
    if extends is None or extends.tag == RESET:
        return None
    return extends if isinstance(extends.value, str | dict) else None


def _named(extends: Node) -> tuple[Node | None, Node | None]:
    """The service and the file of the long form; None for what is not said or is no text."""
    service, file = extends.value.get("service"), extends.value.get("file")
    if service is None or not isinstance(service.value, str) or (file is not None and not isinstance(file.value, str)):
        return None, None
    return service, file
