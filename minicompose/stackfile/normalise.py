"""What a canonical tree leaves unsaid, said: networks, names, dependencies, defaults of builds.

`completed` says what holds whoever reads the tree, `normalised` what one project on an engine makes of it.

Everything that is added stands at the place that implies it.
"""

from collections.abc import Iterator

from minicompose.model import Node, Origin, Variables
from minicompose.stackfile.paths import change_at
from minicompose.stackfile.scope import looked_up

_IMPLIED = Origin(implied=True)
_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
_NAMED = ("networks", "volumes", "configs", "secrets")


def completed(root: Node) -> Node:
    """`root` with a directory for every build, and the `scale` of a service in its `deploy`, too."""
    return change_at(with_contexts(root), ("services", "*"), _with_replicas)


def with_contexts(root: Node) -> Node:
    """`root` with a directory for every build."""
    return change_at(root, ("services", "*", "build"), _with_context)


def normalised(root: Node, project: str, variables: Variables | None) -> Node:
    """`root` with section by section everything explicit.

    `variables` give build arguments their values; None leaves those without one as they are.
    """
    services = {name: _service(node, variables) for name, node in _entries(root, "services")}
    sections = {name: _named(root, name, project) for name in _NAMED}
    attached = next(filter(None, (_default_attachment(node) for node in services.values())), None)
    if attached is not None and "default" not in sections["networks"]:
        name = Node(f"{project}_default", attached.pos, origin=_IMPLIED)
        sections["networks"]["default"] = Node({"name": name}, attached.pos, attached.key_pos, origin=_IMPLIED)
    sections["services"] = services
    written = {
        section: Node(entries, root.value[section].pos, root.value[section].key_pos)
        if section in root.value
        else Node(entries, root.pos, origin=_IMPLIED)
        for section, entries in sections.items()
        if entries or section in root.value
    }
    return root.holding(root.value | written)


def _entries(root: Node, section: str) -> Iterator[tuple[str, Node]]:
    node = root.value.get(section)
    return iter(node.value.items() if node is not None and isinstance(node.value, dict) else ())


def _default_attachment(service: Node) -> Node | None:
    networks = service.value.get("networks")
    return networks.value.get("default") if networks is not None else None


def _named(root: Node, section: str, project: str) -> dict[str, Node]:
    """A section of resources with the engine's name for each."""
    return {key: _with_name(key, node, project) for key, node in _entries(root, section)}


def _with_name(key: str, node: Node, project: str) -> Node:
    inside = node.value or {}
    if "name" in inside:
        return node
    external = "external" in inside and inside["external"].value
    return _with(node, name=Node(key if external else f"{project}_{key}", node.pos, node.key_pos, origin=_IMPLIED))


def _service(node: Node, variables: Variables | None) -> Node:
    inside = node.value
    if not isinstance(inside, dict):
        return node.holding({})
    added: dict[str, Node] = {}
    if not _said(inside, "networks") and "network_mode" not in inside and "provider" not in inside:
        added["networks"] = _default_network(node)
    if "build" in inside:
        added["build"] = _build(inside["build"], variables)
    if "pull_policy" in inside and inside["pull_policy"].value == "if_not_present":
        added["pull_policy"] = inside["pull_policy"].holding("missing")
    implied: dict[str, Node] = {}
    for other, dependency in _implied(inside):
        implied.setdefault(other, dependency)
    if implied:
        written = inside.get("depends_on", Node({}, next(iter(implied.values())).pos))
        added["depends_on"] = written.holding(written.value | implied | written.value)
    return _with(node, **added) if added else node


def _said(inside: dict[str, Node], name: str) -> bool:
    return name in inside and bool(inside[name].value)


def _default_network(service: Node) -> Node:
    attachment = Node(None, service.pos, service.key_pos, origin=_IMPLIED)
    return Node({"default": attachment}, service.pos, service.key_pos, origin=_IMPLIED)


def _with_replicas(service: Node) -> Node:
    inside = service.value
    if not isinstance(inside, dict) or "scale" not in inside or "deploy" not in inside:
        return service
    deploy = inside["deploy"]
    return service if "replicas" in deploy.value else _with(service, deploy=_with(deploy, replicas=inside["scale"]))


def _with_context(build: Node) -> Node:
    if not isinstance(build.value, dict) or "context" in build.value:
        return build
    return _with(build, context=Node(".", build.pos, build.key_pos, origin=_IMPLIED))


def _build(build: Node, variables: Variables | None) -> Node:
    """A Dockerfile; arguments without a value take it from outside or are left out."""
    inside = build.value
    added: dict[str, Node] = {}
    if "dockerfile" not in inside and "dockerfile_inline" not in inside:
        added["dockerfile"] = Node("Dockerfile", build.pos, build.key_pos, origin=_IMPLIED)
    args = inside.get("args")
    if variables is not None and args is not None and any(value.value is None for value in args.value.values()):
        added["args"] = args.holding(_filled(args.value, variables))
    return _with(build, **added) if added else build


def _filled(values: dict[str, Node], variables: Variables) -> dict[str, Node]:
    return {
        name: looked_up(node, name, variables) if node.value is None else node
        for name, node in values.items()
        if node.value is not None or name in variables.values
    }


def _implied(inside: dict[str, Node]) -> Iterator[tuple[str, Node]]:
    """Dependencies that other attributes imply, as (service, dependency)."""
    for link in _items(inside, "links"):
        yield link.value.partition(":")[0], _started(link, restart=True)
    for namespace in _NAMESPACES:
        node = inside.get(namespace)
        if node is not None and isinstance(node.value, str) and node.value.startswith("service:"):
            yield node.value.removeprefix("service:"), _started(node, restart=True)
    for source in _items(inside, "volumes_from"):
        if not source.value.startswith("container:"):
            yield source.value.partition(":")[0], _started(source, restart=False)


def _items(inside: dict[str, Node], name: str) -> list[Node]:
    node = inside.get(name)
    return node.value if node is not None and isinstance(node.value, list) else []


def _started(node: Node, *, restart: bool) -> Node:
    said = {"condition": "service_started", "required": True, "restart": restart}
    return Node(
        {name: Node(value, node.pos) for name, value in said.items()},
        node.pos,
        node.key_pos or node.pos,
        origin=_IMPLIED,
    )


def _with(node: Node, **entries: Node) -> Node:
    return node.holding((node.value or {}) | entries)
