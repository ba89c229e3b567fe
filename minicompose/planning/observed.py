"""What is there now, as the engine's lists tell it. Built by `engine/`, read by the planner."""

from typing import Literal

import msgspec

from minicompose.model import Network

State = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
Health = Literal["none", "starting", "healthy", "unhealthy"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen and by keyword."""


class PublishedPort(Value, frozen=True, kw_only=True):
    """`host_port` is None for a port that is exposed and not published."""

    container_port: int
    protocol: str = "tcp"
    host_ip: str | None = None
    host_port: int | None = None


class ObservedMount(Value, frozen=True, kw_only=True):
    """`name` is a volume's, `source` a path of the engine's machine; `driver` is empty for what is no volume."""

    type: str
    target: str
    name: str = ""
    source: str = ""
    driver: str = ""


class ObservedContainer(Value, frozen=True, kw_only=True):
    """`created` is in seconds since 1970; `status` is the engine's sentence ("Up 5 minutes (healthy)").

    `networks` maps the names of the networks it is on to their ids.
    """

    id: str
    name: str
    service: str
    number: int
    state: State
    oneoff: bool = False
    health: Health = "none"
    exit_code: int | None = None
    image: str = ""
    image_id: str = ""
    labels: dict[str, str] = {}
    networks: dict[str, str] = {}
    ports: tuple[PublishedPort, ...] = ()
    command: str = ""
    created: int = 0
    status: str = ""
    mounts: tuple[ObservedMount, ...] = ()


class ObservedNetwork(Value, frozen=True, kw_only=True):
    """`definition` makes such a network again, with the addresses that the engine gave it."""

    id: str
    name: str
    driver: str = "bridge"
    labels: dict[str, str] = {}
    definition: Network = Network()


class ObservedVolume(Value, frozen=True, kw_only=True):
    """`mountpoint` is where it is on the engine's machine; `scope` is "local" or "global"."""

    name: str
    driver: str = "local"
    labels: dict[str, str] = {}
    mountpoint: str = ""
    scope: str = "local"


class Observed(Value, frozen=True, kw_only=True):
    """One project on one engine, and what it may share with others.

    `containers` are the project's, one-offs included. `networks` and `volumes` are all that the
    engine has, so that external ones and foreign ones of the same name are seen. `images` maps each
    name ("redis:8", "shop-backend:latest") to the image's id. `named_at` tells when some of them were
    given their names, in seconds since 1970: pulled, built or tagged. It has those whose age matters.
    `platforms` tells by service what platform its image is for, as "linux/arm64/v8", where one is asked for.
    """

    project: str
    containers: tuple[ObservedContainer, ...] = ()
    networks: tuple[ObservedNetwork, ...] = ()
    volumes: tuple[ObservedVolume, ...] = ()
    images: dict[str, str] = {}
    named_at: dict[str, float] = {}
    platforms: dict[str, str] = {}
