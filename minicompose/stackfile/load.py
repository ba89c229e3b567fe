"""From the stack files to the `Stack`: one function per stage, and every problem at once.

A stage reports what it finds and hands on what it could make of it. A later stage says nothing
about a path that an earlier one complained of, and what rests on a file that could not be read is
not judged at all.
"""

import functools
import gc
import pathlib
from collections.abc import Mapping

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.errors import NoStackFile, StackFileError, UsageError
from minicompose.lines import Lines
from minicompose.model import Node, SourcePos, Stack, Variables
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.checks import check, check_outline
from minicompose.stackfile.combine import combined
from minicompose.stackfile.contents import sealed, sealed_for_builds, with_contents
from minicompose.stackfile.expressions import Hidden, holds_hidden
from minicompose.stackfile.files import LoadRequest, Location, locate
from minicompose.stackfile.interpolate import ExpressionError, interpolate, substitute
from minicompose.stackfile.names import ProjectName, normal_name
from minicompose.stackfile.normalise import normalised, with_contexts
from minicompose.stackfile.paths import absolute, absolute_paths
from minicompose.stackfile.pathtext import node_at, steps_of
from minicompose.stackfile.problems import Problems, Refused
from minicompose.stackfile.schema import validate
from minicompose.stackfile.scope import Scope, home_of
from minicompose.stackfile.sources import Sources
from minicompose.stackfile.textfile import shown_path

