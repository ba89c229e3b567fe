"""`login` and `logout`: what they keep, where, and what they say."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.credentials import Credentials
from tests.commands.shop import Shop
from tests.credential_helper import CredentialHelper

SERVER = "registry.example:5000"
HUB = "https://index.docker.io/v1/"


@pytest.fixture
def home(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, of somebody whom the registries know as ann."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("PATH", "/nowhere")
    for server in (SERVER, HUB):
        shop.engine.passwords[server, "ann"] = "secret"
    return tmp_path / "docker"


@pytest.fixture
def helper(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CredentialHelper:
    made = CredentialHelper(tmp_path / "bin")
    made.install()
    monkeypatch.setenv("PATH", str(made.directory))
    configure(home, credsStore="test")
    return made


def configure(home: Path, **said: Any) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.json").write_text(json.dumps(said))


def config(home: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((home / "config.json").read_text())
    return read


def log_in(shop: Shop, monkeypatch: pytest.MonkeyPatch, *words: str, password: str = "secret", code: int = 0) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return shop.run("login", *words, "-u", "ann", "--password-stdin", code=code, named=False)


def test_a_login_is_kept_in_dockers_configuration_for_its_owner_alone(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log_in(shop, monkeypatch, f"https://{SERVER}/v2/") == "Login Succeeded\n"

    assert config(home) == {"auths": {SERVER: {"auth": base64.b64encode(b"ann:secret").decode()}}}
    assert (home / "config.json").stat().st_mode & 0o777 == 0o600
    assert "not encrypted" in shop.err
    assert Credentials({"DOCKER_CONFIG": str(home)}).pull_headers(f"{SERVER}/web")


def test_everything_else_in_the_configuration_stays(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"proxies": {"default": {}}, "auths": {"other": {"auth": "eDp5"}}, "currentContext": "default"}
    configure(home, **there)

    log_in(shop, monkeypatch)
    assert set(config(home)["auths"]) == {"other", HUB}

    assert shop.run("logout", named=False) == f"Removing login credentials for {HUB}\n"
    assert config(home) == there


def test_a_link_to_the_configuration_is_followed(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "real.json").write_text("{}")
    (home / "config.json").symlink_to("real.json")

    log_in(shop, monkeypatch, SERVER)

    assert (home / "config.json").is_symlink()
    assert SERVER in config(home)["auths"]


def test_a_credential_helper_keeps_and_forgets_what_the_configuration_then_does_not_have(
    shop: Shop, home: Path, helper: CredentialHelper, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(shop, monkeypatch, SERVER)

    assert helper.logins == {SERVER: ("ann", "secret")}
    assert config(home) == {"credsStore": "test", "auths": {SERVER: {}}}
    assert "not encrypted" not in shop.err

    shop.run("logout", SERVER, named=False)
    assert (helper.logins, config(home)["auths"]) == ({}, {})


def test_a_helper_for_one_registry_comes_before_that_for_all(
    shop: Shop, home: Path, helper: CredentialHelper, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, credsStore="missing", credHelpers={SERVER: "test"})

    log_in(shop, monkeypatch, SERVER)

    assert SERVER in helper.logins


def test_a_helper_that_is_not_there_is_named(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, credsStore="missing")

    log_in(shop, monkeypatch, SERVER, code=3)

    assert "docker-credential-missing" in shop.err


def test_the_helper_that_docker_would_take_is_taken(
    shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = CredentialHelper(tmp_path / "bin", "secretservice")
    made.install()
    monkeypatch.setenv("PATH", str(made.directory))
    monkeypatch.setattr("sys.platform", "linux")

    log_in(shop, monkeypatch, SERVER)

    assert (SERVER in made.logins, config(home)["credsStore"]) == (True, "secretservice")


def test_a_wrong_password_is_refused_and_not_kept(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(shop, monkeypatch, SERVER, password="wrong", code=3)

    assert "are the name and the password right?" in shop.err
    assert "wrong" not in shop.err
    assert not (home / "config.json").exists()


def test_a_login_that_is_kept_is_enough(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(shop, monkeypatch, SERVER)

    assert shop.run("login", SERVER, named=False) == "Login Succeeded\n"


@pytest.mark.usefixtures("home")
def test_without_a_terminal_nobody_is_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    shop.run("login", SERVER, code=2, named=False)
    assert "--password-stdin" in shop.err
    shop.run("login", SERVER, "--password-stdin", code=2, named=False)
    assert "--username" in shop.err


@pytest.mark.usefixtures("home")
def test_logging_out_from_where_nobody_is_logged_in_is_no_error(shop: Shop) -> None:
    assert shop.run("logout", SERVER, named=False) == f"Not logged in to {SERVER}\n"


def test_a_dry_run_keeps_nothing(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(shop, monkeypatch, SERVER, "--dry-run")

    assert (shop.engine.called(), (home / "config.json").exists()) == ([], False)
