"""Which differences of a container's place on its networks are somebody's doing."""

from typing import Any

import pytest

from minicompose.engine.attached import network_drift
from minicompose.engine.protocol import Drift
from minicompose.planning.plan import Endpoint


@pytest.mark.parametrize(
    ("asked", "found", "told"),
    [
        ({"ipv4_address": "10.0.0.2"}, {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}, []),
        (
            {"ipv4_address": "10.0.0.2"},
            {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "IPAddress": "10.0.0.9"},
            [("ipv4_address", "10.0.0.2", "10.0.0.9")],
        ),
        ({"ipv4_address": "10.0.0.2"}, {"IPAMConfig": None}, [("ipv4_address", "10.0.0.2", None)]),
        ({"ipv6_address": "fd00:0::2"}, {"IPAMConfig": {"IPv6Address": "fd00::2"}}, []),
        ({}, {"IPAMConfig": None, "IPAddress": "10.0.0.3", "Aliases": None}, []),
        ({"aliases": ("web",)}, {"Aliases": None, "DNSNames": ["web", "4e87e6de7ddd"]}, []),
        ({"aliases": ("web", "www")}, {"Aliases": ["4e87e6de7ddd"]}, [("aliases", "web, www", None)]),
    ],
)
def test_what_differs_is_told_in_the_words_of_the_file(asked: Any, found: Any, told: list[Any]) -> None:
    assert list(network_drift((Endpoint(network="front", **asked),), {"front": found})) == [
        Drift(attribute=name, asked=old, found=new, network="front") for name, old, new in told
    ]


def test_a_container_that_asks_for_no_network_is_on_that_of_its_mode() -> None:
    assert list(network_drift((), {"bridge": {}})) == []
