"""What Podman answers, in the shape in which Docker does."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from minicompose.regex import regex

# Docker Hub's names are short ones for Docker's clients; Podman spells them out.
_HUB = ("docker.io/library/", "docker.io/")
# What is built or loaded there without a registry's name.
_ITS_OWN = "localhost/"
_STATES = {"configured": "created", "initialized": "created", "stopped": "exited", "stopping": "running", "": "created"}
# An option of a network that Podman takes by Docker's name, and keeps by its own.
_OPTIONS = {"mtu": "com.docker.network.driver.mtu"}
# It sets this one by itself, for Docker's clients.
_OWN_OPTION = "isolate"
_DEFAULT_NETWORK = {"podman": "bridge"}
_WITH_PORTS = ("running", "paused")
_ANY_ADDRESS = "0.0.0.0"
# Its own columns, by the titles that the `ps` of Docker's machine gives them.
_TITLES = {"USER": "UID", "%CPU": "C", "COMMAND": "CMD"}

Told = dict[str, Any]


Mend = Callable[[bytes], bytes]


class Refused(Exception):
    """Podman's refusal, by the status and in the words that Docker gives it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def mended(method: str, path: str) -> Mend | None:
    """What makes Docker's of the body of an answer; None for one that is the same already. It may raise Refused."""
    for its_method, pattern, mend in _MENDED:
        if its_method == method and pattern.fullmatch(path):
            return mend
    return None


def short_name(image: str) -> str:
    """An image's name as Docker has it."""
    for prefix in _HUB:
        if image.startswith(prefix):
            return image.removeprefix(prefix)
    return image


def _inspected_container(body: bytes) -> bytes:
    told: Told = msgspec.json.decode(body)
    state = told["State"]
    state["Status"] = _STATES.get(state["Status"], state["Status"])
    if not (state.get("Health") or {}).get("Status"):
        state.pop("Health", None)  # it tells of a check where there is none
    told["Config"]["Image"] = short_name(told["Config"]["Image"])
    settings = told.get("NetworkSettings") or {}
    settings["Networks"] = _networks_of_one(settings.get("Networks"))
    for network in settings["Networks"].values():
        # It does not tell which addresses were asked for; those that it gives are those, where any were.
        network["IPAMConfig"] = network.get("IPAMConfig") or {
            "IPv4Address": network.get("IPAddress", ""),
            "IPv6Address": network.get("GlobalIPv6Address", ""),
        }
    return msgspec.json.encode(told)


def _container_list(body: bytes) -> bytes:
    told: list[Told] = msgspec.json.decode(body)
    for its in told:
        its["State"] = _STATES.get(its["State"], its["State"])
        its["Image"] = short_name(its["Image"])
        its["Ports"] = _ports(its)
        settings = its.get("NetworkSettings") or {}
        settings["Networks"] = _networks_of_one(settings.get("Networks"))
    return msgspec.json.encode(told)


def _ports(its: Told) -> list[Told]:
    """Those that are published now: Podman also lists what a container had, and no address where it is any."""
    if its["State"] not in _WITH_PORTS:
        return []
    return [{"IP": _ANY_ADDRESS, **port} if "PublicPort" in port else port for port in its.get("Ports") or ()]


def _networks_of_one(networks: Told | None) -> Told:
    return {_DEFAULT_NETWORK.get(name, name): its for name, its in (networks or {}).items()}


def _network_list(body: bytes) -> bytes:
    """From Podman's own list."""
    return msgspec.json.encode([_network(its) for its in msgspec.json.decode(body)])


def _network(its: Told) -> Told:
    return {
        "Name": _DEFAULT_NETWORK.get(its["name"], its["name"]),
        "Id": its["id"],
        "Driver": its["driver"],
        "Labels": its.get("labels") or {},
        "Options": {
            _OPTIONS.get(name, name): value for name, value in (its.get("options") or {}).items() if name != _OWN_OPTION
        },
        "Internal": bool(its.get("internal")),
        "Attachable": False,
        "EnableIPv6": bool(its.get("ipv6_enabled")),
        "IPAM": {"Driver": "default", "Config": [_pool(subnet) for subnet in its.get("subnets") or ()]},
    }


