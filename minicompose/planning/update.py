"""How a service's containers are replaced: `deploy.update_config`, and back again: `rollback_config`.

The Compose Deploy Specification leaves most defaults open. Without `update_config` all containers of a service are
replaced side by side, the old one stopped first, and what fails is put back with all the rest; with it the
defaults are Swarm's, one at a time, but for `failure_action`, where putting back is the safer choice.
"""

from typing import Literal

import msgspec

from minicompose.model import Service, UpdateConfig

Order = Literal["stop-first", "start-first"]
FailureAction = Literal["rollback", "pause", "continue"]

# 0.29 of 100 are 29, and not 28.999999999999996.
_ROUNDING = 1e-9


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`parallelism` 0 is all at once; `delay` between two batches and `monitor` are in seconds, as in `WaitUntil`.

    `failure_ratio` of the containers may fail before `failure_action` is taken.
    """

    parallelism: int = 0
    delay: float = 0.0
    order: Order = "stop-first"
    failure_action: FailureAction = "rollback"
    monitor: float = 0.0
    failure_ratio: float = 0.0

    @property
    def stands_alone(self) -> bool:
        """What has been replaced stays, whatever becomes of the rest of the stack."""
        return self.failure_action != "rollback"

    def tolerated(self, containers: int) -> int:
        """How many of so many containers may fail."""
        return containers if self.failure_action == "continue" else int(self.failure_ratio * containers + _ROUNDING)


def update_policy(service: Service) -> Policy:
    """How the service's containers are replaced by others."""
    config = service.deploy.update_config if service.deploy else None
    return Policy() if config is None else _policy(config)


def rollback_policy(service: Service) -> Policy:
    """How they are put back. In what is not said it is as careful as the update was."""
    update = update_policy(service)
    config = service.deploy.rollback_config if service.deploy else None
    if config is None:
        return msgspec.structs.replace(update, delay=0.0, monitor=0.0, failure_ratio=0.0, failure_action="continue")
    return msgspec.structs.replace(_policy(config), order=config.order or update.order)


def _policy(config: UpdateConfig) -> Policy:
    return Policy(
        parallelism=1 if config.parallelism is None else config.parallelism,
        delay=config.delay.seconds if config.delay else 0.0,
        order="start-first" if config.order == "start-first" else "stop-first",
        failure_action=config.failure_action or "rollback",  # type: ignore[arg-type]  # the schema knows these words
        monitor=config.monitor.seconds if config.monitor else 0.0,
        failure_ratio=config.max_failure_ratio or 0.0,
    )
