"""Which login goes with an image, by Docker's configuration, its credential helpers and DOCKER_AUTH_CONFIG.

What is expected of each configuration is what `docker compose pull` 2.40.3 sends to the engine with it.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.credentials import Credentials
from minicompose.errors import EngineRefused, UsageError
from tests.credential_helper import CredentialHelper

HUB = "https://index.docker.io/v1/"
HOST = "reg.example:5000"
IMAGE = f"{HOST}/team/app:1"


def auth(pair: str) -> dict[str, str]:
    return {"auth": base64.b64encode(pair.encode()).decode()}


ANN = {"username": "ann", "password": "s"}


@pytest.fixture
def helper(tmp_path: Path) -> CredentialHelper:
    made = CredentialHelper(tmp_path / "bin")
    made.install()
    made.hold(HOST, "ann", "s")
    made.hold(HUB, "hub", "h")
    made.hold("token.example", "<token>", "t")
    return made


@pytest.fixture
def home(tmp_path: Path, helper: CredentialHelper) -> Path:
    (tmp_path / "docker").mkdir()
    for name, script in (("locked", "echo 'the keychain is locked'; exit 1"), ("odd", "echo yes")):
        program = helper.directory / f"docker-credential-{name}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return tmp_path


def credentials(home: Path, config: dict[str, Any], **environment: Any) -> Credentials:
    (home / "docker" / "config.json").write_text(json.dumps(config))
    given = {name: json.dumps(value) for name, value in environment.items()}
    return Credentials({"DOCKER_CONFIG": str(home / "docker"), "PATH": str(home / "bin"), **given})


def sent(credentials: Credentials, image: str) -> dict[str, str] | None:
    headers = credentials.pull_headers(image)
    if not headers:
        return None
    told = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    assert told.pop("serveraddress")
    return dict(told)


@pytest.mark.parametrize(
    ("config", "image", "login"),
    [
        ({"auths": {HOST: auth("ann:s")}}, IMAGE, ANN),
        ({"auths": {f"https://{HOST}/v1/": auth("ann:s")}}, IMAGE, ANN),
        ({"auths": {f"http://{HOST}": auth("ann:s")}}, IMAGE, ANN),
        ({"auths": {f"{HOST}/team": auth("ann:s")}}, IMAGE, ANN),
        ({"auths": {"reg.example": auth("ann:s")}}, IMAGE, None),
        ({"auths": {"localhost": auth("ann:s")}}, "localhost/app", ANN),
        ({"auths": {HUB: auth("ann:s")}}, "busybox", ANN),
        ({"auths": {HUB: auth("ann:s")}}, "team/app", ANN),
        ({"auths": {HUB: auth("ann:s")}}, "docker.io/library/busybox", ANN),
        ({"auths": {HUB: auth("ann:s")}}, "index.docker.io/library/busybox", ANN),
        ({"auths": {HUB: auth("ann:s")}}, "ghcr.io/busybox", None),
        ({"auths": {HOST: auth("ann:s:t")}}, IMAGE, {"username": "ann", "password": "s:t"}),
        ({"auths": {HOST: ANN}}, IMAGE, ANN),
        ({"auths": {HOST: {**auth("ann:"), "identitytoken": "t"}}}, IMAGE, {"username": "ann", "identitytoken": "t"}),
        ({"auths": {HOST: {"identitytoken": "t"}}}, IMAGE, {"identitytoken": "t"}),
        ({"auths": {HOST: {}}}, IMAGE, None),
        ({"auths": {"other.example": {"auth": "!"}, HOST: auth("ann:s")}}, IMAGE, ANN),
        ({}, IMAGE, None),
    ],
)
def test_the_file_has_the_login(home: Path, config: dict[str, Any], image: str, login: dict[str, str] | None) -> None:
    assert sent(credentials(home, config), image) == login


@pytest.mark.parametrize(
    ("config", "image", "login"),
    [
        ({"credsStore": "test"}, IMAGE, ANN),
        ({"credsStore": "test"}, "busybox", {"username": "hub", "password": "h"}),
        ({"credsStore": "test"}, "token.example/app", {"identitytoken": "t"}),
        ({"credsStore": "test"}, "none.example/app", None),
        ({"credsStore": "test", "auths": {"none.example": auth("ann:s")}}, "none.example/app", None),
        ({"credHelpers": {HUB: "test"}}, "busybox", {"username": "hub", "password": "h"}),
        ({"credHelpers": {HOST: "test"}, "credsStore": "missing"}, IMAGE, ANN),
        ({"credHelpers": {"other.example": "missing"}, "auths": {HOST: auth("ann:s")}}, IMAGE, ANN),
        ({"credHelpers": {HOST: ""}, "credsStore": "missing"}, IMAGE, None),
        ({"credHelpers": {HOST: ""}, "credsStore": "missing", "auths": {HOST: auth("ann:s")}}, IMAGE, ANN),
    ],
)
def test_a_credential_helper_has_the_login(
    home: Path, config: dict[str, Any], image: str, login: dict[str, str] | None
) -> None:
    assert sent(credentials(home, config), image) == login


@pytest.mark.parametrize(
    ("given", "config", "login"),
    [
        ({"auths": {HOST: auth("env:s")}}, {"auths": {HOST: auth("ann:s")}}, {"username": "env", "password": "s"}),
        ({"auths": {HOST: auth("env:s")}}, {"credsStore": "test"}, {"username": "env", "password": "s"}),
        ({"auths": {"other.example": auth("env:s")}}, {"auths": {HOST: auth("ann:s")}}, ANN),
        ({"auths": {f"https://{HOST}": auth("env:s")}}, {}, None),
        ({"auths": {HOST: ANN}}, {}, None),
        ({"auths": {HOST: auth("env:s")}, "credsStore": "test"}, {"auths": {HOST: auth("ann:s")}}, ANN),
        ("no configuration", {"auths": {HOST: auth("ann:s")}}, ANN),
    ],
)
def test_what_the_environment_gives_comes_first(
    home: Path, given: Any, config: dict[str, Any], login: dict[str, str] | None
) -> None:
    assert sent(credentials(home, config, DOCKER_AUTH_CONFIG=given), IMAGE) == login


@pytest.mark.parametrize(
    ("name", "why"), [("missing", "not in PATH"), ("locked", "the keychain is locked"), ("odd", "its answer")]
)
def test_a_helper_that_does_not_serve_is_named_with_its_reason(home: Path, name: str, why: str) -> None:
    with pytest.raises(EngineRefused, match=why) as told:
        credentials(home, {"credsStore": name}).pull_headers(IMAGE)

    assert f"docker-credential-{name}" in told.value.message


@pytest.mark.parametrize("written", ["!!!", "YW5u", 7])
def test_a_login_that_is_no_login_is_an_error_where_it_is_needed(home: Path, written: Any) -> None:
    with pytest.raises(UsageError, match=HOST) as told:
        credentials(home, {"auths": {HOST: {"auth": written}}}).pull_headers(IMAGE)

    assert f"minicompose login {HOST}" in told.value.hint


@pytest.mark.parametrize(
    ("config", "servers", "complaints"),
    [
        ({"auths": {HOST: auth("ann:s"), "empty.example": {}}}, {HOST}, 0),
        ({"auths": {HOST: auth("ann:s"), "bad.example": {"auth": "!"}}}, {HOST}, 1),
        ({"credsStore": "test", "auths": {"old.example": auth("x:y")}}, {HOST, HUB, "token.example"}, 0),
        ({"credHelpers": {HOST: "test", "locked.example": "locked"}, "auths": {HUB: auth("x:y")}}, {HOST, HUB}, 1),
        ({}, set(), 0),
    ],
)
def test_a_build_gets_all_logins_that_can_be_had(
    home: Path, config: dict[str, Any], servers: set[str], complaints: int
) -> None:
    told: list[str] = []

    headers = credentials(home, config).build_headers(told.append)

    given = json.loads(base64.urlsafe_b64decode(headers.get("X-Registry-Config", "e30=")))
    assert (set(given), len(told)) == (servers, complaints)


def test_a_push_without_a_login_says_nobody(home: Path) -> None:
    assert credentials(home, {}).push_headers(IMAGE) == {"X-Registry-Auth": "e30="}
