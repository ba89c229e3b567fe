"""The names of services and profiles, from files that may be half written."""

from pathlib import Path

import pytest

from minicompose.cli import main
from minicompose.completion.names import Names, read_names


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


def names(here: Path, environment: dict[str, str] | None = None, **said: list[str]) -> Names:
    options = {f"--{name.replace('_', '-')}": values for name, values in said.items()}
    return read_names(options, environment or {}, str(here))


def test_services_come_with_their_images_and_profiles_once(here: Path) -> None:
    (here / "compose.yaml").write_text(
        """
        services:
          web: {image: "shop:1", profiles: [tools]}
          db:
            profiles: ["tools", debug]
            build: .
        """
    )

    found = names(here)

    assert found.services == {"web": "shop:1", "db": ""}
    assert list(found.profiles) == ["tools", "debug"]


def test_the_file_is_looked_for_in_the_directories_above_with_its_override(here: Path) -> None:
    (here / "compose.yaml").write_text("services: {web: {image: a}}")
    (here / "compose.override.yaml").write_text("services: {extra: {image: b}}")
    below = here / "deep" / "down"
    below.mkdir(parents=True)

    assert list(names(below).services) == ["web", "extra"]


def test_files_are_those_of_the_options_then_of_the_environment_then_of_the_env_file(here: Path) -> None:
    for name in ("compose", "one", "two", "three"):
        (here / f"{name}.yaml").write_text(f"services: {{{name}: {{image: a}}}}")
    assert list(names(here).services) == ["compose"]
    (here / ".env").write_text('# where\nexport COMPOSE_FILE="one.yaml:two.yaml"\nX=y\n')
    assert list(names(here).services) == ["one", "two"]
    assert list(names(here, {"COMPOSE_FILE": "two.yaml"}).services) == ["two"]
    assert list(names(here, {"COMPOSE_FILE": "two.yaml"}, file=["three.yaml"]).services) == ["three"]


def test_the_projects_directory_and_an_env_file_may_be_named(here: Path) -> None:
    (here / "compose.yaml").write_text("services: {web: {image: a}}")
    (here / "other.yaml").write_text("services: {other: {image: a}}")
    (here / "my.env").write_text("COMPOSE_FILE=other.yaml\n")

    assert list(names(here.parent, project_directory=["shop"]).services) == ["web"]
    assert list(names(here, env_file=["my.env"]).services) == ["other"]


def test_what_a_file_includes_is_read_too_and_a_circle_ends(here: Path) -> None:
    (here / "more").mkdir()
    (here / "compose.yaml").write_text(
        "include: [more/a.yaml, {path: [more/b.yaml, '${D:-more}/c.yaml']}]\nservices: {web: {image: x}}"
    )
    (here / "more" / "a.yaml").write_text("include: [../compose.yaml]\nservices: {a: {image: x}}")
    (here / "more" / "b.yaml").write_text("services: {b: {image: x}}")
    (here / "more" / "c.yaml").write_text("services: {c: {image: x}}")

    assert list(names(here).services) == ["web", "a", "b", "c"]


def test_anchors_and_merges_and_tags_are_seen_through(here: Path) -> None:
    (here / "compose.yaml").write_text(
        """
        x-base: &base {image: shop, profiles: &p [tools]}
        services:
          web: {<<: *base}
          db: {image: !override postgres, profiles: *p}
          old: !reset null
        """
    )

    assert names(here).services == {"web": "shop", "db": "postgres", "old": ""}
    assert list(names(here).profiles) == ["tools"]


BROKEN = """\
services:
  web:
    image: "shop:1"
    profiles: [tools, 'debug']
    environment:
      FOO: bar
  db:
    image: postgres
    profiles:
      - "nightly"
    ports: [80
  "worker":
    depends_on: {
volumes:
  data:
"""


def test_of_a_file_that_is_broken_what_the_lines_tell_is_offered(here: Path) -> None:
    (here / "compose.yaml").write_text(BROKEN)

    found = names(here)

    assert found.services == {"web": "shop:1", "db": "postgres", "worker": ""}
    assert list(found.profiles) == ["tools", "debug", "nightly"]


@pytest.mark.parametrize("length", range(len(BROKEN)))
def test_however_far_a_file_has_been_written_nothing_fails(length: int, here: Path) -> None:
    (here / "compose.yaml").write_text(BROKEN[:length])

    assert set(names(here).services) <= {"web", "db", "worker", *("worker"[:n] for n in range(7)), "d", "w", "we"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"- a\n- b\n",
        b"services: [web]",
        b"services:\n  ? [a]\n  : b\n",
        b"services: *gone",
        b"{[" * 500,
    ],
)
def test_what_is_no_stack_file_has_no_names(content: bytes, here: Path) -> None:
    (here / "compose.yaml").write_bytes(content)

    assert names(here).services == {}


def test_what_cannot_be_read_is_left_out(here: Path) -> None:
    (here / "compose.yaml").mkdir()

    assert names(here).services == {}
    assert names(here, file=["-", "none.yaml", "/dev/zero"]).services == {}


def test_a_very_large_file_is_read_by_its_lines(here: Path) -> None:
    services = "".join(f"  service-{number}:\n    image: shop\n" for number in range(20_000))
    (here / "compose.yaml").write_text(f"services:\n{services}")

    assert len(names(here).services) == 20_000


def test_the_names_are_those_that_the_command_knows(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "compose.yaml").write_text("include: [b.yaml]\nservices: {web: {image: a}}")
    (here / "compose.override.yaml").write_text("services: {db: {image: a, profiles: [tools]}}")
    (here / "b.yaml").write_text("services: {job: {image: a}}")
    monkeypatch.chdir(here)
    monkeypatch.delenv("COMPOSE_FILE", raising=False)

    assert main(["--profile", "*", "config", "--services"]) == 0

    assert sorted(names(here).services) == sorted(capsys.readouterr().out.split())
