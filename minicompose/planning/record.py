"""The record of what a container, a network or a volume is made from.

It travels as a label on what was made, so that the next plan can say which field changed. Contents
of configs and secrets are in it as digests only, and so is whatever looks like a secret.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from minicompose import fields
from minicompose.model import (
    Config,
    FileGrant,
    Hook,
    Mount,
    Network,
    NetworkAttachment,
    Service,
    Stack,
    Volume,
    encode_value,
)
from minicompose.planning.masking import sealed, sealed_pairs, sealed_words

Record = dict[str, Any]

# What a field's record becomes: kept whole (True), or kept in part.
_Kept = dict[str, "bool | _Kept"]


def _kept(record: fields.Record) -> _Kept:
    """The fields that make another container, from the table of fields."""
    kept: _Kept = {}
    for field in record.fields:
        if field.effect is fields.Effect.STACK:
            continue
        inside = _kept(field.form) if isinstance(field.form, fields.Record) else {}
        whole = not isinstance(field.form, fields.Record) or len(inside) == len(field.form.fields)
        kept[field.name] = True if whole else inside
    return kept


_SERVICE = _kept(fields.SERVICE)


def _only(kept: _Kept, value: Mapping[str, Any]) -> Record:
    found: Record = {}
    for name, inside in value.items():
        what = kept.get(name)
        if what is True:
            found[name] = inside
        elif isinstance(what, dict) and (part := _only(what, inside)):
            found[name] = part
    return found


def service_image(stack: Stack, service: Service) -> str:
    """The image that the service runs: its own, or the name under which its build is kept."""
    return service.image or f"{stack.name}{stack.separator}{service.name}"


def service_record(stack: Stack, service: Service) -> Record:
    """Everything that makes the containers of `service` different from others."""
    record = _only(_SERVICE, msgspec.to_builtins(service, enc_hook=encode_value))
    record = {name: sealed(value) for name, value in record.items()}
    record["image"] = service_image(stack, service)
    for name in ("environment", "labels", "annotations"):
        if pairs := getattr(service, name):
            record[name] = sealed_pairs(pairs)
    for name in ("command", "entrypoint"):
        if words := getattr(service, name):
            record[name] = sealed_words(words)
    for name in ("post_start", "pre_stop"):
        if hooks := getattr(service, name):
            record[name] = [hook_record(hook) for hook in hooks]
    if networks := service_networks(stack, service):
        attachments = record.get("networks") or {}
        record["networks"] = {
            stack.networks[key].name if key in stack.networks else key: attachments.get(key) for key in networks
        }
    if service.volumes:
        for entry, mount in zip(record["volumes"], service.volumes, strict=True):
            if mount.source is not None:
                entry["source"] = mount_source(stack, mount)
    for kind, declared in (("configs", stack.configs), ("secrets", stack.secrets)):
        if grants := getattr(service, kind):
            record[kind] = [
                {**entry, "target": grant_target(kind, grant), **_content(declared.get(grant.source))}
                for entry, grant in zip(record[kind], grants, strict=True)
            ]
    return record


def hook_record(hook: Hook) -> Record:
    """A hook as it stands in a service's record."""
    record = cast(Record, sealed(msgspec.to_builtins(hook, enc_hook=encode_value)))
    if hook.command:
        record["command"] = sealed_words(hook.command)
    if hook.environment:
        record["environment"] = sealed_pairs(hook.environment)
    return record


def _content(config: Config | None) -> Record:
    if config is None or config.sealed is None:
        return {}
    return {"content": config.sealed.digest}


def service_networks(stack: Stack, service: Service) -> tuple[str, ...]:
    """The networks a service is on, by their keys in the file; the primary one comes first."""
    if service.networks:
        return primary_first(service.networks)
    return ("default",) if service.network_mode is None and "default" in stack.networks else ()


def primary_first(attachments: Mapping[str, NetworkAttachment | None]) -> tuple[str, ...]:
    """As in the reference, the highest `priority` is the primary one, and then the name decides."""

    def rank(key: str) -> tuple[int, str]:
        attachment = attachments[key]
        return (-(attachment.priority or 0) if attachment else 0, key)

    return tuple(sorted(attachments, key=rank))


def mount_source(stack: Stack, mount: Mount) -> str | None:
    """The source as the engine knows it: a declared volume by its name there."""
    if mount.type == "volume" and mount.source in stack.volumes:
        return stack.volumes[mount.source].name
    return mount.source


def grant_target(kind: str, grant: FileGrant) -> str:
    """Where in the container a config or a secret goes: `/NAME`, `/run/secrets/NAME` when not said."""
    place = "/run/secrets/" if kind == "secrets" else "/"
    target = grant.target or grant.source
    return target if target.startswith("/") else place + target


def resource_record(resource: Network | Volume) -> Record:
    """What makes a network or a volume different: its name and labels do not."""
    record = msgspec.to_builtins(resource, enc_hook=encode_value)
    for name in ("name", "labels", "extensions", "external"):
        record.pop(name, None)
    if record.get("driver_opts"):
        record["driver_opts"] = sealed_pairs(record["driver_opts"])
    return cast(Record, sealed(record))


def written(record: Record) -> str:
    """The record as text; equal records give equal text."""
    return msgspec.json.encode(record, order="sorted").decode()


def read(text: str) -> Record | None:
    """The record from a label's text; None when it holds none."""
    try:
        record = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return record if isinstance(record, dict) else None


def fingerprint(text: str) -> str:
    """64 hex digits over a written record."""
    return hashlib.sha256(text.encode()).hexdigest()
