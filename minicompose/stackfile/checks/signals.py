"""Signals: the engine would refuse one that it does not know, late."""

from minicompose.model import Stack
from minicompose.regex import regex
from minicompose.stackfile.checks.findings import Findings, did_you_mean

# fmt: off
_SIGNALS = (
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
    "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP",
    "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
)
# fmt: on
_REALTIME = regex(r"RTM(?:IN\+|AX-)(\d+)")


def check_signals(stack: Stack, findings: Findings) -> None:
    """Whether every `stop_signal` is one; an empty one leaves it to the image."""
    for service in stack.services.values():
        signal = service.stop_signal
        if signal and not is_signal(signal):
            near = did_you_mean(signal.upper(), [f"SIG{name}" for name in _SIGNALS])
            findings.error("services", service.name, "stop_signal", says=f'"{signal}" is not a signal', hint=near)


def is_signal(text: str) -> bool:
    """Whether the engine knows the signal: by its number, or its name with or without SIG."""
    if text.isdecimal():
        return 1 <= int(text) <= 64
    name = text.upper().removeprefix("SIG")
    realtime = _REALTIME.fullmatch(name)
    return int(realtime[1]) <= 30 if realtime else name in _SIGNALS
