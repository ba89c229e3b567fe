"""The containers of one service that are replaced a few at a time."""

from minicompose.planning.plan import Checkpoint, Delay, Needed, Subject
from minicompose.planning.replacement import Before, Replaced, Return
from minicompose.planning.steps import Steps
from minicompose.planning.update import Policy


class Batches:
    """Tells each replacement of a service what it comes after: the batch before, what is made of its failures, a pause.

    `size` is how many replacements there will be.
    """

    def __init__(self, steps: Steps, service: str, policy: Policy, size: int) -> None:
        self._steps = steps
        self._subject = Subject(type="service", name=service, service=service)
        self._because = Needed(service=service)
        self._policy = policy
        self._tolerated = policy.tolerated(size)
        self._parallel = policy.parallelism or size
        self._done: list[Replaced] = []
        self._gate = Before()

    def gate(self) -> Before:
        """What the next replacement comes after; all of one batch get the same."""
        if self._done and len(self._done) % self._parallel == 0:
            self._gate = self._after_pause(self._verdict(self._done[-self._parallel :]))
        return self._gate

    def add(self, replaced: Replaced) -> None:
        self._done.append(replaced)

    def _verdict(self, batch: list[Replaced]) -> Before:
        """The batch is over, and not too many have failed so far."""
        last = tuple(replaced.last for replaced in batch)
        if self._policy.failure_action == "continue":
            return Before((), last)
        if not self._tolerated:
            return Before(last)
        all_so_far = tuple(replaced.last for replaced in self._done)
        checkpoint = Checkpoint(of=all_so_far, tolerated=self._tolerated)
        return Before((self._steps.add(self._subject, checkpoint, self._because, wants=all_so_far),))

    def _after_pause(self, verdict: Before) -> Before:
        if not self._policy.delay:
            return verdict
        pause = Delay(seconds=self._policy.delay)
        step = self._steps.add(self._subject, pause, self._because, after=verdict.after, wants=verdict.wants)
        return Before((step,))

    def close(self) -> tuple[int, ...]:
        """The steps that say whether the update as a whole has worked, where failures are tolerated."""
        if self._policy.failure_action == "continue" or not self._tolerated or not self._done:
            return ()
        return self._verdict(self._done).after


def chain_returns(steps: Steps, service: str, policy: Policy, returns: list[Return]) -> None:
    """Put the containers of a service back a few at a time, too."""
    back = steps.way_back
    for place in range(policy.parallelism, len(returns)) if policy.parallelism else ():
        first, before = returns[place].all[0], returns[place - policy.parallelism].all
        if policy.delay:
            subject = Subject(type="service", name=service, service=service)
            group = f"replace {service}"
            reverts = back.reverted_by(before)
            before = (back.add(subject, Delay(seconds=policy.delay), group=group, reverts=reverts, wants=before),)
        if policy.failure_action == "pause":
            back.come_after(first, before)
        else:
            back.want(first, before)
