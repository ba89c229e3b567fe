"""From the stack files to the `Stack`: one function per stage, and every problem at once.

A stage reports what it finds and hands on what it could make of it. A later stage says nothing
about a path that an earlier one complained of, and what rests on a file that could not be read is
not judged at all.
"""

import gc
import pathlib

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.errors import StackFileError, UsageError
from minicompose.model import Node, Path, SourcePos, Stack, Variables
from minicompose.stackfile.build import build_stack
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.checks import check
from minicompose.stackfile.combine import combined
from minicompose.stackfile.contents import sealed, with_contents
from minicompose.stackfile.files import LoadRequest, Location, locate
from minicompose.stackfile.interpolate import ExpressionError, substitute
from minicompose.stackfile.names import normal_name
from minicompose.stackfile.origins import with_notes
from minicompose.stackfile.pathtext import steps_of
from minicompose.stackfile.schema import validate
from minicompose.stackfile.scope import Scope
from minicompose.stackfile.sources import Sources
from minicompose.stackfile.textfile import shown_path

MOST_NOTED = 200  # problems that say where their values came from

_NO_PLACE = SourcePos("", 0, 0)


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A stack and what was met on the way to it.

    `texts` maps the files' names, as positions hold them, to their texts; `variables` is what
    interpolation could see.
    """

    stack: Stack
    warnings: tuple[Diagnostic, ...]
    texts: dict[str, str]
    variables: dict[str, str]


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


def project_name(request: LoadRequest) -> str:
    """The name of the project, for commands that need nothing else of it: of the files only `name:` is looked at.

    Raises as `load_stack` does, but only for files that cannot be read.
    """
    location = locate(request)
    if location.name is not None:
        return location.name
    return _Loading(request, location).name()


class _Loading:
    def __init__(self, request: LoadRequest, location: Location | None = None) -> None:
        self.request = request
        self.location = locate(request) if location is None else location
        self.texts = dict(self.location.texts)
        self.variables = Variables(self.location.variables, self.location.places)
        self.problems = list(self.location.problems)
        self.tree: Node | None = None  # all files' sum
        self.sources = Sources(self.location.working_directory, request.read_stdin, self.report, self.texts)

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
        tree = canonical(root, self.report, refused)
        stack = build_stack(
            tree,
            name=name,
            directory=self.location.directory,
            variables=self.variables,
            report=self.report,
            files=self.location.files,
            profiles=self.profiles(tree),
            name_derived=self.location.name is None and _last_name(documents) is None,
            refused=refused,
        )
        self.check(stack, self.refused(tree))
        stack = self.with_contents(stack)
        self.raise_errors()
        return Loaded(stack=stack, warnings=tuple(self.sorted()), texts=self.texts, variables=self.variables.values)

    def name(self) -> str:
        name = self.name_of(self.read())
        self.raise_errors()
        return name

    # ---- the stages ----

    def read(self) -> list[Node]:
        """The documents of all files, in their order."""
        if not self.location.files:
            raise UsageError(
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
                said = ""  # said again, with its place, when the document is interpolated
            if name := normal_name(said):
                return name
            if said:
                self.error(node.pos, f'nothing of "{said}" can be part of a project\'s name', path="name")
                return "unnamed"
        if name := normal_name(pathlib.Path(self.location.directory).name):
            return name
        raise UsageError("the project has no name", hint="give it one with -p, or with name: in the stack file")

    def combine(self) -> Node:
        """All files as one tree, with what they extend and include."""
        scope = Scope(self.location.directory, self.variables)
        root = combined(self.location.files, scope, self.sources, self.report)
        if root is None:
            self.raise_errors()
        assert root is not None
        return root

    def validate(self, root: Node) -> None:
        """Whether every value is of its kind, but for those that have been refused already."""
        refused = self.refused(root)
        found: list[Diagnostic] = []
        validate(root, found.append)
        for problem in found:
            steps = steps_of(root, problem.path)
            if not any(steps[: len(other)] == other for other in refused):
                self.report(problem)

    def profiles(self, tree: Node) -> tuple[str, ...]:
        """The active profiles: those asked for, and those of the services named as arguments."""
        named = [_at(tree, "services", service, "profiles") for service in self.request.services]
        inside = [profile.value for node in named if node is not None for profile in node.value]
        return tuple(dict.fromkeys((*self.location.profiles, *inside)))

    def check(self, stack: Stack, refused: set[Path]) -> None:
        """Whether the parts fit together, so far as nothing in them was refused before.

        What is missing because a whole service or resource was refused is not looked for.
        """
        if any(len(path) <= 2 for path in refused):
            return
        found: list[Diagnostic] = []
        check(stack, found.append)
        assert stack.root is not None
        for problem in found:
            steps = steps_of(stack.root, problem.path)
            if not any(_meet(steps, other) for other in refused):
                self.report(problem)

    def with_contents(self, stack: Stack) -> Stack:
        """`stack` with what the files hold that it names."""

        def shown(path: str) -> str:
            return shown_path(path, self.location.working_directory)

        stack = with_contents(stack, self.variables, self.report, shown, self.texts)
        return sealed(stack, self.variables, self.report) if self.request.contents else stack

    # ---- problems ----

    def report(self, problem: Diagnostic) -> None:
        self.problems.append(problem)

    def error(self, pos: SourcePos | None, summary: str, hint: str = "", path: str = "") -> None:
        self.report(Diagnostic(severity="error", pos=pos, summary=summary, hint=hint, path=path))

    def refused(self, root: Node) -> set[Path]:
        """The paths that errors have been reported for, as steps into `root`."""
        errors = (problem for problem in self.problems if problem.severity == "error" and problem.path)
        return {steps_of(root, problem.path) for problem in errors}

    def sorted(self) -> list[Diagnostic]:
        """The problems by file and place, each once; those that are shown say where their values came from."""
        order = {name: index for index, name in enumerate(self.texts)}
        once = {(problem.severity, problem.pos, problem.summary): problem for problem in self.problems}

        def place(problem: Diagnostic) -> tuple[int, SourcePos]:
            pos = problem.pos
            return (-1, _NO_PLACE) if pos is None else (order.get(pos.file, len(order)), pos)

        found = sorted(once.values(), key=place)
        return [*map(self.with_notes, found[:MOST_NOTED]), *found[MOST_NOTED:]]

    def with_notes(self, problem: Diagnostic) -> Diagnostic:
        if self.tree is None or not problem.path or problem.notes:
            return problem
        return with_notes(problem, self.tree)

    def raise_errors(self) -> None:
        if any(problem.severity == "error" for problem in self.problems):
            raise StackFileError(self.sorted(), self.texts)


def _meet(one: Path, other: Path) -> bool:
    """Whether one of the paths lies below the other."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _at(node: Node, *keys: str) -> Node | None:
    for key in keys:
        if not isinstance(node.value, dict) or key not in node.value:
            return None
        node = node.value[key]
    return node


def _last_name(documents: list[Node]) -> Node | None:
    """The last `name:` that says something."""
    names = [document.value["name"] for document in documents if "name" in document.value]
    return next((node for node in reversed(names) if isinstance(node.value, str) and node.value), None)
