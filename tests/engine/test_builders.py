"""Which builder builds."""

from typing import Any

import pytest

from minicompose.engine.builders import builder_of, chosen_builder
from minicompose.errors import UsageError
from minicompose.model import Build, BuildSecret, ByteSize

DOCKER = {"server": "Docker/20.10.24 (linux)", "ostype": "linux"}
PODMAN = {"server": "Libpod/4.3.1 (linux)", "libpod-api-version": "4.3.1", "builder-version": ""}


@pytest.mark.parametrize(
    ("greeting", "said", "builder"),
    [
        ({**DOCKER, "builder-version": "2"}, "", "buildkit"),
        ({**DOCKER, "builder-version": "1"}, "", "classic"),
        ({**DOCKER, "builder-version": "1"}, "1", "buildkit"),
        (DOCKER, "", "buildkit"),
        (DOCKER, "0", "classic"),
        (DOCKER, "False", "classic"),
        ({**DOCKER, "ostype": "windows"}, "", "classic"),
        (PODMAN, "", "classic"),
        (PODMAN, "1", "classic"),
        ({"builder-version": "2"}, "", "buildkit"),
        ({}, "", "classic"),
    ],
)
def test_the_engine_offers_a_builder_and_the_user_may_refuse_it(
    greeting: dict[str, str], said: str, builder: str
) -> None:
    environment = {"DOCKER_BUILDKIT": said} if said else {}

    assert chosen_builder(environment, greeting) == builder


def test_a_word_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(UsageError, match="neither yes nor no"):
        chosen_builder({"DOCKER_BUILDKIT": "maybe"}, DOCKER)


@pytest.mark.parametrize(
    ("fields", "api", "memory", "builder"),
    [
        ({}, (1, 41), None, "buildkit"),
        ({"shm_size": ByteSize(1)}, (1, 41), None, "classic"),
        ({"ulimits": {"nofile": 1}}, (1, 41), None, "classic"),
        ({"ulimits": {"nofile": 1}}, (1, 42), None, "buildkit"),
        ({"shm_size": ByteSize(1), "secrets": (BuildSecret(source="s"),)}, (1, 41), None, "buildkit"),
        ({}, (1, 45), 1 << 20, "classic"),
    ],
)
def test_what_only_the_classic_builder_can_do_it_does(
    fields: dict[str, Any], api: tuple[int, int], memory: int | None, builder: str
) -> None:
    assert builder_of(Build(**fields), "buildkit", api, memory=memory) == builder
    assert builder_of(Build(**fields), "classic", api, memory=memory) == "classic"
