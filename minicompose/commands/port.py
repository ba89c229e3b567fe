"""`minicompose port`: say where a container's port is reached.

Print the address and the port of the host at which a port of a service's container is reached. A service with several
containers has one for each: --index says which. With -p and no stack file, labels tell.

    minicompose port web 80
    minicompose port --protocol udp --index 2 dns 53
"""

import argparse
from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.commands.one_container import ALIVE, find_container
from minicompose.errors import ExitCode, MinicomposeError


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--protocol", choices=("tcp", "udp", "sctp"), default="tcp", help="the port's protocol (default: tcp)")
    add("--index", type=int, metavar="N", help="which of the service's containers (default: the first)")
    add("service", metavar="SERVICE")
    add("port", type=_port, metavar="PORT", help="the port inside of the container")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f'a port is a number up to 65535, not "{text}"')
    return int(text)


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.output.ports import address_text, ports_text, sorted_ports

    container = find_container(context, args.service, args.index, ALIVE, unknown=ExitCode.FAILED)
    for port in sorted_ports(container.ports):
        if (port.container_port, port.protocol) == (args.port, args.protocol) and port.host_port is not None:
            context.print(address_text(port))
            return ExitCode.OK
    raise MinicomposeError(
        f"{container.name} does not publish its port {args.port}/{args.protocol}",
        f"its ports: {ports_text(container.ports) or 'none'}",
    )
