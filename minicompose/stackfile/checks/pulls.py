"""When images are pulled: two attributes that mean something only together."""

from minicompose.model import Stack
from minicompose.stackfile.checks.findings import Findings

_REFRESH = "refresh"


def check_pulls(stack: Stack, findings: Findings) -> None:
    """Whether `pull_policy: refresh` and `pull_refresh_after` stand together."""
    for service in stack.services.values():
        refreshes, after = service.pull_policy == _REFRESH, service.pull_refresh_after
        if refreshes and after is None:
            findings.warning(
                "services",
                service.name,
                "pull_policy",
                says="`refresh` without `pull_refresh_after` pulls only what is missing",
                hint="say how old the image may be, as in `pull_refresh_after: 24h`",
            )
        elif after is not None and not refreshes:
            findings.warning(
                "services",
                service.name,
                "pull_refresh_after",
                says="`pull_refresh_after` counts only with `pull_policy: refresh`",
                at_key=True,
            )
