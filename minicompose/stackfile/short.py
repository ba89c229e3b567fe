"""The short forms of the file language: from text to the mapping or list that it stands for.

Every function takes a value in any of its forms and returns it in its long form; a value that is
long already comes back itself. `BadValue` says what cannot be read and where it stands. The shapes
have been checked by the schema, so a value of another kind is passed through untouched.
"""

import itertools
import posixpath
from collections.abc import Callable, Hashable, Iterable
from typing import Protocol

from minicompose.errors import nearest
from minicompose.fields import Form, Many, Pairs, Record, Short, Table, Words
from minicompose.model import Node
from minicompose.regex import regex
from minicompose.stackfile.commandline import split_words
from minicompose.stackfile.units import parse_integer, print_scalar

Part = tuple[int, str]
"""A text inside of a longer one, after so many of its characters."""


class Note(Protocol):
    """Takes a remark about a value that is accepted all the same."""

    def __call__(self, node: Node, remark: str, part: Part | None = None, /) -> None: ...


_IPV4 = regex(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}")
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_MOST_DIGITS = 20  # of a port, leading zeros and all; Python does not read numbers of thousands of digits
_MOST_COLONS = 6  # that are looked at in a mount: three parts, each with a drive, have five
_DRIVE = regex(r"[A-Za-z]")
_PROBES = ("CMD", "CMD-SHELL", "NONE")
_OPTIONS_READ = {"ro": True, "rw": False}
_PROPAGATION = frozenset({"shared", "rshared", "slave", "rslave", "private", "rprivate"})
# Once read by file sharing on macOS; no engine acts on them any more.
_CONSISTENCY = frozenset({"cached", "delegated", "consistent"})


