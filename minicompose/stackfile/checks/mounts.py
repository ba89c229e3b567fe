"""What is mounted goes to absolute places in the container, one thing to each."""

from collections.abc import Iterator

from minicompose.model import Mount, Service, Stack
from minicompose.stackfile.checks.findings import Findings
from minicompose.stackfile.short import clean_target, is_windows_path

_AT = tuple[str | int, ...]


def check_mounts(stack: Stack, findings: Findings) -> None:
    """Relative targets, targets that are used twice, and mounts without a source."""
    for name, service in stack.services.items():
        taken: dict[str, _AT] = {}
        for path, target in _targets(service):
            at = ("services", name, *path)
            if not target.startswith("/") and not is_windows_path(target):
                hint = f"did you mean /{target}?" if path[0] == "tmpfs" and target else _swapped(target)
                findings.error(*at, says=f'the target "{target}" must be an absolute path', hint=hint)
            elif target in taken:
                says = f"something else is mounted on {target} already, at {findings.place(*taken[target])}"
                findings.error(*at, says=says)
            taken.setdefault(target, at)
        for index, mount in enumerate(service.volumes or ()):
            _check_source(mount, ("services", name, "volumes", index), findings)


def _targets(service: Service) -> Iterator[tuple[_AT, str]]:
    for index, text in enumerate(service.tmpfs or ()):
        yield ("tmpfs", index), clean_target(text.partition(":")[0])
    for index, mount in enumerate(service.volumes or ()):
        yield ("volumes", index, "target"), mount.target


def _swapped(target: str) -> str:
    """`/b:ro` is a source and a target to the short form, `data` a target, though neither was meant so."""
    options = target.split(",")
    if {"ro", "rw", "z", "Z", "nocopy"} & set(options):
        return "give the source too: SOURCE:TARGET:OPTIONS"
    return f"say where it is mounted: {target}:/PATH" if target else ""


def _check_source(mount: Mount, at: _AT, findings: Findings) -> None:
    if mount.type in ("bind", "image", "cluster", "npipe") and not mount.source:
        findings.error(*at, says=f"a mount of type {mount.type} needs a `source`")
    if mount.type == "tmpfs" and mount.source:
        findings.error(*at, "source", says="a mount of type tmpfs has no `source`", at_key=True)
