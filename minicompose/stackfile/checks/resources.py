"""Volumes, networks, configs and secrets: what external ones may say, and where contents come from.

All of it shows in which attributes are there, and so also where their expressions are not replaced.
"""

from collections.abc import Iterator

from minicompose.model import Node
from minicompose.stackfile.checks.findings import Findings
from minicompose.stackfile.expressions import is_hidden


def check_resources(root: Node, findings: Findings) -> None:
    """Attributes of external resources, and configs and secrets without contents or with several."""
    for section in ("volumes", "networks"):
        for name, resource in _entries(root, section):
            if _is_external(resource):
                _check_external((section, name), resource, findings)
    for name, config in _entries(root, "configs"):
        _check_contents(("configs", name), config, ("file", "environment", "content"), findings)
    for name, secret in _entries(root, "secrets"):
        _check_contents(("secrets", name), secret, ("file", "environment"), findings)


def _entries(root: Node, section: str) -> Iterator[tuple[str, dict[str, Node]]]:
    """The names in a section, each with the attributes that say something."""
    node = root.value.get(section)
    for name, entry in node.value.items() if node is not None and node.value else ():
        yield name, {key: item for key, item in (entry.value or {}).items() if item.value is not None}


def _is_external(resource: dict[str, Node]) -> bool:
    return "external" in resource and resource["external"].value in (True, "true")


def _check_external(at: tuple[str, str], resource: dict[str, Node], findings: Findings) -> None:
    for field in resource.keys() - {"name", "external"}:
        if not field.startswith("x-"):
            says = f"an external one is not created here, so `{field}` has no effect"
            findings.error(*at, field, says=says, at_key=True)


def _check_contents(at: tuple[str, str], config: dict[str, Node], sources: tuple[str, ...], findings: Findings) -> None:
    if _is_external(config) or ("external" in config and is_hidden(config["external"].value)):
        return
    said = [source for source in sources if source in config]
    if not said:
        findings.error(*at, says=f"one of {_listed(sources)} must say what it holds", at_key=True)
    for source in said:
        if source != "content" and not config[source].value:
            findings.error(*at, source, says=f"`{source}` is empty", at_key=True)
    for other in said[1:]:
        findings.error(*at, other, says=f"`{said[0]}` and `{other}` exclude each other", at_key=True)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
