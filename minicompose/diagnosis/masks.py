"""Keeping the secrets that a project knows out of what its containers have printed."""

from collections.abc import Iterable, Mapping

from minicompose.model import Service, Stack
from minicompose.planning.masking import HIDDEN, sealed_text
from minicompose.secretnames import names_a_secret

# What is shorter is in too many words to be hidden in all of them.
_SHORTEST = 4


class Mask:
    """Called with a text, gives it without the secrets that are known."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        worth = {secret.strip() for secret in secrets}
        lines = {line.strip() for secret in worth for line in secret.splitlines()}
        self._secrets = sorted((each for each in worth | lines if len(each) >= _SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return sealed_text(text, lambda _: HIDDEN)


def secrets_of(stack: Stack) -> set[str]:
    """The contents of its secrets, and variables of its services that are named as one."""
    found = {each.sealed.content.decode(errors="replace") for each in stack.secrets.values() if each.sealed}
    for service in stack.services.values():
        found |= secret_variables(_said(service))
    return found


def secret_variables(environment: Mapping[str, str]) -> set[str]:
    return {value for name, value in environment.items() if names_a_secret(name)}


def _said(service: Service) -> dict[str, str]:
    return {name: value for name, value in (service.environment or {}).items() if value is not None}
