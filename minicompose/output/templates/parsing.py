"""From a template's text to its parts. What is wrong with it is a UsageError with the place."""

import ast
import re
from collections.abc import Iterator

from minicompose.errors import UsageError, nearest
from minicompose.output.templates.functions import FUNCTIONS
from minicompose.output.templates.syntax import (
    Assign,
    Command,
    Dot,
    Fields,
    Function,
    If,
    Literal,
    Node,
    Operand,
    Pipeline,
    Range,
    Show,
    Text,
    Variable,
    With,
)
from minicompose.regex import regex

_ACTION = regex(
    r"""\{\{(?P<left>-(?=\s))?      # what stands before loses its blanks
        (?P<inside>(?:"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*'|/\*.*?\*/|(?!\}\})[^"`'])*?)
        (?P<right>(?<=\s)-)?\}\}""",
    re.VERBOSE | re.DOTALL,
)
_WORD = regex(
    r"""\s*(?:
        (?P<string>"(?:\\.|[^"\\])*")
      | (?P<raw>`[^`]*`)
      | (?P<number>[-+]?\d+(?:\.\d+)?)
      | (?P<variable>\$\w*)
      | (?P<fields>(?:\.[^\W\d]\w*)+)
      | (?P<dot>\.)
      | (?P<name>[^\W\d]\w*)
      | (?P<mark>:=|[=|(),])
    )""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "nil": None}
_NOT_HERE = ("define", "template", "block", "break", "continue")

_Words = list[tuple[str, str]]


def parse(template: str) -> tuple[Node, ...]:
    """The template's nodes. Raises UsageError."""
    nodes, word = _Parser(template).block()
    if word:
        raise wrong(template, f"{{{{{word}}}}} has no beginning")
    return nodes


def wrong(template: str, what: str, hint: str = "") -> UsageError:
    return UsageError(f"--format: {what}", hint or f"in `{template}`")


class _Parser:
    def __init__(self, template: str) -> None:
        self.template = template
        self._pieces = self._cut(template)

    def block(self, *, nested: bool = False) -> tuple[tuple[Node, ...], str]:
        """Nodes up to the end or an `else`, and the words of the latter."""
        nodes: list[Node] = []
        for piece in self._pieces:
            if isinstance(piece, Text):
                nodes.append(piece)
                continue
            if not piece.strip() or piece.strip().startswith("/*"):
                continue
            first, _, rest = piece.strip().partition(" ")
            if first in ("end", "else"):
                return tuple(nodes), piece.strip()
            nodes.append(self._action(first, rest, piece))
        if nested:
            raise wrong(self.template, "an {{end}} is missing")
        return tuple(nodes), ""

    def _cut(self, template: str) -> Iterator[Text | str]:
        """Texts, and what stands between braces."""
        at, trims = 0, False
        for found in _ACTION.finditer(template):
            text = template[at : found.start()]
            text = text.lstrip() if trims else text
            text = text.rstrip() if found["left"] else text
            if "{{" in text:
                break
            if text:
                yield Text(text)
            yield found["inside"]
            at, trims = found.end(), bool(found["right"])
        text = template[at:]
        if "{{" in text:
            raise wrong(template, "a {{ is not closed by }}")
        if text := text.lstrip() if trims else text:
            yield Text(text)

    def _action(self, first: str, rest: str, piece: str) -> Node:
        match first:
            case "if":
                condition = self._pipeline(rest)
                then, otherwise = self._branches()
                return If(condition, then, otherwise)
            case "with":
                what = self._pipeline(rest)
                then, otherwise = self._branches()
                return With(what, then, otherwise)
            case "range":
                names, over = self._named(rest)
                body, otherwise = self._branches()
                return Range(names, over, body, otherwise)
            case word if word in _NOT_HERE:
                raise wrong(self.template, f"minicompose does not know {{{{{word}}}}}")
            case _:
                names, what = self._named(piece)
                return Assign(names[0], what) if names else Show(what)

    def _branches(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        then, word = self.block(nested=True)
        if word == "end":
            return then, ()
        first, _, rest = word.removeprefix("else").strip().partition(" ")
        if first:  # `else if` ends with the `end` of the whole
            return then, (self._action(first, rest, word),)
        otherwise, word = self.block(nested=True)
        if word != "end":
            raise wrong(self.template, "there are two {{else}}")
        return then, otherwise

    def _named(self, text: str) -> tuple[tuple[str, ...], Pipeline]:
        """`$a, $b := what`."""
        words = self._words(text)
        at = next((place for place, (_, word) in enumerate(words) if word in (":=", "=")), None)
        if at is None:
            return (), self._whole(words)
        names = tuple(word.removeprefix("$") for kind, word in words[:at] if kind == "variable")
        if not names or len(names) > 2:
            raise wrong(self.template, f"{{{{{text.strip()}}}}} gives a value to nothing")
        return names, self._whole(words[at + 1 :])

    def _pipeline(self, text: str) -> Pipeline:
        return self._whole(self._words(text))

    def _words(self, text: str) -> _Words:
        words: _Words = []
        at = 0
        while text[at:].strip():
            found = _WORD.match(text, at)
            if found is None:
                raise wrong(self.template, f'"{text[at:].strip()}" is not understood')
            kind = str(found.lastgroup)
            # `.a.b` right behind a word or a bracket is a field of that.
            joins = kind == "fields" and at > 0 and not text[at].isspace() and words[-1][1] not in ("(", "|", ",")
            words.append(("of" if joins else kind, found[kind]))
            at = found.end()
        return words

    def _whole(self, words: _Words) -> Pipeline:
        pipeline = self._read(words)
        if words:
            raise wrong(self.template, f'"{words[0][1]}" is not understood here')
        return pipeline

    def _read(self, words: _Words) -> Pipeline:
        """A pipeline up to the end or a closing bracket; its words are taken away."""
        commands: list[Command] = []
        operands: list[Operand] = []
        while words and words[0] != ("mark", ")"):
            if words[0] == ("mark", "|"):
                commands.append(self._command(operands))
                operands = []
                del words[0]
                continue
            operands.append(self._operand(words))
        return Pipeline((*commands, self._command(operands)))

    def _command(self, operands: list[Operand]) -> Command:
        if not operands:
            raise wrong(self.template, "a value is missing")
        return Command(tuple(operands))

    def _operand(self, words: _Words) -> Operand:
        kind, word = words.pop(0)
        operand = self._simple(kind, word, words)
        while words and words[0][0] == "of":
            operand = Fields(operand, tuple(words.pop(0)[1][1:].split(".")))
        return operand

    def _text(self, word: str) -> str:
        """What a text in quotes says; a line break in it may be there as itself."""
        try:
            return str(ast.literal_eval(word.replace("\n", "\\n")))
        except SyntaxError:
            raise wrong(self.template, f"{word} is not understood") from None

    def _simple(self, kind: str, word: str, words: _Words) -> Operand:
        match kind:
            case "string":
                return Literal(self._text(word))
            case "raw":
                return Literal(word[1:-1])
            case "number":
                return Literal(float(word) if "." in word else int(word))
            case "variable":
                return Variable(word[1:])
            case "fields":
                return Fields(Dot(), tuple(word[1:].split(".")))
            case "dot":
                return Dot()
            case "name" if word in _CONSTANTS:
                return Literal(_CONSTANTS[word])
            case "name":
                return self._function(word)
        if word != "(":
            raise wrong(self.template, f'"{word}" is not understood here')
        inner = self._read(words)
        if not words:
            raise wrong(self.template, "a ( is not closed")
        del words[0]
        return inner

    def _function(self, name: str) -> Function:
        if name not in FUNCTIONS:
            near = nearest(name, FUNCTIONS)
            hint = f"did you mean {near}?" if near else f"there are: {', '.join(sorted(FUNCTIONS))}"
            raise wrong(self.template, f"there is no function {name}", hint)
        return Function(name)
