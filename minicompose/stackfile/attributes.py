"""Where attributes belong: what to say about one that stands where the specification has none."""

from typing import Any

from minicompose.errors import nearest
from minicompose.model import Path

# The place of a mapping of fixed attributes, without indexes; "*" is a name of the user's choosing.
Place = tuple[str, ...]

_SERVICE: Place = ("services", "*")

# What people write for an attribute, as other tools call it, and what the specification calls it.
_OTHER_NAMES: dict[Place, dict[str, str]] = {
    _SERVICE: {
        "args": "build.args",
        "cmd": "command",
        "cpu": "cpus",
        "cpu_limit": "cpus",
        "env": "environment",
        "log_driver": "logging.driver",
        "log_opt": "logging.options",
        "mem": "mem_limit",
        "memory": "mem_limit",
        "name": "container_name",
        "net": "network_mode",
        "vars": "environment",
    },
    (*_SERVICE, "build"): {"buildargs": "args", "build_args": "args", "file": "dockerfile", "path": "context"},
    (*_SERVICE, "healthcheck"): {"cmd": "test", "command": "test"},
    (*_SERVICE, "ports"): {
        "container": "target",
        "container_port": "target",
        "host": "published",
        "host_port": "published",
    },
    (*_SERVICE, "volumes"): {"src": "source", "dst": "target", "destination": "target", "ro": "read_only"},
}

# How alike two names must be: to be taken for each other at once, and when nothing else explains one.
_VERY_NEAR, _NEAR = 0.8, 0.75


class Attributes:
    """Every attribute of the specification by its place, as the schema has them."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._definitions = schema["$defs"]
        self._at: dict[Place, list[str]] = {}
        self._pairs: set[Place] = set()
        self._collect(schema, ())

    def _collect(self, schema: Any, place: Place) -> None:
        if not isinstance(schema, dict):
            return
        if schema.get("$ref") in (
            "#/$defs/pairs",
            "#/$defs/pairs_with_values",
            "#/$defs/variables",
            "#/$defs/extra_hosts",
        ):
            self._pairs.add(place)
        if "$ref" in schema:
            self._collect(self._definitions[schema["$ref"].rpartition("/")[2]], place)
        for branch in schema.get("anyOf", ()):
            self._collect(branch, place)
        self._collect(schema.get("items"), place)
        self._collect(schema.get("additionalProperties"), (*place, "*"))
        for name, below in schema.get("properties", {}).items():
            self._at.setdefault(place, []).append(name)
            self._collect(below, (*place, name))

    def has(self, path: Path, name: str) -> bool:
        """Whether `name` is an attribute of the mapping at `path`."""
        return name in self._at.get(self._place(path), ())

    def takes_pairs(self, path: Path) -> bool:
        """Whether the list with the entry at `path` is one of NAME=VALUE."""
        names = _names(path)
        return any(len(place) == len(names) and _fits(place, names) for place in self._pairs)

    def hint(self, path: Path, name: str) -> str:
        """What was probably meant by the unknown attribute `name` of the mapping at `path`."""
        place = self._place(path)
        known = self._at.get(place, [])
        meant = _OTHER_NAMES.get(place, {}).get(name)
        if meant is None and name.lower() in known:
            meant = name.lower()
        if meant is not None:
            return f'did you mean "{meant}"?'
        near = nearest(name, known)
        likeness = alike(name, near) if near else 0
        if likeness >= _VERY_NEAR:
            return f'did you mean "{near}"?'
        return (
            self.missing_service((*path, name))
            or self._section_hint(path)
            or self._below_hint(place, name, levels=1)
            or self._above_hint(path, place, name)
            or self._below_hint(place, name)
            or (f'did you mean "{near}"?' if likeness >= _NEAR else "")
        )

    def missing_service(self, path: Path) -> str:
        """For `services: {image: nginx}`, and attributes below that: the service's name is missing."""
        if len(path) < 2 or path[0] != "services" or path[1] not in self._at[_SERVICE]:
            return ""
        attribute = str(path[1])
        if len(path) == 3 and path[2] not in self._at.get((*_SERVICE, attribute), ()):
            return ""
        return f'"{attribute}" is an attribute of a service: is the service\'s name missing above it?'

    def lone_service(self, path: Path, value: Any) -> str:
        """For a service that stands at the top of the file."""
        if path or not isinstance(value, dict) or not value.keys() & set(self._at[_SERVICE]):
            return ""
        return 'a service stands below "services:", indented'

    def _section_hint(self, path: Path) -> str:
        """For `volumes:` that was indented into `services:`."""
        if len(path) == 2 and path[0] == "services" and path[1] in self._at[()]:
            return f'"{path[1]}" is a section of the file: indent it less'
        return ""

    def _below_hint(self, place: Place, name: str, levels: int = 9) -> str:
        """For an attribute that belongs up to so many levels further in."""
        if place == () and name in self._at[_SERVICE]:
            return 'it belongs to a service, below "services" and the service\'s name'
        within = [other for other in self._at if other[: len(place)] == place and len(other) <= len(place) + levels]
        deeper = [other for other in within if name in self._at[other]]
        nearer = [other for other in deeper if len(other) == min(map(len, deeper))]
        places = [".".join(other[len(place) :]) for other in nearer if "*" not in other[len(place) :]]
        if not 1 <= len(places) <= 2:
            return ""
        return "it belongs in " + " or ".join(f'"{each}"' for each in places)

    def _above_hint(self, path: Path, place: Place, name: str) -> str:
        """For an attribute that belongs one or more levels further out."""
        names = _names(path)
        for length in range(len(place) - 1, -1, -1):
            if name in self._at.get(place[:length], ()):
                if length == 0:
                    return f'"{name}" is a section of the file: indent it less'
                return f'it belongs to "{names[length - 1]}": indent it less'
        return ""

    def _place(self, path: Path) -> Place:
        """The place in the specification that `path` leads to."""
        names = _names(path)
        fitting = [place for place in self._at if len(place) == len(names) and _fits(place, names)]
        return min(fitting, key=lambda place: place.count("*"), default=names)


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def _fits(place: Place, names: tuple[str, ...]) -> bool:
    return all(one in ("*", other) for one, other in zip(place, names, strict=True))


def alike(one: str, other: str) -> float:
    """How much two words have in common, from 0 to 1."""
    import difflib  # loaded by `nearest` already, which found `other`

    return difflib.SequenceMatcher(None, one, other).ratio()
