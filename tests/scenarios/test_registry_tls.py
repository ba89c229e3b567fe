"""A registry as it is in earnest: with TLS, a password, and an authority that the engine has been told of or not."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from minicompose.engine.contexts import TlsFiles
from tests.certificates import Authority
from tests.credential_helper import CredentialHelper
from tests.registry import PASSWORD, USER, Registry, own_address, registry, trusted
from tests.scenarios.stage import Stage
from tests.scenarios.test_registries import forget_images_of

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def keys(authority: Authority) -> TlsFiles:
    return authority.sign(f"IP:{own_address()}")


@pytest.fixture
def shelf(stage: Stage, authority: Authority, keys: TlsFiles) -> Iterator[Registry]:
    """A registry that the engine trusts, and a stack with an image for it that has been built."""
    with (
        registry(stage.directory / "registry", private=True, address=own_address(), tls=keys) as running,
        trusted(running.host, authority.ca),
    ):
        write_stack(stage, running)
        stage.good("build")
        yield running
        forget_images_of(running.host, stage)


def write_stack(stage: Stage, shelf: Registry) -> None:
    image = shelf.image(f"team/{stage.project}:1")
    stage.write(f"services: {{web: {{image: '{image}', build: {{dockerfile_inline: 'FROM busybox:test'}}}}}}")


def log_in(stage: Stage, host: str, environment: Mapping[str, str], password: str = PASSWORD) -> tuple[int, str]:
    words = ("login", host, "-u", USER, "--password-stdin")
    done = stage.piped(*words, given=f"{password}\n".encode(), environment=environment)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_from_a_login_over_a_push_and_a_pull_to_a_logout(stage: Stage, shelf: Registry) -> None:
    environment = {"DOCKER_CONFIG": str(stage.directory / "docker")}

    wrong, said = log_in(stage, f"https://{shelf.host}/v2/", environment, "wrong")
    assert (wrong, "are the name and the password right?" in said, "wrong" in said) == (3, True, False), said
    right, said = log_in(stage, f"https://{shelf.host}/v2/", environment)
    assert (right, "Login Succeeded" in said, PASSWORD in said) == (0, True, False), said

    pushed = stage.run("push", environment=environment)
    assert pushed.code == 0, pushed.said
    stage.engine.remove_image(shelf.image(f"team/{stage.project}:1"))
    pulled = stage.run("pull", environment=environment)
    assert pulled.code == 0, pulled.said

    stage.run("logout", shelf.host, environment=environment)
    refused = stage.run("pull", environment=environment)
    assert (refused.code, "minicompose login" in refused.err) == (1, True), refused.said


@pytest.mark.parametrize("setting", ["credsStore", "credHelpers"])
def test_a_credential_helper_has_the_password_and_the_configuration_has_not(
    stage: Stage, shelf: Registry, setting: str
) -> None:
    helper = CredentialHelper(stage.directory / "bin")
    helper.install()
    home = stage.directory / "docker"
    home.mkdir()
    said = {"credsStore": "test"} if setting == "credsStore" else {"credHelpers": {shelf.host: "test"}}
    (home / "config.json").write_text(json.dumps(said))
    environment = {"DOCKER_CONFIG": str(home), "PATH": f"{helper.directory}{os.pathsep}{os.environ['PATH']}"}

    code, told = log_in(stage, shelf.host, environment)
    pushed = stage.run("push", environment=environment)
    kept = helper.logins
    written = json.loads((home / "config.json").read_text())
    stage.run("logout", shelf.host, environment=environment)
    refused = stage.run("push", environment=environment)

    assert (code, pushed.code, refused.code) == (0, 0, 1), told + pushed.said + refused.said
    assert kept == {shelf.host: (USER, PASSWORD)}
    assert written["auths"] == {shelf.host: {}}
    assert helper.logins == {}


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no docker to compare with")
def test_docker_and_we_find_what_the_other_has_logged_in(stage: Stage, shelf: Registry) -> None:
    home = stage.directory / "docker"
    environment = {"DOCKER_CONFIG": str(home)}
    image = shelf.image(f"team/{stage.project}:1")

    log_in(stage, shelf.host, environment)
    ours = (home / "config.json").read_text()
    assert docker(home, "push", image) == 0
    assert docker(home, "logout", shelf.host) == 0
    assert stage.run("push", environment=environment).code == 1

    assert docker(home, "login", shelf.host, "-u", USER, "--password-stdin", given=PASSWORD) == 0
    assert (home / "config.json").read_text() == ours
    assert stage.run("push", environment=environment).code == 0
    stage.run("logout", shelf.host, environment=environment)
    assert docker(home, "push", image) == 1


def docker(home: Path, *words: str, given: str = "") -> int:
    command = ["docker", "--config", str(home), *words]
    return subprocess.run(command, input=given, text=True, capture_output=True, timeout=60, check=False).returncode


def test_an_authority_that_the_engine_does_not_know_is_said_with_where_it_belongs(stage: Stage, keys: TlsFiles) -> None:
    environment = {"DOCKER_CONFIG": str(stage.directory / "docker")}
    with registry(stage.directory / "registry", address=own_address(), tls=keys) as running:
        write_stack(stage, running)
        stage.good("build")
        code, said = log_in(stage, running.host, environment)
        transfers = [stage.run(verb, environment=environment) for verb in ("push", "pull")]
        forget_images_of(running.host, stage)

    assert (code, [done.code for done in transfers]) == (3, [1, 1])
    for text in (said, *(done.err for done in transfers)):
        assert "authority that the engine does not know" in text
        assert f"/etc/docker/certs.d/{running.host}/ca.crt" in text
        assert "trying again" not in text
    assert not (stage.directory / "docker").exists()


@pytest.mark.parametrize(
    ("whose", "days", "complaint"),
    [("", -1, "has expired or is not yet valid"), ("IP:10.1.2.3", 1, "certificate is valid for 10.1.2.3")],
)
def test_a_certificate_that_is_out_of_date_or_of_another_is_said_so(
    stage: Stage, authority: Authority, whose: str, days: int, complaint: str
) -> None:
    keys = authority.sign(whose or f"IP:{own_address()}", days=days)
    with (
        registry(stage.directory / "registry", address=own_address(), tls=keys) as running,
        trusted(running.host, authority.ca),
    ):
        code, said = log_in(stage, running.host, {"DOCKER_CONFIG": str(stage.directory / "docker")})

    assert (code, complaint in said) == (3, True), said


def test_a_registry_without_tls_is_said_with_how_the_engine_takes_it(stage: Stage) -> None:
    with registry(stage.directory / "registry", address=own_address()) as running:
        stage.write(f"services: {{web: {{image: '{running.image('app:1')}'}}}}")
        done = stage.run("pull")

    assert (done.code, "speaks without TLS" in done.err, "insecure-registries" in done.err) == (1, True, True), (
        done.said
    )
