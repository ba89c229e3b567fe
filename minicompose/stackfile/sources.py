"""The files that a stack is read from: each is read once, whoever asks for it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, Path, SourcePos, Variables
from minicompose.stackfile.files import STDIN
from minicompose.stackfile.interpolate import interpolate
from minicompose.stackfile.merge import OVERRIDE, RESET, sums
from minicompose.stackfile.schema import validate
from minicompose.stackfile.textfile import read_text, shown_path, text_of
from minicompose.stackfile.yamltree import read_yaml

if TYPE_CHECKING:
    from minicompose.stackfile.expressions import Hidden

Report = Callable[[Diagnostic], None]


class Sources:
    """The documents of stack files, by the files' absolute paths; `STDIN` is one of them.

    `texts` has the text of each file that was read, by the name that positions carry; `unread` tells
    that one of them could not be read or parsed, so that what rests on it cannot be judged.
    With `hidden`, expressions are not replaced by what they come to, but hidden there.
    """

    def __init__(
        self,
        working_directory: str,
        read_stdin: Callable[[], bytes],
        report: Report,
        texts: dict[str, str],
        *,
        hidden: "Hidden | None" = None,
    ) -> None:
        self.texts = texts
        self.unread = False
        self._working_directory = working_directory
        self._read_stdin = read_stdin
        self._report = report
        self._hidden = hidden
        self._warned: set[str] = set()
        self._documents: dict[str, list[Node]] = {}

    def documents(self, file: str, asked: Node | None = None, path: str = "") -> list[Node]:
        """The documents of `file`, in their order; none if it cannot be read, which is reported.

        `asked` is the value at `path` that names the file, where one does.
        """
        if file not in self._documents:
            self._documents[file] = self._read(file, self._placing(asked, path))
        return self._documents[file]

    def interpolated(self, file: str, variables: Variables, asked: Node | None = None, path: str = "") -> list[Node]:
        """The documents of `file` with `variables` in the place of expressions."""
        documents = self.documents(file, asked, path)
        if self._hidden is not None:
            return [self._hidden.hide(document) for document in documents]
        if "$" not in self.texts.get(self.shown(file), ""):
            return documents
        return [self._interpolated(document, variables) for document in documents]

    def named(self, node: Node, variables: Variables, path: Path) -> Node:
        """`node` of an interpolated document at `path`, which names files: those have to be known in any case."""
        return node if self._hidden is None else self._interpolated(self._hidden.show(node), variables, path)

    def written(self, variables: Variables) -> Variables:
        """`variables` with their values as they are to stand in an interpolated document."""
        if self._hidden is None:
            return variables
        values = {name: value.replace("$", "$$") for name, value in variables.values.items()}
        return Variables(values, variables.places)

    def everything(self) -> list[Node]:
        """All documents that have been read, as they are written."""
        return [document for documents in self._documents.values() for document in documents]

    def _interpolated(self, node: Node, variables: Variables, path: Path = ()) -> Node:
        return interpolate(
            node,
            variables.values,
            self._report,
            path,
            texts=self.texts,
            warned=self._warned,
            places=variables.places,
        )

    def merged(self, documents: list[Node]) -> Node:
        """`documents`, of which there is at least one, as one."""
        *_, merged = self.sums(documents)
        return merged

    def sums(self, documents: list[Node]) -> Iterator[Node]:
        """The first of `documents`, the first two as one, and so on to all of them."""
        files = {document.pos.file for document in documents}
        tagged = any(tag in self.texts[file] for file in files for tag in (RESET, OVERRIDE))
        return sums(documents, self._report, tagged=tagged)

    def validate(self, root: Node) -> None:
        """Whether every value of `root` is of its kind."""
        validate(root, self._report, hidden=self._hidden is not None)

    def shown(self, file: str) -> str:
        """How messages call the file."""
        return "<stdin>" if file == STDIN else shown_path(file, self._working_directory)

    def _placing(self, asked: Node | None, path: str) -> Report:
        """What has no place of its own is said where the file is named."""
        if asked is None:
            return self._report

        def report(problem: Diagnostic) -> None:
            if problem.pos is None:
                problem = replace(problem, pos=asked.pos, path=path, length=len(str(asked.value)) or 1)
            self._report(problem)

        return report

    def _read(self, file: str, report: Report) -> list[Node]:
        shown = self.shown(file)
        text = text_of(self._read_stdin(), shown, report) if file == STDIN else read_text(file, shown, report)
        if text is None:
            self.unread = True
            return []
        self.texts[shown] = text
        broken = False

        def reported(problem: Diagnostic) -> None:
            nonlocal broken
            broken = True
            report(problem)

        documents = [document for document in read_yaml(text, shown, reported) if document.value is not None]
        if not documents and not broken:  # an empty file adds nothing to others
            return [Node({}, SourcePos(shown, 1, 1))]
        self.unread |= not documents
        return [document for document in documents if self._is_mapping(document, report)]

    def _is_mapping(self, document: Node, report: Report) -> bool:
        if isinstance(document.value, dict):
            return True
        self.unread = True
        report(_error(document.pos, "a stack file must be a mapping", hint='it begins with "services:"'))
        return False


def _error(pos: SourcePos | None, summary: str, hint: str = "") -> Diagnostic:
    return Diagnostic(severity="error", pos=pos, summary=summary, hint=hint)
