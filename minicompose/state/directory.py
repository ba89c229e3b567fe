"""Where this user's programs keep what should outlast a restart, and how things in it are named and made."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from minicompose.digests import sha256


def state_directory(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The user's directory for state. Raises OSError where there is no home."""
    if said := environment.get("XDG_STATE_HOME"):
        return Path(said)
    if platform == "win32" and (said := environment.get("LOCALAPPDATA")):
        return Path(said)
    home = environment.get("HOME") or environment.get("USERPROFILE")
    if not home:
        raise OSError(None, "neither HOME nor XDG_STATE_HOME is set", "the state directory")
    return Path(home) / ("Library/Application Support" if platform == "darwin" else ".local/state")


def name_of(readable: str, *also: str) -> str:
    """A file's name for some texts: it begins with the first, and no other texts have it."""
    plain = re.sub(r"[^a-z0-9]+", "-", readable.lower()).strip("-")[:40]
    whole = "\0".join((readable, *also))
    return f"{plain}-{sha256(whole.encode(errors='surrogateescape')).hexdigest()[:8]}"


def project_file(state: Path, kind: str, engine: str, project: str) -> Path:
    """The one file of this kind that a project on an engine has: `STATE/minicompose/locks/shop-1f6ab2c9`."""
    return state / "minicompose" / kind / name_of(project, engine)


def make_directory(path: Path) -> None:
    """Make a directory for its owner alone, and its parents; what root makes in somebody's home is theirs."""
    if path.is_dir():
        return
    make_directory(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return  # another command was faster
    give_to_owner_of(path.parent, path)


def give_to_owner_of(directory: Path, made: Path | int) -> None:
    """Let what root made, a path or an open file, belong to whom the directory does; others can give nothing away."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    owner = directory.stat()
    if owner.st_uid == 0:
        return
    if isinstance(made, int):
        os.fchown(made, owner.st_uid, owner.st_gid)
    else:
        os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)
