"""Builds as `docker buildx bake` reads them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from minicompose.model import Build, Service, Stack, Ulimit
from minicompose.planning.images import build_labels
from minicompose.planning.record import service_image


def bake_json(stack: Stack, targets: Iterable[Service], wanted: Collection[str], *, push: bool) -> str:
    """A bake file of the builds of `targets`; its group has those of the services that are `wanted`.

    `push` gives images that have a name to their registries.
    """
    targets = tuple(service for service in targets if service.build is not None)
    names = [_target(service.name) for service in targets if service.name in wanted]
    file = {
        "group": {"default": {"targets": names}},
        "target": {_target(service.name): _build(stack, service, push=push) for service in targets},
    }
    return msgspec.json.format(msgspec.json.encode(file), indent=2).decode()


def _target(service: str) -> str:
    """A target's name may have no dots."""
    return service.replace(".", "_")


def _build(stack: Stack, service: Service, *, push: bool) -> dict[str, Any]:
    build = service.build or Build()
    context = build.context or "."
    file = build.dockerfile or "Dockerfile"
    platforms = tuple(build.platforms or ()) or ((service.platform,) if service.platform else ())
    inline = build.dockerfile_inline
    found = {
        "context": context,
        "contexts": {name: _place(place) for name, place in sorted((build.additional_contexts or {}).items())},
        "dockerfile": None if inline is not None else _located(context, file),
        "dockerfile-inline": inline and inline.replace("${", "$${"),
        "args": {name: value for name, value in sorted((build.args or {}).items()) if value is not None},
        "labels": dict(sorted({**(build.labels or {}), **build_labels(stack, service)}.items())),
        "tags": [*(build.tags or ()), service_image(stack, service)],
        "cache-from": build.cache_from,
        "cache-to": build.cache_to,
        "target": build.target,
        "secret": list(_secrets(stack, build)),
        "ssh": [f"{id}={path or ''}" for id, path in (build.ssh or {}).items()],
        "platforms": platforms,
        "pull": build.pull,
        "no-cache": build.no_cache,
        "network": build.network,
        "shm-size": str(int(build.shm_size)) if build.shm_size else None,
        "ulimits": [_ulimit(name, value) for name, value in sorted((build.ulimits or {}).items())],
        "entitlements": [*(build.entitlements or ()), *(["security.insecure"] if build.privileged else [])],
        "extra-hosts": _hosts(build),
        "output": [_output(service, platforms, push=push)],
        "attest": list(_attestations(build)),
    }
    return {name: value for name, value in found.items() if value}


def _place(place: str) -> str:
    other = place.removeprefix("service:")
    return place if other == place else f"target:{_target(other)}"


def _located(context: str, file: str) -> str:
    """The Dockerfile as bake would find it: in a context that is a URL it is inside."""
    return file if "://" in context or file.startswith("/") else f"{context.rstrip('/')}/{file}"


def _secrets(stack: Stack, build: Build) -> Iterable[str]:
    """Where they come from; never what they hold."""
    for grant in build.secrets or ():
        secret = stack.secrets.get(grant.source)
        if secret is None:
            continue
        from_ = f"type=env,env={secret.environment}" if secret.environment else f"type=file,src={secret.file or ''}"
        yield f"id={grant.target or grant.source},{from_}"


def _ulimit(name: str, value: int | Ulimit) -> str:
    return f"{name}={value.soft}:{value.hard}" if isinstance(value, Ulimit) else f"{name}={value}"


def _hosts(build: Build) -> Mapping[str, str]:
    """A host's addresses in one text."""
    found: dict[str, list[str]] = {}
    for line in build.extra_hosts or ():
        name, sign, address = line.partition("=")
        if not sign:
            name, _, address = line.partition(":")
        found.setdefault(name, []).append(address)
    return {name: ",".join(addresses) for name, addresses in sorted(found.items())}


def _output(service: Service, platforms: Collection[str], *, push: bool) -> str:
    if push and service.image is not None:
        return "type=registry"
    return "type=image,push=false" if len(platforms) > 1 else "type=docker"


def _attestations(build: Build) -> Iterable[str]:
    for kind, asked in (("provenance", build.provenance), ("sbom", build.sbom)):
        if asked and asked != "false":
            yield f"type={kind}" if asked == "true" else f"type={kind},{asked}"
