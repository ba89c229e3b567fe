"""How old an image may become until its registry is asked for a newer one: daily, weekly, every 12 hours."""

from collections.abc import Mapping

import msgspec

from minicompose.model import Service, Stack
from minicompose.planning.plan import Outdated
from minicompose.regex import regex

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_WORDS = {"daily": _SECONDS["d"], "weekly": _SECONDS["w"]}
_EVERY = "every_"
_SPAN = regex(r"(\d+)([wdhms])")


class Ages(msgspec.Struct, frozen=True, kw_only=True):
    """How old images are: when the engine named each of them, and what time it is. Seconds since 1970."""

    named_at: Mapping[str, float] = {}
    now: float = 0.0

    def outdated(self, service: Service) -> Outdated | None:
        """Why the service's image, which is there, is to be pulled again; None where it is not.

        An image of unknown age has reached any age. One that is named by its digest never changes.
        """
        limit = longest_age(service)
        if limit is None or service.image is None or "@" in service.image:
            return None
        named_at = self.named_at.get(service.image)
        age = None if named_at is None else self.now - named_at
        if age is not None and age <= limit:
            return None
        return Outdated(policy=policy_text(service), age=None if age is None else int(age))


def longest_age(service: Service) -> float | None:
    """How old the service's image may be, in seconds; None where its age does not matter."""
    policy = service.pull_policy or ""
    if policy in _WORDS:
        return _WORDS[policy]
    if policy.startswith(_EVERY):
        return sum(int(number) * _SECONDS[unit] for number, unit in _SPAN.findall(policy))
    if policy == "refresh" and service.pull_refresh_after is not None:
        return service.pull_refresh_after.seconds
    return None


def policy_text(service: Service) -> str:
    """The policy as the stack file has it."""
    if service.pull_policy == "refresh":
        return f"pull_refresh_after: {service.pull_refresh_after}"
    return f"pull_policy: {service.pull_policy}"


def aging_images(stack: Stack) -> tuple[str, ...]:
    """The images whose age the planner needs to know."""
    return tuple(
        dict.fromkeys(
            service.image
            for service in stack.services.values()
            if service.image is not None and longest_age(service) is not None
        )
    )
