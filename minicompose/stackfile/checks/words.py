"""Words that the specification lists but the engine reads: it would refuse them, late."""

import re

from minicompose.model import Service, Stack
from minicompose.stackfile.checks.findings import Findings, did_you_mean
from minicompose.stackfile.units import parse_duration

_RESTART = ("no", "always", "on-failure", "unless-stopped")
_PULL = ("always", "never", "missing", "build", "daily", "weekly", "refresh")
_CONDITION = ("none", "on-failure", "any")
_FAILURE = ("rollback", "pause", "continue")
# fmt: off
_SIGNALS = (
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
    "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP",
    "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
)
# fmt: on
_REALTIME = re.compile(r"RTM(?:IN\+|AX-)(\d+)")


def check_words(stack: Stack, findings: Findings) -> None:
    """Restart policies, pull policies, signals and the words of `deploy`."""
    for service in stack.services.values():
        _check_restart(service, findings)
        _check_pull_policy(service, findings)
        _check_signal(service, findings)
        _check_deploy(service, findings)


def _check_restart(service: Service, findings: Findings) -> None:
    if service.restart is None:
        return
    word, colon, retries = service.restart.partition(":")
    path = ("services", service.name, "restart")
    if word not in _RESTART:
        _unknown(findings, path, service.restart, _RESTART)
    elif colon and (word != "on-failure" or not retries.isdecimal()):
        findings.error(*path, says=f'"{service.restart}" is no restart policy', hint="write on-failure:3")


def _check_pull_policy(service: Service, findings: Findings) -> None:
    policy = service.pull_policy
    if policy is None or policy in _PULL:
        return
    path = ("services", service.name, "pull_policy")
    if not policy.startswith("every_"):
        _unknown(findings, path, policy, (*_PULL, "every_12h"))
        return
    try:
        parse_duration(policy.removeprefix("every_"))
    except ValueError as error:
        findings.error(*path, says=str(error))


def _check_signal(service: Service, findings: Findings) -> None:
    signal = service.stop_signal
    if signal is None or is_signal(signal):
        return
    near = did_you_mean(signal.upper(), [f"SIG{name}" for name in _SIGNALS])
    findings.error("services", service.name, "stop_signal", says=f'"{signal}" is not a signal', hint=near)


def is_signal(text: str) -> bool:
    """Whether the engine knows the signal: by its number, or its name with or without SIG."""
    if text.isdecimal():
        return 1 <= int(text) <= 64
    name = text.upper().removeprefix("SIG")
    realtime = _REALTIME.fullmatch(name)
    return int(realtime[1]) <= 30 if realtime else name in _SIGNALS


def _check_deploy(service: Service, findings: Findings) -> None:
    deploy = service.deploy
    if deploy is None:
        return
    at = ("services", service.name, "deploy")
    if deploy.mode is not None:
        _check_word(findings, (*at, "mode"), deploy.mode, ("replicated", "global", "replicated-job", "global-job"))
    if deploy.endpoint_mode is not None:
        _check_word(findings, (*at, "endpoint_mode"), deploy.endpoint_mode, ("vip", "dnsrr"))
    if deploy.restart_policy is not None and deploy.restart_policy.condition is not None:
        _check_word(findings, (*at, "restart_policy", "condition"), deploy.restart_policy.condition, _CONDITION)
    for name, update in (("update_config", deploy.update_config), ("rollback_config", deploy.rollback_config)):
        if update is not None and update.failure_action is not None:
            _check_word(findings, (*at, name, "failure_action"), update.failure_action, _FAILURE)


def _check_word(findings: Findings, path: tuple[str | int, ...], word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        _unknown(findings, path, word, known)


def _unknown(findings: Findings, path: tuple[str | int, ...], word: str, known: tuple[str, ...]) -> None:
    hint = did_you_mean(word, known)
    findings.error(*path, says=f'"{word}" is not one of {", ".join(known)}', hint=hint)
