"""All files of a stack as one tree: variables replaced, `extends` and `include` followed, files merged.

The order is that of the Compose Specification's reference: each document of each file by itself first,
then one onto the other.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node
from minicompose.stackfile.scope import Scope
from minicompose.stackfile.sources import Sources

if TYPE_CHECKING:
    from minicompose.stackfile.extend import Extending
    from minicompose.stackfile.include import Including

Report = Callable[[Diagnostic], None]

MOST_JUDGED = 100  # documents of one project, each with what the earlier ones say; then only the sum is judged


def combined(files: tuple[str, ...], scope: Scope, sources: Sources, report: Report) -> Node | None:
    """The sum of `files` (absolute paths), the later over the earlier, with what they extend and include.

    None where nothing could be read.
    """
    root = _Combining(sources, report).tree(files, scope, ())
    if root is not None and not root.value and not sources.unread:
        what = "the file is empty" if len(files) == 1 else "all files are empty"
        hint = 'a stack file begins with "services:"'
        report(Diagnostic(severity="error", pos=root.pos, summary=what, hint=hint))
    return root


class _Combining:
    def __init__(self, sources: Sources, report: Report) -> None:
        self.sources = sources
        self.report = report

    @functools.cached_property
    def including(self) -> "Including":
        from minicompose.stackfile.include import Including  # few files include others

        return Including(self.sources, self.report, self.tree)

    def extending(self, scope: Scope) -> "Extending":
        from minicompose.stackfile.extend import Extending  # few services extend others

        return Extending(self.sources, scope, self.report)

    def tree(self, files: tuple[str, ...], scope: Scope, chain: tuple[str, ...]) -> Node | None:
        """The sum of `files`; `chain` are those whose `include` led to them, the outermost first."""
        extending: Extending | None = None
        documents: list[Node] = []
        for file in files:
            for read in self.sources.interpolated(file, scope.variables):
                document = read
                if _extends(document):
                    extending = extending or self.extending(scope)
                    document = extending.complete(document, file)
                if "include" in document.value:
                    document = self.including.complete(document, scope, (*chain, file))
                documents.append(document)
        return self.sum(documents) if documents else None

    def sum(self, documents: list[Node]) -> Node:
        """All documents as one. The first is a stack file without the second, and so on: no later one mends it."""
        root = documents[0]
        for index, root in enumerate(self.sources.sums(documents)):
            if index + 1 < min(len(documents), MOST_JUDGED):  # the last is judged with what it becomes part of
                self.sources.validate(_touched(root, documents[index]))
        return root


def _extends(document: Node) -> bool:
    """Whether a service of `document` may extend another."""
    section = document.value.get("services")
    services = section.value if section is not None and isinstance(section.value, dict) else {}
    return any(isinstance(node.value, dict) and "extends" in node.value for node in services.values())


def _touched(root: Node, by: Node) -> Node:
    """The services and resources of `root` that the document `by` says anything of: what it can have spoilt."""

    def touched(section: Node, node: Node) -> Node:
        if not isinstance(section.value, dict) or not isinstance(node.value, dict):
            return section
        return section.holding({name: section.value[name] for name in node.value if name in section.value})

    return root.holding({key: touched(root.value[key], node) for key, node in by.value.items() if key in root.value})
