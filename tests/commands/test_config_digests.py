"""`config` with the digests of images, on a registry of its own."""

import json
from pathlib import Path

import pytest

from minicompose.cli import main
from tests.registry import registry

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("real_engine")]

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


def test_images_are_pinned_to_the_digests_that_the_registry_has(project: Path, capsys: Printed) -> None:
    with registry(project / "registry") as there:
        digest = there.push_test_image("shop:1")
        image = there.image("shop:1")
        Path("compose.yaml").write_text(
            f"services: {{web: {{image: '{image}'}}, pinned: {{image: 'x@sha256:{'0' * 64}'}}, own: {{build: .}}}}"
        )

        assert main(["config", "--resolve-image-digests", "--format", "json"]) == 0
        services = json.loads(capsys.readouterr().out)["services"]
        assert main(["config", "--lock-image-digests", "--format", "json"]) == 0
        override = json.loads(capsys.readouterr().out)

    assert services["web"]["image"] == f"{image}@{digest}"
    assert services["pinned"]["image"] == f"x@sha256:{'0' * 64}"
    assert "image" not in services["own"]
    assert override == {"services": {name: {"image": services[name]["image"]} for name in ("web", "pinned")}}


def test_an_override_of_digests_says_the_same_as_the_resolved_file(project: Path, capsys: Printed) -> None:
    with registry(project / "registry") as there:
        there.push_test_image("shop:1")
        Path("compose.yaml").write_text(f"services: {{web: {{image: '{there.image('shop:1')}', init: true}}}}")
        assert main(["config", "--lock-image-digests", "-o", "lock.yaml"]) == 0
        assert main(["config", "--resolve-image-digests"]) == 0
    resolved = capsys.readouterr().out

    assert main(["-f", "compose.yaml", "-f", "lock.yaml", "config"]) == 0

    assert capsys.readouterr().out == resolved


def test_every_image_that_a_registry_does_not_have_is_named_at_its_place(project: Path, capsys: Printed) -> None:
    with registry(project / "registry") as there:
        Path("compose.yaml").write_text(
            f"services:\n  a: {{image: '{there.image('a:1')}'}}\n  b: {{image: '{there.image('b:1')}'}}\n"
        )

        assert main(["config", "--resolve-image-digests"]) == 3

    printed = capsys.readouterr()
    assert printed.out == ""
    for line, name in ((2, "a"), (3, "b")):
        assert f"compose.yaml:{line}:14: services.{name}.image: no digest for {there.image(name)}:1" in printed.err


def test_a_private_registry_is_asked_with_the_users_credentials(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    with registry(project / "registry", private=True) as there:
        digest = there.push_test_image("shop:1")
        Path("compose.yaml").write_text(f"services: {{web: {{image: '{there.image('shop:1')}'}}}}")

        monkeypatch.setenv("DOCKER_CONFIG", str(project))
        assert main(["config", "--lock-image-digests"]) == 3
        monkeypatch.setenv("DOCKER_CONFIG", str(there.docker_config(project / "docker")))
        assert main(["config", "--lock-image-digests"]) == 0

    assert f"{there.image('shop:1')}@{digest}" in capsys.readouterr().out
