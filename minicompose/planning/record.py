"""The record of what a container, a network or a volume is made from.

It travels as a label on what was made, so that the next plan can say which field changed. Contents
of configs and secrets are in it as digests only, and so is whatever looks like a secret or came from a
variable that is called like one.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from minicompose import fields
from minicompose.digests import sha256
from minicompose.model import (
    Config,
    FileGrant,
    Hook,
    Mount,
    Network,
    NetworkAttachment,
    Node,
    Service,
    Stack,
    Volume,
    encode_value,
)
from minicompose.planning.masking import sealed, sealed_pairs, sealed_words
from minicompose.planning.provenance import child, node_of, sealed_by_origin

Record = dict[str, Any]

_Sealer = Callable[[Any], Any]


def _sealer(form: fields.Form) -> _Sealer:
    """How a value of this form is sealed; worked out once for all values."""
    match form:
        case fields.Record():
            return _record_sealer(form)
        case fields.Pairs() | fields.Table(item=fields.Scalar()):
            return sealed_pairs
        case fields.Words() | fields.Many(short=fields.Short.HEALTH_TEST):
            return sealed_words
        case fields.Table():
            entry = _sealer(form.item)
            return lambda table: {name: None if value is None else entry(value) for name, value in table.items()}
        case fields.Many():
            item = _sealer(form.item)
            return lambda items: [item(value) for value in items]
        case _:
            return sealed


def _record_sealer(form: fields.Record) -> _Sealer:
    """Of the fields, those that make another container; a field that has none of them inside is left out."""
    sealers = {field.name: _sealer(field.form) for field in form.fields if field.effect is not fields.Effect.STACK}
    in_part = {field.name for field in form.fields if isinstance(field.form, fields.Record) and _is_in_part(field.form)}
    others = None if _is_in_part(form) else sealed  # what is in the model and not in the table

    def seal(value: Any) -> Any:
        if not isinstance(value, dict):
            return sealed(value)  # a short form that the model keeps, as of a limit
        found: Record = {}
        for name, inside in value.items():
            sealer = sealers.get(name, others)
            if sealer is None:
                continue
            kept = None if inside is None else sealer(inside)
            if kept != {} or name not in in_part:
                found[name] = kept
        return found

    return seal


def _is_in_part(form: fields.Record) -> bool:
    return any(field.effect is fields.Effect.STACK for field in form.fields)


_seal_service = _sealer(fields.SERVICE)
_seal_hook = _sealer(fields.HOOK)
_seal_network = _sealer(fields.NETWORK)
_seal_volume = _sealer(fields.VOLUME)


def service_image(stack: Stack, service: Service) -> str:
    """The image that the service runs: its own, or the name under which its build is kept."""
    return service.image or f"{stack.name}{stack.separator}{service.name}"


def service_record(stack: Stack, service: Service) -> Record:
    """Everything that makes the containers of `service` different from others."""
    node = node_of(stack, "services", service.name)
    by_name = _seal_service(msgspec.to_builtins(service, enc_hook=encode_value))
    record: Record = sealed_by_origin(by_name, node)
    record["image"] = sealed_by_origin(service_image(stack, service), child(node, "image"))
    if networks := service_networks(stack, service):
        attachments = record.get("networks") or {}
        record["networks"] = {network_name(stack, key): attachments.get(key) for key in networks}
    if service.volumes:
        for entry, mount in zip(record["volumes"], service.volumes, strict=True):
            if (source := mount_source(stack, mount)) != mount.source:
                entry["source"] = source
    for kind, declared in (("configs", stack.configs), ("secrets", stack.secrets)):
        if grants := getattr(service, kind):
            record[kind] = [
                {**entry, "target": grant_target(kind, grant), **_content(declared.get(grant.source))}
                for entry, grant in zip(record[kind], grants, strict=True)
            ]
    return record


def hook_record(hook: Hook) -> Record:
    """A hook as it stands in a service's record."""
    return cast(Record, _seal_hook(msgspec.to_builtins(hook, enc_hook=encode_value)))


def _content(config: Config | None) -> Record:
    if config is None or config.sealed is None:
        return {}
    return {"content": config.sealed.digest}


def service_networks(stack: Stack, service: Service) -> tuple[str, ...]:
    """The networks a service is on, by their keys in the file; the primary one comes first."""
    if service.networks:
        return primary_first(service.networks)
    return ("default",) if service.network_mode is None and "default" in stack.networks else ()


def network_name(stack: Stack, key: str) -> str:
    """The engine's name for a network that a service is on."""
    declared = stack.networks.get(key)
    return declared.name if declared else key


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


def resource_record(resource: Network | Volume, node: Node | None = None) -> Record:
    """What makes a network or a volume different: its name does not. `node` is what declares it."""
    record = msgspec.to_builtins(resource, enc_hook=encode_value)
    for name in ("name", "extensions", "external"):
        record.pop(name, None)
    seal = _seal_network if isinstance(resource, Network) else _seal_volume
    return cast(Record, sealed_by_origin(seal(record), node))


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
    return sha256(text.encode()).hexdigest()
