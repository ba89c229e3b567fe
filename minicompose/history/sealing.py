"""A stack without its secrets, and the secrets put back.

Each secret is replaced by its digest, wherever it stands: values with secret names, passwords in URLs and
commands, what was made from a variable with a secret name, and in the contents of configs whatever follows
a secret name. What takes the digests out of one stack can be put back into another.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from minicompose import fields
from minicompose.history.revision import plain, typed
from minicompose.model import Node, Origin, Path, SourcePos, Stack, Variables
from minicompose.planning.masking import digest, sealed_pairs, sealed_text, sealed_words
from minicompose.planning.provenance import child, without_brought
from minicompose.regex import regex
from minicompose.secretnames import names_a_secret

_WORD = regex(r"[A-Za-z0-9_][\w.-]*")
_AFTER_NAME = regex(r"""["']?[ \t]*[:=]?[ \t]*""")
# After a secret name: the value stands on other lines than the name.
_ELSEWHERE = regex(r"""["']?[ \t]*[:=][ \t]*([|>][-+0-9]*|[\[{(])?[ \t]*$""")
_PEM = "-----BEGIN "
_DIGEST = regex(r"(sha256:[0-9a-f]{64})")


class Secrets:
    """The secrets that were met, by their digests. It is called with one, and gives its digest."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __call__(self, value: object) -> str:
        found = digest(value)
        self.values[found] = str(value)
        return found


def sealed(stack: Stack) -> tuple[Stack, dict[str, str]]:
    """The stack with digests for its secrets, and what each of the digests stands for."""
    secrets = Secrets()
    data = _Sealing(secrets).record(_data(stack), fields.STACK_FILE, stack.root, None)
    return _stack(data), secrets.values


def contents(stack: Stack) -> dict[str, str]:
    """The digests of what the configs and secrets hold, as far as that was read: `configs.site`."""
    return {
        f"{section}.{key}": config.sealed.digest
        for section, declared in (("configs", stack.configs), ("secrets", stack.secrets))
        for key, config in declared.items()
        if config.sealed is not None
    }


def unsealed(stack: Stack, digests: Iterable[str], values: Mapping[str, str]) -> tuple[Stack, tuple[Path, ...]]:
    """The stack with `values` in place of its `digests`, and the places of those that no value is known for.

    What were secrets there are secrets again: the stack's tree has the places that they are at.
    """
    missing: list[Path] = []
    origins: dict[Path, Origin] = {}
    wanted = frozenset(digests)

    def opened(text: str, path: Path) -> str:
        parts = _DIGEST.split(text)
        if any(part in wanted and part not in values for part in parts):
            missing.append(path)
        if secrets := [values[part] for part in parts if part in wanted and part in values]:
            origins[path] = _origin_of(secrets)
        return "".join(values.get(part, part) if part in wanted else part for part in parts)

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return opened(value, path) if "sha256:" in value else value
        if isinstance(value, dict):
            return {name: walk(inside, (*path, name)) for name, inside in value.items()}
        if isinstance(value, tuple | list):
            return [walk(inside, (*path, index)) for index, inside in enumerate(value)]
        return value

    opened_stack = _stack(walk(_data(stack), ()))
    return msgspec.structs.replace(opened_stack, root=_tree(origins) if origins else None), tuple(missing)


def _origin_of(secrets: Sequence[str]) -> Origin:
    """As if each of the secrets had come from a variable of its own."""
    variables = {f"SECRET_{number}": secret for number, secret in enumerate(secrets)}
    return Origin(expression="".join(f"${{{name}}}" for name in variables), variables=Variables(variables))


def _tree(origins: Mapping[Path, Origin]) -> Node:
    """A tree that has these origins, and nothing else: no file is behind it, so its nodes have no place."""
    nowhere = cast(SourcePos, None)
    root = Node({}, nowhere)
    for path, origin in origins.items():
        node = root
        for step in path[:-1]:
            node = node.value.setdefault(step, Node({}, nowhere))
        node.value[path[-1]] = Node(None, nowhere, origin=origin)
    return root


def value_at(stack: Stack, path: Path) -> Any:
    """What the stack has at a place that `unsealed` gave; None where it has nothing."""
    value: Any = _data(stack)
    for step in path:
        if isinstance(value, tuple | list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _data(stack: Stack) -> dict[str, Any]:
    """The stack as plain data, without what is never kept."""
    bare = {
        section: {key: msgspec.structs.replace(each, sealed=None) for key, each in getattr(stack, section).items()}
        for section in ("configs", "secrets")
    }
    kept = msgspec.structs.replace(stack, root=None, disabled={}, **bare)
    return cast(dict[str, Any], msgspec.to_builtins(kept, enc_hook=plain))


def _stack(data: dict[str, Any]) -> Stack:
    return msgspec.convert(data, Stack, dec_hook=typed)


class _Sealing:
    """The walk through a stack's data. Beside it goes its tree, which tells what a value was made from."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets

    def value(self, value: Any, form: fields.Form | None, node: Node | None, origin: Origin | None) -> Any:
        origin = node.origin if node is not None and node.origin is not None else origin
        if isinstance(value, str):
            return self.by_origin(sealed_text(value, self.secrets), origin)
        if isinstance(value, dict):
            return self.mapping(value, form, node, origin)
        if isinstance(value, tuple | list):
            return self.list(value, form, node, origin)
        return value

    def mapping(
        self, value: dict[str, Any], form: fields.Form | None, node: Node | None, origin: Origin | None
    ) -> dict[str, Any]:
        match form:
            case fields.Record():
                return self.record(value, form, node, origin)
            case fields.Table() if not isinstance(form.item, fields.Scalar):
                return {
                    name: self.value(inside, form.item, child(node, name), origin) for name, inside in value.items()
                }
            case _:
                return {name: self.pair(name, inside, child(node, name), origin) for name, inside in value.items()}

    def record(
        self, value: dict[str, Any], form: fields.Record, node: Node | None, origin: Origin | None
    ) -> dict[str, Any]:
        forms = {field.name: field.form for field in form.fields}
        found = {}
        for name, inside in value.items():
            below = child(node, name)
            if form in (fields.CONFIG, fields.SECRET) and name == "content" and isinstance(inside, str):
                found[name] = self.content(inside, below.origin if below is not None else origin)
            else:
                found[name] = self.value(inside, forms.get(name), below, origin)
        return found

    def list(
        self, value: Sequence[Any], form: fields.Form | None, node: Node | None, origin: Origin | None
    ) -> list[Any]:
        nodes = [child(node, index) for index in range(len(value))]
        if isinstance(form, fields.Words) or all(isinstance(item, str) for item in value):
            words = sealed_words(value, self.secrets)
            return [
                self.by_origin(word, (below.origin if below is not None else None) or origin)
                for word, below in zip(words, nodes, strict=True)
            ]
        item = form.item if isinstance(form, fields.Many) else None
        return [self.value(inside, item, below, origin) for inside, below in zip(value, nodes, strict=True)]

    def pair(self, name: str, value: Any, node: Node | None, origin: Origin | None) -> Any:
        """One of several names of the user's choosing, with its value."""
        if isinstance(value, dict | list | tuple):
            return self.value(value, None, node, origin)
        kept = sealed_pairs({name: value}, self.secrets)[name]
        here = node.origin if node is not None and node.origin is not None else origin
        return self.by_origin(kept, here) if isinstance(kept, str) else kept

    def by_origin(self, text: str, origin: Origin | None) -> str:
        return without_brought(text, origin, self.secrets)

    def content(self, text: str, origin: Origin | None) -> str:
        """The text of a config: what follows a secret name on its line is sealed, or else all of it."""
        lines = text.splitlines(keepends=True)
        if _PEM in text or any(
            _ELSEWHERE.match(line.rstrip("\r\n"), end) for line in lines if (end := _name_end(line))
        ):
            return self.secrets(text)
        return self.by_origin("".join(map(self.content_line, lines)), origin)

    def content_line(self, line: str) -> str:
        body = line.rstrip("\r\n")
        if not (end := _name_end(body)):
            return sealed_text(line, self.secrets)
        after = _AFTER_NAME.match(body, end)
        start = after.end() if after is not None else end
        secret = body[start:]
        before = sealed_text(body[:start], self.secrets)
        return before + (self.secrets(secret) if secret else "") + line[len(body) :]


def _name_end(line: str) -> int:
    """Where the first secret name of a line of text ends; 0 when it has none."""
    return next((word.end() for word in _WORD.finditer(line) if names_a_secret(word[0])), 0)
