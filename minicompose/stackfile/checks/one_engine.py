"""What the specification has and one engine alone does not carry out: said, not silently ignored."""

from minicompose.model import Deploy, Service, Stack
from minicompose.stackfile.checks.findings import Findings

_NOT_YET = "is not carried out on a single engine yet"


def check_one_engine(stack: Stack, findings: Findings) -> None:
    """Warn of attributes that have no effect where there is one engine."""
    for service in stack.services.values():
        if service.deploy is not None:
            _check_deploy(service, service.deploy, findings)


def _check_deploy(service: Service, deploy: Deploy, findings: Findings) -> None:
    for path in _without_effect(deploy):
        at = ("services", service.name, "deploy", *path.split("."))
        findings.warning(*at, says=f"`{path}` {_NOT_YET}", at_key=True)
    if deploy.restart_policy is not None and deploy.restart_policy.condition is None:
        says = "without a `condition` nothing is restarted on a single engine"
        findings.warning(
            "services", service.name, "deploy", "restart_policy", says=says, hint="say `condition: any`", at_key=True
        )
    if deploy.mode not in (None, "replicated"):
        findings.warning("services", service.name, "deploy", "mode", says=f"`mode: {deploy.mode}` {_NOT_YET}")


def _without_effect(deploy: Deploy) -> list[str]:
    reservations = deploy.resources.reservations if deploy.resources else None
    policy, back = deploy.restart_policy, deploy.rollback_config
    said = {
        "labels": deploy.labels,
        "endpoint_mode": deploy.endpoint_mode,
        "placement": deploy.placement,
        "rollback_config.max_failure_ratio": back.max_failure_ratio if back else None,
        "restart_policy.delay": policy.delay if policy else None,
        "restart_policy.window": policy.window if policy else None,
        "restart_policy.max_attempts": policy.max_attempts if policy and policy.condition != "on-failure" else None,
        "resources.reservations.cpus": reservations.cpus if reservations else None,
        "resources.reservations.generic_resources": reservations.generic_resources if reservations else None,
    }
    return [path for path, value in said.items() if value is not None]