class BadValue(ValueError):
    """A value that cannot be read; `node` is the place to point at, `part` what is wrong in its text."""

    def __init__(self, message: str, node: Node, hint: str = "", part: Part | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.hint = hint
        self.part = part


def _silent(node: Node, remark: str, part: Part | None = None) -> None:
    """The `Note` of a caller that wants none."""


def long_form(node: Node, form: Form) -> Node:
    """`node` with its own level in the long form of `form`; what it contains stays as it is.

    Merging calls this before two values of one attribute meet. Raises `BadValue`.
    """
    match form:
        case Pairs():
            return mapping_of_pairs(node, form.bare, valued=form.valued)
        case Table(from_names=True):
            return mapping_of_names(node, form)
        case Many():
            return list_of(node, form, _silent)
        case Record(short=Short() as short) if short in RECORDS:
            return RECORDS[short](node, _silent)
        case Words():
            return words(node, _silent)
        case _:
            return node


def entry_key(form: Many, entry: Node) -> Hashable:
    """What makes `entry`, in its long form, the same entry of the list `form` as another one.

    Only for lists whose `key` says so.
    """
    inside = entry.value
    if form.key is None or not isinstance(inside, dict):
        if isinstance(inside, dict | list):
            return id(entry)
        text = print_scalar(inside)
        # What follows "=" is an option of the entry (`/run:size=1m`), but for hosts, which may have several addresses.
        return text if form.short is Short.EXTRA_HOSTS else text.partition("=")[0]
    if form.key != "target":
        names = (form.key,) if isinstance(form.key, str) else form.key
        return tuple(
            print_scalar(inside[name].value) if name in inside else _DEFAULT_IDENTITY.get(name) for name in names
        )
    if "target" in inside:
        return print_scalar(inside["target"].value)
    return f"/{inside['source'].value}" if "source" in inside else ""


_DEFAULT_IDENTITY = {"host_ip": "0.0.0.0", "protocol": "tcp"}


# ---- mappings and lists ----


def mapping_of_pairs(node: Node, bare: str | None, *, valued: bool = False) -> Node:
    """A list of `KEY=VALUE` as a mapping; `bare` is the value of a key that stands alone, unless all are `valued`."""
    if not isinstance(node.value, list):
        return node
    pairs: dict[str, Node] = {}
    for item in node.value:
        if isinstance(item.value, dict | list):
            continue  # which the schema has refused
        key, equals, value = print_scalar(item.value).partition("=")
        if bare is None and key.endswith((" ", "\t")):
            raise BadValue(f'the name "{key}" ends in a space: write {key.strip()} without one', item)
        if valued and not equals:
            raise BadValue(f'"{key}" has no value: write {key or "NAME"}=VALUE', item)
        pairs[key] = Node(value if equals else bare, item.pos, item.pos, origin=item.origin)
    return node.holding(pairs)


def mapping_of_names(node: Node, form: Table) -> Node:
    """A list of names as a mapping from each name to what stands for nothing more being said."""
    if not isinstance(node.value, list):
        return node
    names = {
        print_scalar(item.value): long_form(Node(None, item.pos, item.pos), form.item)
        for item in node.value
        if not isinstance(item.value, dict | list)  # which the schema has refused
    }
    return node.holding(names)


def list_of(node: Node, form: Many, note: Note) -> Node:
    """A value of the list `form` as a list; its entries stay as they are."""
    if form.short in LISTS:
        node = LISTS[form.short](node, note)
    if form.single and not isinstance(node.value, list | dict) and node.value is not None:
        return node.holding([_part(node, node.value)])
    return node


def words(node: Node, note: Note) -> Node:
    """A command line as a list of its words."""
    if not isinstance(node.value, str):
        return node
    try:
        command = split_words(node.value)
    except ValueError as error:
        raise BadValue(str(error), node) from None
    if command.ignored:
        says = f'"{command.ignored}" is left out, since no shell reads the command: for one, write sh -c "..."'
        note(node, says, (len(node.value) - len(command.ignored), command.ignored))
    return node.holding([_part(node, word) for word in command.words])


# ---- ports ----


def _ports(node: Node, _note: Note) -> Iterable[Node]:
    """`[HOST_IP:][PUBLISHED:]TARGET[/PROTOCOL]`, one entry for each port of a range."""
    if isinstance(node.value, dict | list | bool) or node.value is None:
        return (node,)
    if isinstance(node.value, float):
        raise BadValue(f"{node.value} is not a port: it must be a whole number", node)
    text = str(node.value)
    spec, _, protocol = text.partition("/")
    if protocol and protocol.lower() not in _PROTOCOLS:
        part = len(spec) + 1, protocol
        raise BadValue(f'"{protocol}" is not a protocol', node, hint="use tcp, udp or sctp", part=part)
    rest, colon, target = spec.rpartition(":")
    host, separator, published = rest.rpartition(":")
    if colon and target.lower() in _PROTOCOLS:
        raise BadValue(
            "the protocol follows a slash", node, f'did you mean "{rest}/{target}"?', (len(rest), f":{target}")
        )
    host_ip = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if host_ip and not is_address(host_ip):
        hint = f'did you mean "127.0.0.1:{published}:{target}"?' if host_ip == "localhost" else ""
        raise BadValue(f'"{host_ip}" is not an IP address', node, hint, (0, host))
    if not host_ip and is_address(published):
        hint = f'write "{published}::{target}" to let the engine pick one'
        raise BadValue("the published port is missing", node, hint, (0, published))
    targets = _range(target, 1, node, len(rest + colon))
    sources = _published(published, targets, node, len(host + separator))
    return (
        _mapping(
            node, target=int(target), published=source, host_ip=host_ip or None, protocol=protocol.lower() or "tcp"
        )
        for target, source in zip(targets, sources, strict=True)
    )


def _published(text: str, targets: range, node: Node, offset: int) -> Iterable[str | None]:
    """The published port of each target; one target may have a whole range to pick from."""
    if not text:
        return itertools.repeat(None, len(targets))
    published = _range(text, 0, node, offset)
    if len(published) == len(targets):
        return map(str, published)
    if len(targets) == 1:
        return [f"{published[0]}-{published[-1]}"]
    raise BadValue(f"{len(published)} published ports do not match {len(targets)} ports of the container", node)


def _range(text: str, lowest: int, node: Node, offset: int) -> range:
    """The ports from the first to the last of `text`, which stands in `node` after `offset` characters."""
    part = offset, text
    first, dash, last = text.partition("-")
    ends = (first, last if dash else first)
    if not all(end.isascii() and end.isdecimal() and len(end) <= _MOST_DIGITS for end in ends):
        hint = "write a number, or a range such as 8000-8010"
        if " - " in text:
            hint = f'is "- {text.rpartition(" - ")[2]}" meant to be an entry of its own? Look at its indentation'
        raise BadValue(f'"{text}" is not a port', node, hint, part)
    low, high = (int(end) for end in ends)
    if low > high:
        raise BadValue(f'the range "{text}" ends before it begins', node, f'did you mean "{last}-{first}"?', part)
    if low < lowest or high > 65535:
        raise BadValue(f'"{text}" is out of range: ports go from {lowest} to 65535', node, part=part)
    return range(low, high + 1)


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 or IPv6 address."""
    if _IPV4.fullmatch(text):
        return True
    if ":" not in text:
        return False
    import ipaddress  # costs 3 ms, and IPv6 is rare

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


# ---- volumes ----


def _mounts(node: Node, note: Note) -> tuple[Node, ...]:
    """`[SOURCE:]TARGET[:OPTIONS]`: a bind where SOURCE is a path, else a volume."""
    if not isinstance(node.value, str):
        return (node,)
    if not node.value:
        raise BadValue("a volume cannot be empty", node)
    parts = _split_paths(node.value)
    if "" in parts:
        raise BadValue(f'"{node.value}" has an empty part between its colons', node)
    if len(parts) > 3:
        start = len(":".join(parts[:3]))
        excess = node.value[start:]
        hint = "write SOURCE:TARGET:OPTIONS, or the long form"
        if set(excess[1:].split(":")) <= _OPTIONS_READ.keys() | _PROPAGATION | _CONSISTENCY | {"z", "Z", "nocopy"}:
            hint = f'separate options with commas: "{node.value[:start]}{excess.replace(":", ",")}"'
        raise BadValue(f'"{node.value}" has too many parts', node, hint, (start, excess))
    source, target = (parts[0], parts[1]) if len(parts) > 1 else (None, parts[0])
    options = parts[2] if len(parts) == 3 else ""
    offset = len(node.value) - len(options)
    entry: dict[str, object] = {"type": "bind" if is_path(source or "") else "volume", "source": source}
    bind: dict[str, object] = {"create_host_path": True} if entry["type"] == "bind" else {}
    volume: dict[str, object] = {}
    for option in options.split(","):
        part = offset, option
        offset += len(option) + 1
        if not option:
            continue
        if option in _OPTIONS_READ:
            entry["read_only"] = _OPTIONS_READ[option] or None
        elif option == "nocopy":
            volume["nocopy"] = True
        elif option in ("z", "Z"):
            bind["selinux"] = option
        elif option in _PROPAGATION:
            bind["propagation"] = option
        elif option not in _CONSISTENCY:
            note(node, f'"{option}" is not an option of a volume and does nothing', part)
    entry["target"] = clean_target(target)
    return (_mapping(node, **entry, bind=_inner(node, bind), volume=_inner(node, volume)),)


def _inner(node: Node, entries: dict[str, object]) -> dict[str, Node] | None:
    return {name: _part(node, value) for name, value in entries.items()} or None


def _split_paths(text: str) -> list[str]:
    """The parts between colons, except for the colon of a Windows drive; the last of too many is all the rest."""
    parts: list[str] = []
    rest = text.split(":", _MOST_COLONS)
    while rest:
        part = rest.pop(0)
        if rest and _is_drive(part, rest, bool(parts)):
            part = f"{part}:{rest.pop(0)}"
        parts.append(part)
    return parts


def _is_drive(part: str, rest: list[str], is_target: bool) -> bool:
    """`C:\\x`; or `C:/x` where it is a target or one follows, for `v:/x` alone is the volume v."""
    if not _DRIVE.fullmatch(part):
        return False
    if rest[0].startswith("\\") or (is_target and rest[0].startswith("/")):
        return True
    followed = len(rest) > 1 and (rest[1].startswith("/") or (len(rest) > 2 and _is_drive(rest[1], rest[2:], True)))
    return rest[0].startswith("/") and followed


def is_path(source: str) -> bool:
    """Whether the source of a mount is a path of the host, and not the name of a volume."""
    return source.startswith((".", "/", "~", "\\")) or is_windows_path(source)


def is_windows_path(text: str) -> bool:
    """Whether `text` begins with a drive letter or is a share."""
    return (len(text) > 2 and text[1] == ":" and text[0].isalpha() and text[2] in "\\/") or text.startswith("\\\\")


def clean_target(target: str) -> str:
    """A path in the container without doubled slashes and dots; Windows paths stay."""
    if not target or "\\" in target:
        return target
    if target[0] == "/" and target[-1] != "/" and "//" not in target and "/." not in target:
        return target  # nearly all are clean, and this is quicker than to clean them
    cleaned = posixpath.normpath(target)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


# ---- other entries ----


def _device(node: Node, _note: Note) -> Node:
    """`SOURCE[:TARGET[:PERMISSIONS]]`; the target is the source unless said otherwise."""
    if isinstance(node.value, str):
        parts = node.value.split(":")
        if len(parts) > 3 or "" in parts:
            raise BadValue(f'"{node.value}" is not a device: write SOURCE:TARGET:PERMISSIONS, or the long form', node)
        target = parts[1] if len(parts) > 1 else parts[0]
        return _mapping(node, source=parts[0], target=target, permissions=parts[2] if len(parts) == 3 else "rwm")
    if isinstance(node.value, dict) and "target" not in node.value and "source" in node.value:
        return _with(node, target=node.value["source"])
    return node


def _dependency(node: Node, _note: Note) -> Node:
    return _mapping(node, condition="service_started", required=True) if node.value is None else node


def _grant(node: Node, _note: Note) -> Node:
    return _mapping(node, source=node.value) if isinstance(node.value, str) else node


def _secret(node: Node, note: Note) -> Node:
    """A secret lies in /run/secrets unless said otherwise."""
    node = _grant(node, note)
    if not isinstance(node.value, dict) or "target" in node.value or "source" not in node.value:
        return node
    source = node.value["source"]
    return _with(node, target=_part(source, f"/run/secrets/{source.value}"))


def _build(node: Node, _note: Note) -> Node:
    return _mapping(node, context=node.value) if isinstance(node.value, str) else node


def _env_file(node: Node, _note: Note) -> Node:
    return _mapping(node, path=node.value) if isinstance(node.value, str) else node


def _ulimit(node: Node, _note: Note) -> Node:
    """A number is both limits, and stays a number."""
    if isinstance(node.value, float) and node.value.is_integer():
        return node.holding(int(node.value))
    if not isinstance(node.value, str | float):
        return node
    try:
        return node.holding(parse_integer(print_scalar(node.value)))
    except ValueError as error:
        raise BadValue(str(error), node) from None


def _device_request(node: Node, _note: Note) -> Node:
    """Devices that are neither counted nor named are all devices."""
    if not isinstance(node.value, dict):
        return node
    count = node.value.get("count")
    if count is None and "device_ids" not in node.value:
        return _with(node, count=_part(node, -1))
    if count is not None and count.value == "all":
        return _with(node, count=Node(-1, count.pos, count.key_pos))
    return node


def _external(node: Node, note: Note) -> Node:
    """`external: {name: X}` is how names were given before version 3.4 of the format."""
    if not isinstance(node.value, dict):
        return node
    external = node.value.get("external")
    name = node.value.get("name")
    if external is None or not isinstance(external.value, dict):
        return node
    note(external, "`external: {name: ...}` is deprecated: write `external: true` and `name` beside it")
    named = external.value.get("name")
    if named is not None and name is not None and named.value != name.value:
        raise BadValue(f'`name` is "{name.value}" and `external.name` is "{named.value}": keep the first', named)
    flag = Node(True, external.pos, external.key_pos)
    return _with(node, external=flag) if named is None else _with(node, external=flag, name=named)


# ---- whole lists ----


def _health_test(node: Node, _note: Note) -> Node:
    """A string is for the container's shell."""
    if isinstance(node.value, str):
        return node.holding([_part(node, "CMD-SHELL"), _part(node, node.value)])
    if isinstance(node.value, list) and node.value and node.value[0].value not in _PROBES:
        raise BadValue('a list must begin with "CMD", "CMD-SHELL" or "NONE"', node.value[0], _probe_hint(node.value))
    return node


def _probe_hint(words: list[Node]) -> str:
    first = str(words[0].value)
    near = nearest(first.upper(), _PROBES)
    if near and (first.upper() == near or len(first) > 3):
        return f'did you mean "{near}"?'
    return f'to run the words as they are, put "CMD" first: ["CMD", "{first}"{", ..." if len(words) > 1 else ""}]'


def _all_gpus(node: Node, _note: Note) -> Node:
    if not isinstance(node.value, str):
        return node
    if node.value != "all":
        raise BadValue('must be "all" or a list of device requests', node)
    return node.holding([_mapping(node, count=-1)])


def _extra_hosts(node: Node, _note: Note) -> Node:
    """`host=ip` entries, from a mapping or from `host:ip`, `host=ip1,ip2` and `host=[ip]`."""
    if isinstance(node.value, dict):
        entries = [
            _part(address, f"{host}={_bare_address(print_scalar(address.value))}")
            for host, addresses in node.value.items()
            for address in (addresses.value if isinstance(addresses.value, list) else [addresses])
        ]
        return node.holding(entries)
    if not isinstance(node.value, list):
        return node
    entries = [entry for item in node.value for entry in _extra_host(item)]
    return node if entries == node.value else node.holding(entries)


def _extra_host(item: Node) -> list[Node]:
    text = print_scalar(item.value)
    host, separator, addresses = text.partition("=")
    if not separator:
        host, separator, addresses = text.partition(":")
    if ":" in host:
        raise BadValue(f'"{host}" is not the name of a host', item)
    if not host or not addresses:
        raise BadValue(f'"{text}" has no address: write HOST=ADDRESS', item)
    return [_part(item, f"{host}={_bare_address(address)}") for address in addresses.split(",")]


def _bare_address(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


# ---- the tables ----

RECORDS: dict[Short | None, Callable[[Node, Note], Node]] = {
    Short.DEVICE: _device,
    Short.GRANT: _grant,
    Short.SECRET: _secret,
    Short.DEPENDENCY: _dependency,
    Short.BUILD: _build,
    Short.GPUS: _device_request,
    Short.ULIMIT: _ulimit,
    Short.ENV_FILE: _env_file,
    Short.EXTERNAL: _external,
}
"""The short forms of one mapping."""

ENTRIES: dict[Short | None, Callable[[Node, Note], Iterable[Node]]] = {Short.PORT: _ports, Short.MOUNT: _mounts}
"""The short forms of a list's entry, which may stand for several entries."""

LISTS: dict[Short | None, Callable[[Node, Note], Node]] = {
    Short.HEALTH_TEST: _health_test,
    Short.GPUS: _all_gpus,
    Short.EXTRA_HOSTS: _extra_hosts,
}
"""The short forms of a whole list."""


def _part(node: Node, value: object) -> Node:
    """A value that the text `node` holds, or stands for."""
    return Node(value, node.pos, origin=node.origin)


def _mapping(node: Node, **entries: object) -> Node:
    """A mapping in the place of the text `node`, each of its values standing there too."""
    inside = {name: _part(node, value) for name, value in entries.items() if value is not None}
    return node.holding(inside)


def _with(node: Node, **entries: Node) -> Node:
    return node.holding(node.value | entries)
