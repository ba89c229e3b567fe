"""YAML text to `Node`s: values with their places, in one pass over the parser's events.

Working on events keeps the depth of the text off the C stack, and says where each key stands.
PyYAML is known here and in `libyaml.py` and `yamlerrors.py`.
"""

import binascii
from collections.abc import Callable
from typing import Any

from minicompose.diagnostic import Diagnostic
from minicompose.errors import nearest
from minicompose.lines import Lines
from minicompose.model import Node, SourcePos
from minicompose.stackfile.libyaml import Parser, YAMLError, events
from minicompose.stackfile.pathtext import path_text
from minicompose.stackfile.scalars import MAY_BEGIN_NON_STRING, resolve
from minicompose.stackfile.sizes import Sizes

AliasEvent = events.AliasEvent
DocumentEndEvent = events.DocumentEndEvent
MappingEndEvent = events.MappingEndEvent
MappingStartEvent = events.MappingStartEvent
ScalarEvent = events.ScalarEvent
SequenceEndEvent = events.SequenceEndEvent
SequenceStartEvent = events.SequenceStartEvent
StreamEndEvent = events.StreamEndEvent

Report = Callable[[Diagnostic], None]

MOST_DEPTH = 100  # nested values; everything after this stage may recurse
MOST_VALUES = 450_000  # in one file; ten thousand services with all they usually say need less
MOST_EXPANDED = 300_000  # values that aliases stand for, all together
MOST_KEY = 1024  # characters; YAML's own limit for keys without a `?`
MOST_TEXT = 1024 * 1024  # characters of one value

_MOST_GUESSES = 20  # of what anchor was meant; a guess looks at all of them

# What ends a line for the parser, or for editors, but not for both.
_ODD_ENDS = "\r\x85\u2028\u2029"

_MOST_READ = 2 * MOST_VALUES  # a value and its key

_STANDARD = "tag:yaml.org,2002:"
RESET, OVERRIDE = "!reset", "!override"
_KEPT_TAGS = (RESET, OVERRIDE)
_UNTAGGED = "!"
_MERGE_TAG = _STANDARD + "merge"
_COLLECTION_TAGS = tuple(_STANDARD + kind for kind in ("map", "seq", "set", "omap", "pairs"))
_TEXT_TAGS = tuple(_STANDARD + kind for kind in ("str", "timestamp", "merge"))
_KINDS: dict[str, type] = {"null": type(None), "bool": bool, "int": int, "float": float}


def read_yaml(text: str, file: str, report: Report) -> list[Node]:
    """The documents of `text`, one `Node` each; none for an empty text or one that is not YAML.

    `file` is the name that positions carry. Problems go to `report`; all but a syntax error leave
    the rest of the tree to be read. Aliases share their anchor's `Node`, which may stand in a document
    before, as in the reference. A document that holds nothing, not even an empty mapping, is a problem,
    and its value None.
    """
    return _Reader(text, file, report).documents()


class _GiveUp(Exception):
    """The text cannot be read any further; why has been reported."""


class _Open:
    """A mapping or list whose end has not been read yet."""

    __slots__ = ("anchor", "key", "key_pos", "merged", "pos", "tag", "value")

    def __init__(self, value: Any, pos: SourcePos, tag: str | None, anchor: str | None) -> None:
        self.value = value
        self.pos = pos
        self.tag = tag
        self.anchor = anchor
        self.key: str | None = None
        self.key_pos: SourcePos | None = None
        self.merged: list[Node] | None = None  # values of `<<`


class _MergeKey(str):
    """The plain key `<<`; the quoted one is an ordinary string."""

    __slots__ = ()


_MERGE = _MergeKey("<<")


