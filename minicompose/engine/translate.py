"""From what a container is asked to be to the body of `POST /containers/create`.

Attributes that the engine has under another name go there by the table of fields; each of the others
has its function here, or in `mounts`, `networking` and `resources`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from minicompose.engine import mounts, networking, resources
from minicompose.errors import BadRequest
from minicompose.fields import SERVICE, Effect
from minicompose.model import Healthcheck, Network, Service, Volume
from minicompose.planning.plan import ContainerSpec
from minicompose.planning.seccomp import profile_path

# What the engine is sent, as JSON's own types.
Body = dict[str, Any]

_NANOSECONDS = 1_000_000_000


def container_body(spec: ContainerSpec, api: tuple[int, int], kept: Mapping[str, str] | None = None) -> Body:
    """The whole body; `kept` maps targets to the anonymous volumes that are taken over for them."""
    body: Body = {"Image": spec.image, "Labels": dict(spec.labels), "AttachStdout": True, "AttachStderr": True}
    _merge(body, service_body(spec.service))
    _merge(body, mounts.mounts(spec, kept or {}))
    _merge(body, networking.attachments(spec, api))
    if spec.input_once:
        _merge(body, {"AttachStdin": True, "OpenStdin": True, "StdinOnce": True})
    if spec.removed_at_end:
        _merge(body, {"HostConfig": {"AutoRemove": True}})
    return body


def service_body(service: Service) -> Body:
    """What of the body the service alone says, whichever of its containers it is."""
    body: Body = {}
    _place(body, _DIRECT, service)
    for compound in COMPOUND.values():
        _merge(body, compound(service))
    return body


def network_body(network: Network, labels: Mapping[str, str]) -> Body:
    """The body of `POST /networks/create`."""
    body: Body = {
        "Name": network.name,
        "CheckDuplicate": True,
        "Driver": network.driver or "bridge",
        "Internal": bool(network.internal),
        "Attachable": bool(network.attachable),
        "EnableIPv6": bool(network.enable_ipv6),
        "Options": dict(network.driver_opts or {}),
        "Labels": {**(network.labels or {}), **labels},
    }
    if network.enable_ipv4 is not None:
        body["EnableIPv4"] = network.enable_ipv4
    ipam = network.ipam
    if ipam is not None:
        pools = [
            _said(
                Subnet=pool.subnet,
                IPRange=pool.ip_range,
                Gateway=pool.gateway,
                AuxiliaryAddresses=pool.aux_addresses,
            )
            for pool in ipam.config or ()
        ]
        body["IPAM"] = _said(Driver=ipam.driver or "default", Config=pools or None, Options=ipam.options)
    return body


def volume_body(volume: Volume, labels: Mapping[str, str]) -> Body:
    """The body of `POST /volumes/create`."""
    return {
        "Name": volume.name,
        "Driver": volume.driver or "local",
        "DriverOpts": dict(volume.driver_opts or {}),
        "Labels": {**(volume.labels or {}), **labels},
    }


# ---- direct fields ----

_DIRECT = tuple((field.name, tuple(field.engine.split("."))) for field in SERVICE.fields if field.engine)


def _place(body: Body, places: tuple[tuple[str, tuple[str, ...]], ...], service: Service) -> None:
    for name, path in places:
        value = getattr(service, name)
        if value is None:
            continue
        inside = body
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = _plain(value)


def _plain(value: object) -> object:
    """Sizes and durations as numbers, tuples as lists, whole floats as whole numbers."""
    match value:
        case bool():
            return value
        case int():
            return int(value)
        case float() if value.is_integer():
            return int(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


def _merge(body: Body, more: Body) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(body.get(key), dict):
            _merge(body[key], value)
        elif isinstance(value, list) and isinstance(body.get(key), list):
            body[key] = body[key] + value
        else:
            body[key] = value


def _said(**values: object) -> Body:
    return {key: _plain(value) for key, value in values.items() if value is not None}


def _host(**values: object) -> Body:
    found = _said(**values)
    return {"HostConfig": found} if found else {}


# ---- fields that become something else ----


def environment(service: Service) -> Body:
    """A name without a value unsets what the image sets."""
    if service.environment is None:
        return {}
    return {
        "Env": [name if value is None else f"{name}={value}" for name, value in sorted(service.environment.items())]
    }


def healthcheck(service: Service) -> Body:
    check = service.healthcheck
    if check is None:
        return {}
    if check.disable:
        return {"Healthcheck": {"Test": ["NONE"]}}
    return {"Healthcheck": _health_times(check)}


def _health_times(check: Healthcheck) -> Body:
    return _said(
        Test=check.test,
        Interval=check.interval,
        Timeout=check.timeout,
        Retries=check.retries,
        StartPeriod=check.start_period,
        StartInterval=check.start_interval,
    )


def logging(service: Service) -> Body:
    if service.logging is None:
        return {}
    options = {name: value or "" for name, value in (service.logging.options or {}).items()}
    return _host(LogConfig={"Type": service.logging.driver or "", "Config": options})


def restart(service: Service) -> Body:
    """`deploy.restart_policy` counts before `restart`; without a condition it restarts nothing, as in the reference."""
    policy = service.deploy.restart_policy if service.deploy else None
    if policy is not None:
        name, attempts = policy.condition or "none", policy.max_attempts
    elif service.restart is not None:
        name, _, times = service.restart.partition(":")
        attempts = int(times) if times.isdigit() else None
    else:
        return {}
    name = {"none": "no", "any": "always"}.get(name, name)
    limited = attempts if name == "on-failure" else None
    return _host(RestartPolicy={"Name": name, "MaximumRetryCount": limited or 0})


def stop_grace_period(service: Service) -> Body:
    """In whole seconds, rounded up: half a second of grace is not none."""
    if service.stop_grace_period is None:
        return {}
    return {"StopTimeout": -(-int(service.stop_grace_period) // _NANOSECONDS)}


def ipc(service: Service) -> Body:
    return _host(IpcMode=service.ipc)


def pid(service: Service) -> Body:
    return _host(PidMode=service.pid)


def extra_hosts(service: Service) -> Body:
    return _host(ExtraHosts=host_lines(service.extra_hosts))


def host_lines(entries: tuple[str, ...] | None) -> list[str] | None:
    """`name=address` as the engine writes it, with a colon; an IPv6 address loses its brackets."""
    if entries is None:
        return None
    return [_host_line(entry) for entry in entries]


def _host_line(entry: str) -> str:
    name, equals, address = entry.partition("=")
    if not equals:
        name, _, address = entry.partition(":")
    return f"{name}:{address.strip('[]')}"


def security_opt(service: Service) -> Body:
    """The engine wants a seccomp profile itself where the file names one, and paths made writable one by one."""
    if service.security_opt is None:
        return {}
    found = _host(SecurityOpt=[])
    for option in service.security_opt:
        name, separator, value = option.partition("=") if "=" in option else option.partition(":")
        if name == "systempaths" and value == "unconfined":
            found["HostConfig"] |= {"MaskedPaths": [], "ReadonlyPaths": []}
        elif (path := profile_path(option)) is not None:
            found["HostConfig"]["SecurityOpt"].append(f"seccomp={_seccomp_profile(path)}")
        else:
            found["HostConfig"]["SecurityOpt"].append(f"{name}={value}" if separator else name)
    return found


def _seccomp_profile(path: str) -> str:
    try:
        profile = Path(path).read_bytes()
        return msgspec.json.encode(msgspec.json.decode(profile)).decode()
    except OSError as error:
        raise BadRequest(f"the seccomp profile {path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"the seccomp profile {path} is not JSON: {error}") from error


def credential_spec(service: Service) -> Body:
    """As the engine on Windows takes it; `registry` is a name there, `file` one in the engine's own directory."""
    asked = service.credential_spec
    if asked is None:
        return {}
    words = (("file", asked.file), ("registry", asked.registry))
    return _host(SecurityOpt=[f"credentialspec={kind}://{value}" for kind, value in words if value])


