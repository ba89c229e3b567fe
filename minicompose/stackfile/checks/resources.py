"""Volumes, networks, configs and secrets: what external ones may say, and where contents come from."""

from minicompose.model import Config, Network, Stack, Volume
from minicompose.stackfile.checks.findings import Findings

_Resource = Network | Volume | Config


def check_resources(stack: Stack, findings: Findings) -> None:
    """Attributes of external resources, and configs and secrets without contents or with several."""
    for section, resources in (("volumes", stack.volumes), ("networks", stack.networks)):
        for name, resource in resources.items():
            if resource.external:
                _check_external((section, name), resource, findings)
    for name, config in stack.configs.items():
        _check_contents(("configs", name), config, ("file", "environment", "content"), findings)
    for name, secret in stack.secrets.items():
        _check_contents(("secrets", name), secret, ("file", "environment"), findings)
    if findings.has("version"):
        findings.warning("version", says="`version` means nothing any more: remove it", at_key=True)


def _check_external(at: tuple[str, str], resource: _Resource, findings: Findings) -> None:
    said = [
        field
        for field in resource.__struct_fields__
        if field not in ("name", "external", "extensions") and getattr(resource, field) is not None
    ]
    for field in said:
        findings.error(*at, field, says=f"an external one is not created here, so `{field}` has no effect", at_key=True)


def _check_contents(at: tuple[str, str], config: Config, sources: tuple[str, ...], findings: Findings) -> None:
    if config.external:
        return
    said = [source for source in sources if getattr(config, source) is not None]
    if not said:
        findings.error(*at, says=f"one of {_listed(sources)} must say what it holds", at_key=True)
    for source in said:
        if source != "content" and not getattr(config, source):
            findings.error(*at, source, says=f"`{source}` is empty", at_key=True)
    for other in said[1:]:
        findings.error(*at, other, says=f"`{said[0]}` and `{other}` exclude each other", at_key=True)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
