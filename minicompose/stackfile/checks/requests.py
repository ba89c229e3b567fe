"""Requests for devices: how many, or which, but not both."""

from collections.abc import Iterator

from minicompose.model import Node, Path
from minicompose.stackfile.checks.findings import Findings
from minicompose.stackfile.pathtext import node_at

_PLACES = (("gpus",), ("deploy", "resources", "reservations", "devices"))


def check_requests(root: Node, findings: Findings) -> None:
    for path, request in _requests(root):
        if all(key in request and request[key].value is not None for key in ("count", "device_ids")):
            findings.error(*path, "count", says="`count` and `device_ids` exclude each other", at_key=True)


def _requests(root: Node) -> Iterator[tuple[Path, dict[str, Node]]]:
    services = root.value.get("services")
    for name in (services.value or ()) if services is not None else ():
        for place in _PLACES:
            at = ("services", name, *place)
            listed = node_at(root, at).value  # a mapping where the list is not there
            for index, request in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(request.value, dict):
                    yield (*at, index), request.value