def _pool(subnet: Told) -> Told:
    pool = {"Subnet": subnet["subnet"], "Gateway": subnet.get("gateway", "")}
    lease = subnet.get("lease_range") or {}
    if lease.get("start_ip") and lease.get("end_ip"):
        pool["IPRange"] = _range(lease["start_ip"], lease["end_ip"])
    return pool


def _range(first: str, last: str) -> str:
    """The addresses that were asked for as a prefix; Podman keeps the first that can be given away, and the last."""
    import ipaddress  # few networks say which of their addresses are given away

    start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
    whole = list(ipaddress.summarize_address_range(start - 1, end))
    return str(whole[0]) if len(whole) == 1 else f"{first}-{last}"


def _image_list(body: bytes) -> bytes:
    """Images with all names that find them: "localhost/app:1" is "app:1", too, unless another image is called so."""
    told: list[Told] = msgspec.json.decode(body)
    for its in told:
        for names in ("RepoTags", "RepoDigests"):
            its[names] = [short_name(name) for name in its.get(names) or ()]
    taken = {name for its in told for name in its["RepoTags"]}
    for its in told:
        shorter = [name.removeprefix(_ITS_OWN) for name in its["RepoTags"] if name.startswith(_ITS_OWN)]
        its["RepoTags"] += [name for name in shorter if name not in taken]
    return msgspec.json.encode(told)


def _inspected_image(body: bytes) -> bytes:
    told: Told = msgspec.json.decode(body)
    for names in ("RepoTags", "RepoDigests"):
        told[names] = [short_name(name) for name in told.get(names) or ()]
    return msgspec.json.encode(told)


def _committed(body: bytes) -> bytes:
    told: Told = msgspec.json.decode(body)
    return msgspec.json.encode({**told, "Id": _with_algorithm(told["Id"])})


def _with_algorithm(id: str) -> str:
    return id if ":" in id else f"sha256:{id}"


def _processes(body: bytes) -> bytes:
    if not body.strip():
        raise Refused(409, "the container is not running")
    told: Told = msgspec.json.decode(body)
    titles = [_TITLES.get(title, title) for title in told["Titles"]]
    return msgspec.json.encode({**told, "Titles": titles})


def _nothing(body: bytes) -> bytes:
    """It says OK, where Docker says nothing."""
    del body
    return b""


def of_this_host(body: bytes) -> bytes:
    """It makes up another ID for each request; a host's name and a place on its disk say as much."""
    told: Told = msgspec.json.decode(body)
    return msgspec.json.encode({**told, "ID": f"{told.get('Name', '')}:{told.get('DockerRootDir', '')}"})


_MENDED: tuple[tuple[str, re.Pattern[str], Mend], ...] = (
    ("GET", regex(r"/containers/json"), _container_list),
    ("GET", regex(r"/containers/[^/]+/json"), _inspected_container),
    ("GET", regex(r"/containers/[^/]+/top"), _processes),
    ("GET", regex(r"/networks"), _network_list),
    ("POST", regex(r"/networks/[^/]+/(?:dis)?connect"), _nothing),
    ("GET", regex(r"/images/json"), _image_list),
    ("GET", regex(r"/images/.+/json"), _inspected_image),
    ("POST", regex(r"/commit"), _committed),
)


# ---- what lists do not tell ----


def with_health_and_networks(containers: bytes, own: bytes, networks: bytes) -> bytes:
    """The list of containers with what Docker's has besides: how healthy each is, from Podman's `own` list, and the
    ids of its networks.
    """
    health = {its["Id"]: its.get("Status") or "" for its in msgspec.json.decode(own)}
    ids = {its["Name"]: its["Id"] for its in msgspec.json.decode(networks)}
    told: list[Told] = msgspec.json.decode(containers)
    for its in told:
        checked = health.get(its["Id"], "")
        if its["State"] == "running" and checked and not its["Status"].endswith(")"):
            its["Status"] += f" (health: {checked})" if checked == "starting" else f" ({checked})"
        for name, network in its["NetworkSettings"]["Networks"].items():
            if network is not None:
                network["NetworkID"] = ids.get(name, network.get("NetworkID"))
    return msgspec.json.encode(told)