def nothing(service: Service) -> Body:
    """For what stands elsewhere in a ContainerSpec, its name, image, labels, files, endpoints; and for hooks,
    which are run in the container."""
    del service
    return {}


Compound = Callable[[Service], Body]

# Every attribute that makes a container different and is not copied as it is. Those that lead to
# `nothing` reach the engine by another part of the ContainerSpec.
COMPOUND: dict[str, Compound] = {
    "blkio_config": resources.blkio_config,
    "configs": nothing,
    "container_name": nothing,
    "cpu_percent": resources.cpu_percent,
    "cpu_rt_period": resources.cpu_rt_period,
    "cpu_rt_runtime": resources.cpu_rt_runtime,
    "cpus": resources.cpus,
    "credential_spec": credential_spec,
    "devices": resources.devices,
    "environment": environment,
    "expose": networking.expose,
    "external_links": nothing,
    "extra_hosts": extra_hosts,
    "gpus": resources.gpus,
    "healthcheck": healthcheck,
    "image": nothing,
    "ipc": ipc,
    "labels": nothing,
    "links": nothing,
    "logging": logging,
    "mac_address": nothing,
    "mem_limit": resources.mem_limit,
    "mem_reservation": resources.mem_reservation,
    "network_mode": nothing,
    "networks": nothing,
    "pid": pid,
    "pids_limit": resources.pids_limit,
    "platform": nothing,
    "ports": networking.ports,
    "post_start": nothing,
    "pre_stop": nothing,
    "restart": restart,
    "secrets": nothing,
    "security_opt": security_opt,
    "stop_grace_period": stop_grace_period,
    "tmpfs": mounts.tmpfs,
    "ulimits": resources.ulimits,
    "use_api_socket": nothing,
    "volumes": nothing,
    "volumes_from": mounts.volumes_from,
    "deploy": resources.deploy,  # last: its resources count before the attributes of the service itself
}


def untranslated() -> list[str]:
    """Attributes that make a container different and would reach no engine; there are none."""
    return [
        field.name
        for field in SERVICE.fields
        if field.effect is Effect.CONTAINER and not field.refused and not field.engine and field.name not in COMPOUND
    ]


__all__ = ["COMPOUND", "container_body", "host_lines", "network_body", "untranslated", "volume_body"]
