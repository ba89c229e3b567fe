"""`use_api_socket`: a container that may talk to its own engine, with the user's credentials.

As the reference does it: the engine's socket is mounted where clients look for it, and a configuration
with the credentials of all registries is put beside the secrets, where DOCKER_CONFIG points.
"""

import sys

import msgspec

from minicompose.engine.api import Api
from minicompose.model import BindOptions, Mount, Sealed
from minicompose.planning.placement import file_volumes
from minicompose.planning.plan import ContainerSpec, InjectedFile

SOCKET = "/var/run/docker.sock"
CONFIG_DIRECTORY = "/run/secrets/docker"


def with_api_socket(spec: ContainerSpec, socket: str, configuration: bytes) -> ContainerSpec:
    """The spec with the socket and the configuration added.

    What the service says itself stays: a mount in the socket's place, or a DOCKER_CONFIG of its own.
    """
    service = spec.service
    volumes = service.volumes or ()
    if not any(mount.target == SOCKET for mount in volumes):
        there = BindOptions(create_host_path=False)  # a directory in its place would help nobody
        volumes = (*volumes, Mount(type="bind", source=socket, target=SOCKET, bind=there))
    environment = {"DOCKER_CONFIG": CONFIG_DIRECTORY, **(service.environment or {})}
    file = InjectedFile(target=f"{CONFIG_DIRECTORY}/config.json", content=Sealed(configuration))
    files = (*spec.injected, file)
    service = msgspec.structs.replace(service, volumes=volumes, environment=environment)
    return msgspec.structs.replace(spec, service=service, injected=files, file_volumes=file_volumes(service, files))


def socket_of(api: Api, engine: str) -> str:
    """Where the engine's own host has its socket; `engine` is the engine's name.

    It is the one that we use, unless the engine runs elsewhere: on another machine, or in a virtual one.
    """
    scheme, _, path = api.transport.address.partition("://")
    here = scheme == "unix" and sys.platform == "linux" and not engine.startswith("Docker Desktop")
    return path if here else SOCKET
