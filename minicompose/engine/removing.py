"""Removing a container, with the volumes that nobody else has."""

import contextlib

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.inspected import ANONYMOUS, mounted_volumes
from minicompose.errors import Conflict, EngineError, NotFound


def remove_container(api: Api, container: str, *, volumes: bool, force: bool) -> None:
    """The engine would keep volumes that it took over from its predecessor, and those made for its files."""
    told = api.get(f"/containers/{container}/json")
    of_files = (told["Config"]["Labels"] or {}).get(labels.FILES, "").split(":")
    away = [
        volume
        for target, volume in mounted_volumes(told).items()
        if ANONYMOUS.fullmatch(volume) and (volumes or target in of_files)
    ]
    remove(api, container, volumes=volumes, force=force)
    for volume in away:
        try:
            api.delete(f"/volumes/{volume}")
        except (NotFound, Conflict):
            continue  # gone already, or the successor has it


def remove(api: Api, container: str, *, volumes: bool, force: bool) -> None:
    """One that the engine is removing already is waited for."""
    query = {name: "1" for name, said in (("v", volumes), ("force", force)) if said}
    try:
        api.delete(f"/containers/{container}", query)
    except EngineError as error:
        if "already in progress" not in error.message:
            raise
        with contextlib.suppress(NotFound):
            api.call("POST", f"/containers/{container}/wait", {"condition": "removed"})
