"""Shells in a terminal of their own, into which words are typed."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_DEADLINE = 30.0  # seconds after which a shell that says nothing has failed

# How each shell is begun without anybody's settings, the documented line that makes it complete, and what has
# Ctrl-T print the line as it stands, between two characters that nobody types.
SHELLS = {
    "bash": (
        ["bash", "--noprofile", "--norc", "-i"],
        "source <(minicompose completion bash)",
        r"""bind -x '"\C-t": printf "\1%s\2" "$READLINE_LINE"'""",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -U compinit; compinit -u -D; source <(minicompose completion zsh)",
        r"""tell() { printf '\1%s\2' $BUFFER }; zle -N tell; bindkey '^T' tell""",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "minicompose completion fish | source",
        r"""bind \ct 'printf "\1%s\2" (commandline)'""",
    ),
}
_TELL, _CLEAR = "\x14", "\x15"  # Ctrl-T, Ctrl-U


class Shell:
    """An interactive shell in `directory`, with completion installed."""

    def __init__(self, name: str, directory: Path) -> None:
        programs = directory / "bin"
        programs.mkdir()
        program = programs / "minicompose"
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m minicompose "$@"\n')
        program.chmod(0o755)
        argv, install, telling = SHELLS[name]
        self._ours, self._theirs = os.openpty()
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(directory),
            "XDG_DATA_HOME": str(directory / "data"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        # Opened in a session of its own it is the shell's controlling terminal; here it is kept open until then.
        self._process = subprocess.Popen(
            ["sh", "-c", 'exec <>"$0" >&0 2>&0 "$@"', os.ttyname(self._theirs), *argv],
            cwd=directory,
            env=environment,
            start_new_session=True,
        )
        for command in (install, telling):
            self._type(f"{command}; printf '\\1%s\\2' done\r")
            self._read_until(b"\1done\2")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def completed(self, line: str) -> str:
        """The line that is there after so much has been typed, and Tab."""
        while self._line_after(_CLEAR):  # a key that comes while the shell is busy may get lost
            pass
        return self._line_after(f"{line}\t")

    def _line_after(self, keys: str) -> str:
        self._type(keys + _TELL)
        return self._read_until(b"\2").rpartition(b"\1")[2].partition(b"\2")[0].decode()

    def _type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def _read_until(self, mark: bytes) -> bytes:
        end = time.monotonic() + _DEADLINE
        seen = b""
        while mark not in seen:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {mark!r} in {seen!r}")
            seen += os.read(self._ours, 65536)
        return seen
