"""Volumes, binds, tmpfs and bound files of a container, as the engine's HostConfig has them.

The engine has two ways to say what is mounted. A bind string (`source:target:options`) makes a missing
directory on the host and knows SELinux labels; a mount object refuses a missing source and knows everything
else. Each entry goes the way that can say it.
"""

from collections.abc import Mapping
from typing import Any

from minicompose.model import Mount, Service
from minicompose.planning.plan import ContainerSpec

Body = dict[str, Any]

_RECURSIVE = {
    "disabled": {"NonRecursive": True},
    "writable": {"ReadOnlyNonRecursive": True},
    "readonly": {"ReadOnlyForceRecursive": True},
}


def mounts(spec: ContainerSpec, kept: Mapping[str, str]) -> Body:
    """Every mount; `kept` maps targets to the anonymous volumes that are taken over for them."""
    binds: list[str] = []
    objects: list[Body] = []
    for mount in spec.service.volumes or ():
        line = _bind_line(mount, kept)
        if line is not None:
            binds.append(line)
        else:
            objects.append(_mount_object(mount))
    declared = {mount.target for mount in spec.service.volumes or ()}
    binds += [f"{volume}:{target}:rw" for target, volume in sorted(kept.items()) if target not in declared]
    objects += [{"Type": "volume", "Target": directory, "ReadOnly": False} for directory in spec.file_volumes]
    objects += [{"Type": "bind", "Source": file.source, "Target": file.target, "ReadOnly": True} for file in spec.bound]
    host = {key: value for key, value in (("Binds", binds), ("Mounts", objects)) if value}
    return {"HostConfig": host} if host else {}


def goes_as_string(mount: Mount) -> bool:
    """Whether a bind string can say all of it."""
    return _bind_line(mount, {}) is not None


def tmpfs(service: Service) -> Body:
    """`/run:size=64m,mode=755` is a path and its options."""
    if service.tmpfs is None:
        return {}
    entries = (entry.partition(":") for entry in service.tmpfs)
    return {"HostConfig": {"Tmpfs": {path: options for path, _, options in entries}}}


def volumes_from(service: Service) -> Body:
    """Container names, with `:ro` where that is said."""
    if service.volumes_from is None:
        return {}
    return {"HostConfig": {"VolumesFrom": list(service.volumes_from)}}


def _bind_line(mount: Mount, kept: Mapping[str, str]) -> str | None:
    """The bind string for it, or None where that cannot say it."""
    source = mount.source or kept.get(mount.target)
    if not source or ":" in source or ":" in mount.target:
        return None
    options = ["ro" if mount.read_only else "rw"]
    if mount.consistency:
        options.append(mount.consistency)
    match mount.type:
        case "bind":
            bind = mount.bind
            if bind is not None and (bind.create_host_path is False or bind.recursive in _RECURSIVE):
                return None
        case "volume":
            volume = mount.volume
            if volume is not None and (volume.subpath or volume.labels):
                return None
            if volume is not None and volume.nocopy:
                options.append("nocopy")
        case "tmpfs" | "image" | "cluster" | "npipe":
            return None
    if mount.bind is not None:  # of a volume, too: its short form has SELinux labels
        options += [option for option in (mount.bind.propagation, mount.bind.selinux) if option]
    return f"{source}:{mount.target}:{','.join(options)}"


def _mount_object(mount: Mount) -> Body:
    found: Body = {"Type": mount.type, "Target": mount.target, "ReadOnly": bool(mount.read_only)}
    if mount.source:
        found["Source"] = mount.source
    if mount.consistency:
        found["Consistency"] = mount.consistency
    if mount.bind is not None:
        options: Body = dict(_RECURSIVE.get(mount.bind.recursive or "", {}))
        if mount.bind.propagation:
            options["Propagation"] = mount.bind.propagation
        if options:
            found["BindOptions"] = options
    if mount.volume is not None:
        options = {"NoCopy": bool(mount.volume.nocopy), "Labels": dict(mount.volume.labels or {})}
        if mount.volume.subpath:
            options["Subpath"] = mount.volume.subpath
        found["VolumeOptions"] = options
    if mount.tmpfs is not None:
        size, mode = mount.tmpfs.size, mount.tmpfs.mode
        asked = {"SizeBytes": size, "Mode": mode}
        found["TmpfsOptions"] = {key: int(value) for key, value in asked.items() if value is not None}
    if mount.image is not None and mount.image.subpath:
        found["ImageOptions"] = {"Subpath": mount.image.subpath}
    return found