MOST_OF_A_LINE = 1000  # characters on each side of a problem; a line may be the whole file
MOST_NOTED = 200  # problems that say where their values came from


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A stack and what was met on the way to it.

    `texts` maps the files' names, as positions hold them, to their texts; `variables` is what
    interpolation could see.
    """

    stack: Stack
    warnings: tuple[Diagnostic, ...]
    texts: dict[str, str]
    variables: dict[str, str]


class Outlined(msgspec.Struct, frozen=True, kw_only=True):
    """What stack files say together, before any expression in them is replaced.

    `root` is their sum in its long form; `documents` are those of all files that were read, as they
    are written. `texts` is as in `Loaded`.
    """

    name: str
    root: Node
    warnings: tuple[Diagnostic, ...]
    texts: dict[str, str]
    documents: tuple[Node, ...]


def load_stack(request: LoadRequest) -> Loaded:
    """The stack that the files of `request` declare.

    Raises `StackFileError` with all problems of all files, and `UsageError` when there is no file
    or the project's name cannot be one.
    """
    collecting = gc.isenabled()
    gc.disable()  # nothing that is read becomes garbage, and looking for it costs a third of the time
    try:
        return _Loading(request).loaded()
    finally:
        if collecting:
            gc.enable()


def load_outline(request: LoadRequest) -> Outlined:
    """What the files of `request` say together, with their expressions as they are written.

    Raises as `load_stack` does. Nothing is checked that depends on what an expression comes to.
    """
    return _Loading(request, hidden=Hidden()).outlined()


def project_name(request: LoadRequest) -> ProjectName:
    """The name of the project, for commands that need nothing else of it: of the files only `name:` is looked at.

    Raises as `load_stack` does, but only for files that cannot be read.
    """
    location = locate(request)
    if location.name is not None:
        return ProjectName(name=location.name)
    return _Loading(request, location).project_name()


class _Loading:
    """The stages, each handing on to the next; with `hidden` expressions are not replaced, but hidden there."""

    def __init__(self, request: LoadRequest, location: Location | None = None, *, hidden: Hidden | None = None) -> None:
        self.request = request
        self.hidden = hidden
        self.location = locate(request) if location is None else location
        self.texts = dict(self.location.texts)
        self.variables = Variables(self.location.variables, self.location.places)
        self.problems = Problems(self.texts)
        for problem in self.location.problems:
            self.problems.take(problem)
        self.tree: Node | None = None  # all files' sum
        self.sources = Sources(
            self.location.working_directory, request.read_stdin, self.report, self.texts, hidden=hidden
        )

    # ---- the order of work ----

    def loaded(self) -> Loaded:
        documents = self.read()
        name = self.name_of(documents)
        self.variables = Variables(self.variables.values | {"COMPOSE_PROJECT_NAME": name}, self.variables.places)
        root = self.tree = self.combine()
        self.validate(root)
        if self.sources.unread:
            self.raise_errors()
        refused = self.refused(root)
        tree = canonical(root, self.report, refused.paths)
        stack = build_stack(
            tree,
            name=name,
            directory=self.location.directory,
            variables=self.variables,
            report=self.report,
            files=self.location.files,
            profiles=self.location.profiles,
            named=self.request.services,
            name_derived=self.derives_name(documents),
            separator=self.request.separator,
            refused=refused.paths,
            normalise=self.request.normalise,
            resolve_paths=self.request.resolve_paths,
        )
        self.check(stack, self.refused(tree))
        stack = self.with_contents(stack)
        self.raise_errors()
        return Loaded(stack=stack, warnings=tuple(self.sorted()), texts=self.texts, variables=self.variables.values)

    def outlined(self) -> Outlined:
        from minicompose.stackfile.outline import outline  # only `config --no-interpolate` prints one

        assert self.hidden is not None
        documents = self.read()
        name = self.name_of(documents)
        root = self.tree = self.combine()
        self.validate(root)
        self.validate_literals(root)
        self.raise_errors()
        tree = outline(root)
        check_outline(tree, self.report)
        self.raise_errors()
        tree = with_contexts(tree)
        if self.request.normalise:
            tree = normalised(tree, name, None)
            tree = tree.holding({"name": Node(name, tree.pos)} | tree.value | {"name": Node(name, tree.pos)})
        if self.request.resolve_paths:
            home = home_of(self.variables.values)
            tree = absolute_paths(tree, self.location.directory.replace("$", "$$"), home.replace("$", "$$"))
        return Outlined(
            name=name,
            root=self.hidden.show(tree),
            warnings=tuple(self.sorted()),
            texts=self.texts,
            documents=tuple(self.sources.everything()),
        )

    def project_name(self) -> ProjectName:
        documents = self.read()
        name = self.name_of(documents)
        self.raise_errors()
        return ProjectName(name=name, derived_from=self.location.directory if self.derives_name(documents) else None)

    # ---- the stages ----

    def read(self) -> list[Node]:
        """The documents of all files, in their order."""
        if not self.location.files:
            raise NoStackFile(
                "there is no stack file here or in any parent directory",
                hint="write a compose.yaml, or name a file with -f",
            )
        return [document for file in self.location.files for document in self.sources.documents(file)]

    def name_of(self, documents: list[Node]) -> str:
        """The project's name: `-p` or the environment, the last `name:` of the files, the directory."""
        if self.location.name is not None:
            return self.location.name
        node = _last_name(documents)
        if node is not None:
            try:
                said = substitute(node.value, self.variables.values.get)
            except ExpressionError:
                interpolate(node, self.variables.values, self.report, ("name",), self.texts)  # says why
                return "unnamed"
            if name := normal_name(said):
                return name
            why = f'nothing of "{said}" can be part of a project\'s name' if said else "the project's name is empty"
            self.error(node.pos, why, path="name")
            return "unnamed"
        if name := normal_name(pathlib.Path(self.location.directory).name):
            return name
        self.raise_errors()  # what could not be read may have said the name
        raise UsageError("the project has no name", hint="give it one with -p, or with name: in the stack file")

    def derives_name(self, documents: list[Node]) -> bool:
        """Whether nobody gave the project its name, so that it is the directory's."""
        return self.location.name is None and _last_name(documents) is None

    def combine(self) -> Node:
        """All files as one tree, with what they extend and include."""
        absolute = self.request.resolve_paths and self.hidden is None
        scope = Scope(self.location.directory, self.variables, absolute)
        root = combined(self.location.files, scope, self.sources, self.report)
        if root is None:
            self.raise_errors()
        assert root is not None
        return root

    def validate(self, root: Node) -> None:
        """Whether every value is of its kind, but for those that have been refused already."""
        refused = self.refused(root)

        def report(problem: Diagnostic) -> None:
            if not refused.holds(steps_of(root, problem.path)):
                self.report(problem)

        validate(root, report, hidden=self.hidden is not None)

    def validate_literals(self, root: Node) -> None:
        """Whether every value can be read, but for those that hold expressions."""

        def report(problem: Diagnostic) -> None:
            if not holds_hidden(node_at(root, steps_of(root, problem.path))):
                self.report(problem)

        canonical(root, report, self.refused(root).paths)

    def check(self, stack: Stack, refused: Refused) -> None:
        """Whether the parts fit together, so far as nothing in them was refused before.

        What is missing because a whole service or resource was refused is not looked for.
        """
        if any(len(path) <= 2 for path in refused.paths):
            return
        root = stack.root
        assert root is not None

        def report(problem: Diagnostic) -> None:
            if not refused.meets(steps_of(root, problem.path)):
                self.report(problem)

        check(stack, report, consistency=self.request.consistency)

    def with_contents(self, stack: Stack) -> Stack:
        """`stack` with what the files hold that it names."""

        def shown(path: str) -> str:
            return shown_path(path, self.location.working_directory)

        def located(path: str) -> str:
            return absolute(path, self.location.directory, home_of(self.variables.values))

        root = stack.root
        assert root is not None
        refused = self.refused(root)

        def report(problem: Diagnostic) -> None:
            if not refused.holds(steps_of(root, problem.path)):
                self.report(problem)

        stack = with_contents(
            stack,
            self.variables,
            report,
            shown,
            self.texts,
            located=located,
            environment=self.request.resolve_environment,
        )
        if self.request.contents:
            stack = sealed(stack, self.variables, report)
        if self.request.contents or self.request.build_secrets:
            stack = sealed_for_builds(stack, self.variables)
        return stack

    # ---- problems ----

    def report(self, problem: Diagnostic) -> None:
        self.problems.take(self.readable(problem))
        if self.problems.are_enough:
            self.raise_errors()

    def readable(self, problem: Diagnostic) -> Diagnostic:
        """`problem` with expressions where they are hidden in what it says."""
        if self.hidden is None:
            return problem
        said = {name: self.hidden.shown(getattr(problem, name)) for name in ("summary", "hint", "path")}
        return msgspec.structs.replace(problem, **said)

    def error(self, pos: SourcePos | None, summary: str, hint: str = "", path: str = "") -> None:
        self.report(Diagnostic(severity="error", pos=pos, summary=summary, hint=hint, path=path))

    def refused(self, root: Node) -> Refused:
        """The paths that errors have been reported for, as steps into `root`."""
        return Refused(self.problems.errors, functools.partial(steps_of, root))

    def sorted(self) -> list[Diagnostic]:
        """The problems by file and place; those that are shown say where their values came from."""
        found = self.problems.in_order()
        noted = [*map(self.with_notes, found[:MOST_NOTED]), *found[MOST_NOTED:]]
        lines = {file: Lines(self.texts[file]) for file in {p.pos.file for p in noted if p.pos} & self.texts.keys()}
        return [
            self.without_secrets(problem, lines, self.tree if index < MOST_NOTED else None)
            for index, problem in enumerate(noted)
        ]

    def without_secrets(self, problem: Diagnostic, lines: Mapping[str, Lines], root: Node | None) -> Diagnostic:
        from minicompose.stackfile.origins import without_secrets  # only problems are explained

        pos = problem.pos
        inside = lines.get(pos.file) if pos else None
        line = inside[pos.line] if pos and inside is not None and 1 <= pos.line <= len(inside) else ""
        if pos and len(line) > 2 * MOST_OF_A_LINE:
            line = line[max(0, pos.column - MOST_OF_A_LINE) : pos.column + MOST_OF_A_LINE]
        return without_secrets(problem, line, root, self.variables.values)

    def with_notes(self, problem: Diagnostic) -> Diagnostic:
        if self.tree is None or not problem.path or problem.notes:
            return problem
        from minicompose.stackfile.origins import with_notes  # only problems are explained

        return with_notes(problem, self.tree)

    def raise_errors(self) -> None:
        if self.problems.errors:
            raise StackFileError(self.sorted(), self.texts)


def _last_name(documents: list[Node]) -> Node | None:
    """The last `name:` that says something."""
    names = [document.value["name"] for document in documents if "name" in document.value]
    return next((node for node in reversed(names) if isinstance(node.value, str) and node.value), None)
