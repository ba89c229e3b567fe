"""Attributes that exclude or contradict each other."""

from minicompose.model import Service, Stack
from minicompose.stackfile.checks.findings import Findings


def check_conflicts(stack: Stack, findings: Findings) -> None:
    """What a service says twice in different words, or says together though only one can be."""
    container_names: dict[str, str] = {}
    for name, service in stack.services.items():
        if service.network_mode and service.networks:
            findings.error(
                "services",
                name,
                "network_mode",
                says="`network_mode` and `networks` exclude each other",
                hint="remove one of them",
                at_key=True,
            )
        _check_replicas(service, findings)
        _check_limits(service, findings)
        _check_build(service, findings)
        _check_watch(service, findings)
        _check_container_name(service, container_names, findings)


def _check_replicas(service: Service, findings: Findings) -> None:
    at = ("services", service.name)
    replicas = service.deploy.replicas if service.deploy else None
    if service.scale is not None and service.scale < 0:
        findings.error(*at, "scale", says=f"{service.scale} is negative: it must be 0 or more")
    if replicas is not None and replicas < 0:
        findings.error(*at, "deploy", "replicas", says=f"{replicas} is negative: it must be 0 or more")
    if service.scale is not None and replicas is not None and service.scale != replicas:
        says = f"`scale` is {service.scale} and `deploy.replicas` is {replicas}: they must agree"
        findings.error(*at, "scale", says=says, hint="keep one of them")


def _check_limits(service: Service, findings: Findings) -> None:
    resources = service.deploy.resources if service.deploy else None
    limits = resources.limits if resources else None
    reservations = resources.reservations if resources else None
    for name, value, path, other in (
        ("cpus", service.cpus, "limits.cpus", limits.cpus if limits else None),
        ("mem_limit", service.mem_limit, "limits.memory", limits.memory if limits else None),
        ("pids_limit", service.pids_limit, "limits.pids", limits.pids if limits else None),
        ("mem_reservation", service.mem_reservation, "reservations.memory", reservations and reservations.memory),
    ):
        if value and other is not None and value != other:  # zero is no limit, and so no other one
            says = f"`{name}` and `deploy.resources.{path}` differ: they must agree"
            findings.error("services", service.name, name, says=says, hint="keep one of them")


def _check_build(service: Service, findings: Findings) -> None:
    build = service.build
    if build is None:
        return
    at = ("services", service.name, "build")
    if build.dockerfile and build.dockerfile_inline:
        says = "`dockerfile` and `dockerfile_inline` exclude each other"
        findings.error(*at, "dockerfile_inline", says=says, hint="remove one of them", at_key=True)
    for key, path in (build.ssh or {}).items():
        if path is None and key != "default":
            findings.error(*at, "ssh", key, says=f'the key "{key}" has no path', hint=f"write {key}=PATH", at_key=True)
    if build.platforms and service.platform and service.platform not in build.platforms:
        findings.error(*at, "platforms", says=f'the service\'s `platform` "{service.platform}" is not among them')


def _check_watch(service: Service, findings: Findings) -> None:
    for index, rule in enumerate((service.develop.watch if service.develop else None) or ()):
        at = ("services", service.name, "develop", "watch", index)
        if not rule.path:
            findings.error(*at, "path", says="the path to watch is empty")
        if not rule.target and rule.action not in ("rebuild", "restart"):
            findings.error(*at, "action", says=f"the action {rule.action} needs a `target`")


def _check_container_name(service: Service, taken: dict[str, str], findings: Findings) -> None:
    name = service.container_name
    if name is None:
        return
    path = ("services", service.name, "container_name")
    if service.replicas > 1:
        says = f"{service.replicas} containers cannot share the name {name}"
        findings.error(*path, says=says, hint="remove `container_name`, or ask for one container")
    if name in taken:
        first = findings.place("services", taken[name], "container_name")
        findings.error(*path, says=f'the service "{taken[name]}" has this name too, at {first}')
    taken.setdefault(name, service.name)
