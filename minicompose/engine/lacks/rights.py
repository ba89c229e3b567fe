"""Capabilities that there are not: the engine refuses a name that it does not know."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack
from minicompose.errors import nearest
from minicompose.model import Service

# fmt: off
_CAPABILITIES = (
    "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
    "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
    "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
    "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT",
    "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG",
    "WAKE_ALARM",
)
# fmt: on


def unknown_rights(service: Service) -> Iterator[Lack]:
    """With `CAP_` before the name or without, in upper case or lower."""
    for attribute, names in (("cap_add", service.cap_add), ("cap_drop", service.cap_drop)):
        for index, name in enumerate(names or ()):
            known = name.upper().removeprefix("CAP_")
            if known not in _CAPABILITIES:
                near = nearest(known, _CAPABILITIES)
                hint = f'did you mean "{near}"?' if near else ""
                yield Lack((attribute, index), f'there is no capability "{name}"', hint=hint)