class _Reader:
    def __init__(self, text: str, file: str, report: Report) -> None:
        self.text = text.removeprefix("\ufeff")  # no mark of the parser counts it
        self.file = file
        self.report = report
        self.lines = Lines(self.text) if any(end in self.text for end in _ODD_ENDS) else None
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node] = {}
        self.sizes = Sizes()
        self.read = 0  # values and keys
        self.expanded = 0
        self.guesses = 0

    def documents(self) -> list[Node]:
        found: list[Node] = []
        try:
            get_event: Callable[[], Any] = Parser(self.text).get_event
            get_event()  # the stream's start
            while not isinstance(start := get_event(), StreamEndEvent):  # else a document's start
                document = self._document(get_event)
                if document.value is None:
                    self._empty(start.start_mark)
                found.append(document)
        except _GiveUp:
            return []
        except YAMLError as problem:
            from minicompose.stackfile.yamlerrors import syntax_error  # only for a file that is no YAML

            self.report(syntax_error(problem, self.text, self.file))
            return []
        except UnicodeEncodeError as problem:  # lone surrogates, which only standard input can hold
            self._complain(Lines(self.text).place(problem.start, self.file), "this is not UTF-8 text")
            return []
        return found

    def _document(self, get_event: Callable[[], Any]) -> Node:
        """The document whose start has been read, its end included. This loop sees every event."""
        file, stack, anchors, lines = self.file, self.stack, self.anchors, self.lines
        stack.clear()
        top: _Open | None = None  # the innermost open mapping or list
        root: Node | None = None
        while True:
            event = get_event()
            kind = event.__class__
            if kind is DocumentEndEvent:
                return root if root is not None else Node(None, SourcePos(file, 1, 1))
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                node = self._close()
                top = stack[-1] if stack else None
            else:
                mark = event.start_mark
                if lines is None:
                    pos = SourcePos(file, mark.line + 1, mark.column + 1)
                else:
                    pos = lines.place(mark.index, file)
                self.read += 1
                if self.read > _MOST_READ:
                    self._complain(pos, f"the file has more than {MOST_VALUES:,} values")
                    raise _GiveUp
                is_key = top is not None and top.key is None and top.value.__class__ is dict
                if kind is MappingStartEvent or kind is SequenceStartEvent:
                    top = self._open(event, pos, is_key)
                    continue
                if kind is AliasEvent:
                    node = self._alias(event.anchor, pos)
                else:
                    value, tag = event.value, None
                    if len(value) > MOST_KEY:
                        value = self._cut(value, pos, is_key)
                    if event.tag is not None:
                        value, tag = self._tagged_scalar(event, pos)
                    elif event.implicit[0] and value[:1] in MAY_BEGIN_NON_STRING:
                        value = resolve(value)
                    node = Node(value, pos, top.key_pos if top is not None else None, tag)
                    if event.anchor is not None:
                        anchors[event.anchor] = node
                if is_key:
                    self._take_key(node.value, event, pos)
                    continue
            if top is None:
                root = node
            elif top.value.__class__ is list:
                top.value.append(node)
            elif top.key is _MERGE:
                self._take_merged(top, node)
            else:
                top.value[top.key] = node
                top.key = None

    def _cut(self, text: str, pos: SourcePos, is_key: bool) -> str:
        """A key or value, without what makes it too long."""
        most = MOST_KEY if is_key else MOST_TEXT
        if len(text) <= most:
            return text
        what = "key" if is_key else "value"
        self._complain(pos, f"this {what} is longer than {most:,} characters", self._path())
        return text[:most]

    def _empty(self, mark: Any) -> None:
        pos = SourcePos(self.file, mark.line + 1, mark.column + 1)
        hint = 'a stack file begins with "services:"; take out a --- that nothing follows'
        self._complain(pos, "this document is empty", hint=hint, length=3)

    def _open(self, event: Any, pos: SourcePos, is_key: bool) -> _Open:
        if len(self.stack) >= MOST_DEPTH:
            self._complain(pos, f"values are nested more than {MOST_DEPTH} deep")
            raise _GiveUp
        if is_key:
            self._complain(pos, "a key must be a string, not a mapping or a list")
            raise _GiveUp
        value: Any = {} if isinstance(event, MappingStartEvent) else []
        tag = self._collection_tag(event, pos) if event.tag is not None else None
        opened = _Open(value, pos, tag, event.anchor)
        self.stack.append(opened)
        return opened

    def _close(self) -> Node:
        closed = self.stack.pop()
        value = closed.value
        if closed.merged is not None:
            value = {}
            for source in closed.merged:
                for key, node in source.value.items():
                    value.setdefault(key, node)
            value.update(closed.value)
        above = self.stack[-1] if self.stack else None
        node = Node(value, closed.pos, above.key_pos if above is not None else None, closed.tag)
        if closed.anchor is not None:
            self.anchors[closed.anchor] = node
        return node

    # ---- mappings ----

    def _take_key(self, value: Any, event: Any, pos: SourcePos) -> None:
        top = self.stack[-1]
        top.key_pos = pos
        if value.__class__ is not str:
            value = self._odd_key(value, event, pos)
        elif value == "<<" and isinstance(event, ScalarEvent) and (event.implicit[0] or event.tag == _MERGE_TAG):
            top.key = _MERGE
            if top.merged is not None:
                summary = "<< is already there in this mapping"
                self._complain(pos, summary, self._path(), hint="give one << a list: [*first, *second]", length=2)
            return
        top.key = value
        first = top.value.get(value)
        if first is not None:
            line = (first.key_pos or first.pos).line
            summary = f'the key "{value}" is already defined at line {line}'
            self._complain(pos, summary, self._path(), length=len(value))

    def _odd_key(self, value: Any, event: Any, pos: SourcePos) -> str:
        if isinstance(event, AliasEvent) and event.anchor not in self.anchors:
            return "?"  # that has been said
        if isinstance(value, dict | list):
            self._complain(pos, "a key must be a string, not a mapping or a list", self._path())
            return "?"
        written = event.value if isinstance(event, ScalarEvent) else str(value)
        shown = written or "null"
        self._complain(
            pos,
            f"a key must be a string, and {shown} is {_kind(value)}",
            self._path(),
            hint=f'put it in quotes: "{shown}"',
            length=len(shown) if written else 1,
        )
        return shown

    def _take_merged(self, top: _Open, node: Node) -> None:
        sources = node.value if isinstance(node.value, list) else [node]
        odd = next((source for source in sources if not isinstance(source.value, dict)), None)
        if odd is not None:
            summary = f"<< takes a mapping or a list of mappings, not {_kind(odd.value)}"
            self._complain(odd.pos, summary, self._path())
            sources = []
        sources = [source for source in sources if source.tag != RESET]
        top.merged = top.merged or []
        top.merged.extend(sources)
        top.key = None

    # ---- aliases and tags ----

    def _alias(self, name: str, pos: SourcePos) -> Node:
        above = self.stack[-1] if self.stack else None
        key_pos = above.key_pos if above is not None else None
        is_merged = any(open_.key is _MERGE for open_ in self.stack[-2:])
        nothing = Node({} if is_merged else None, pos, key_pos)  # so that nobody complains of it twice
        if any(open_.anchor == name for open_ in self.stack):
            self._complain(pos, f"the anchor &{name} contains itself", self._path(), length=len(name) + 1)
            return nothing
        node = self.anchors.get(name)
        if node is None:
            self.guesses += 1
            near = nearest(name, self.anchors) if self.guesses <= _MOST_GUESSES else None
            hint = f"did you mean *{near}?" if near else ""
            self._complain(pos, f"there is no anchor &{name} before this", self._path(), hint, length=len(name) + 1)
            return nothing
        size, height = self.sizes.of(node)
        self.expanded += size
        if self.expanded > MOST_EXPANDED:
            self._complain(pos, f"the aliases of this file stand for more than {MOST_EXPANDED:,} values")
            raise _GiveUp
        if len(self.stack) + height > MOST_DEPTH:
            self._complain(pos, f"with this alias values are nested more than {MOST_DEPTH} deep")
            raise _GiveUp
        # The value is shared; only the place of the key is this one's own.
        return node if node.key_pos is key_pos else Node(node.value, node.pos, key_pos, node.tag)

    def _tagged_scalar(self, event: Any, pos: SourcePos) -> tuple[Any, str | None]:
        tag, text = event.tag, event.value
        if tag in _KEPT_TAGS:  # what has one is taken as it is written, but for a plain null
            return (None if not event.style and text in ("~", "null") else text), tag
        if tag in _TEXT_TAGS:
            return text, None
        if tag == _UNTAGGED:
            return (text if event.style else resolve(text)), None
        kind = tag.removeprefix(_STANDARD)
        if kind == "binary":
            return self._decoded(text, pos), None
        wanted = _KINDS.get(kind)
        if wanted is None:
            self._unknown_tag(tag, pos)
            return text, None
        value = resolve(text)
        if wanted is float and type(value) is int:
            return float(value), None
        if type(value) is not wanted:
            self._complain(pos, f'"{text}" is not what its tag !!{kind} says', self._path())
        return value, None

    def _decoded(self, text: str, pos: SourcePos) -> str:
        try:
            return binascii.a2b_base64("".join(text.splitlines()), strict_mode=True).decode(errors="replace")
        except binascii.Error:
            self._complain(pos, f'"{text}" is not what its tag !!binary says', self._path())
            return text

    def _collection_tag(self, event: Any, pos: SourcePos) -> str | None:
        tag: str = event.tag
        if tag in _KEPT_TAGS:
            return tag
        if tag != _UNTAGGED and tag not in _COLLECTION_TAGS:
            self._unknown_tag(tag, pos)
        return None

    def _unknown_tag(self, tag: str, pos: SourcePos) -> None:
        """Tags are for programs that know them, and no concern of ours; a misspelt one of ours is."""
        if near := nearest(tag.lower(), _KEPT_TAGS):
            self._complain(pos, f"there is no tag {tag}", self._path(), f"did you mean {near}?", len(tag))
            return
        shown = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
        self._warn(pos, f"the tag {shown} means nothing here", len(shown))

    # ---- telling ----

    def _path(self) -> str:
        """The path of what is being read, as far as its keys are known."""
        steps = [open_.key if isinstance(open_.value, dict) else len(open_.value) for open_ in self.stack]
        return path_text(tuple(step for step in steps if step is not None))

    def _warn(self, pos: SourcePos, summary: str, length: int) -> None:
        path = self._path()
        self.report(Diagnostic(severity="warning", pos=pos, summary=summary, path=path, length=length))

    def _complain(self, pos: SourcePos, summary: str, path: str = "", hint: str = "", length: int = 1) -> None:
        self.report(Diagnostic(severity="error", pos=pos, summary=summary, path=path, hint=hint, length=length))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "a mapping"
