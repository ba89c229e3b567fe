"""Configs and secrets in running containers: from every source, with owner and mode, wherever they go."""

import hashlib

import pytest

from tests.scenarios.stage import Stage

pytestmark = pytest.mark.engine

OUTSIDE = {"OUTSIDE": "from outside"}
SOURCES = """
configs:
  file: {file: ./file.txt}
  variable: {environment: OUTSIDE}
  inline: {content: "in the stack file\\n"}
secrets:
  file: {file: ./file.txt}
  variable: {environment: OUTSIDE}
"""
CONTENT = {"file": "in a file\n", "variable": "from outside", "inline": "in the stack file\n"}
KINDS = {
    "plain": "",
    "read-only": "read_only: true",
    "on-tmpfs": "tmpfs: [/run, /etc/mine]",
    "hardened": "{read_only: true, user: '5:7', tmpfs: [/run, /tmp]}",
}


def _service(name: str, more: str, grants: str) -> str:
    inside = more.removeprefix("{").removesuffix("}")
    words = ["image: 'busybox:test'", "init: true", "command: sleep 600", inside, grants]
    return f"  {name}: {{{', '.join(word for word in words if word)}}}\n"


def _write(stage: Stage, *services: str) -> None:
    (stage.directory / "file.txt").write_text(CONTENT["file"])
    stage.write("services:\n" + "".join(services) + SOURCES)


def _up(stage: Stage) -> None:
    done = stage.run("up", "-d", environment=OUTSIDE)
    assert done.code == 0, done.said


def _seen(stage: Stage, service: str, *paths: str) -> list[str]:
    """Files as the container sees them: "mode uid:gid content"."""
    script = 'for f in "$@"; do stat -c "%a %u:%g" $f | tr "\\n" " "; cat $f; printf "\\0"; done'
    done = stage.run("exec", "-T", "-u", "0", service, "sh", "-c", script, "-", *paths, environment=OUTSIDE)
    assert done.code == 0, done.said
    return done.out.split("\0")[:-1]


def test_owner_and_mode_are_those_that_are_asked_for(stage: Stage) -> None:
    """From each source, in every kind of container."""
    grants = []
    for kind, sources in (("configs", ("file", "variable", "inline")), ("secrets", ("file", "variable"))):
        asked = "target: /run/mine/{0}-{1}, uid: '5', gid: '7', mode: 0440"
        each = (f"{{source: {source}, {asked.format(kind, source)}}}" for source in sources)
        grants.append(f"{kind}: [{', '.join(each)}]")
    _write(stage, *(_service(kind, more, ", ".join(grants)) for kind, more in KINDS.items()))

    _up(stage)

    names = ("configs-file", "configs-variable", "configs-inline", "secrets-file", "secrets-variable")
    seen = {kind: _seen(stage, kind, *(f"/run/mine/{name}" for name in names)) for kind in KINDS}
    expected = [f"440 5:7 {CONTENT[name.partition('-')[2]]}" for name in names]
    assert seen == dict.fromkeys(KINDS, expected)


def test_without_a_word_files_are_in_their_places_for_all_to_read(stage: Stage) -> None:
    (stage.directory / "file.txt").touch(mode=0o644)
    _write(stage, *(_service(kind, more, "secrets: [file, variable], configs: [file]") for kind, more in KINDS.items()))

    _up(stage)

    places = ("/run/secrets/variable", "/run/secrets/file", "/file")
    seen = {kind: _seen(stage, kind, *places) for kind in KINDS}
    expected = ["444 0:0 from outside", "644 0:0 in a file\n", "644 0:0 in a file\n"]
    assert seen == dict.fromkeys(KINDS, expected)


def test_a_config_without_a_target_is_in_the_root_of_the_container(stage: Stage) -> None:
    _write(stage, _service("web", "", "configs: [inline, variable]"))

    _up(stage)

    assert _seen(stage, "web", "/inline", "/variable") == ["444 0:0 in the stack file\n", "444 0:0 from outside"]


def test_a_relative_target_begins_where_files_of_its_kind_are(stage: Stage) -> None:
    _write(stage, _service("web", "read_only: true", "secrets: [{source: variable, target: sub/mine}]"))

    _up(stage)

    assert _seen(stage, "web", "/run/secrets/sub/mine") == ["444 0:0 from outside"]


def test_every_replica_has_it(stage: Stage) -> None:
    _write(stage, _service("web", "{read_only: true, scale: 2}", "secrets: [variable]"))

    _up(stage)

    for index in ("1", "2"):
        done = stage.run("exec", "-T", "--index", index, "web", "cat", "/run/secrets/variable", environment=OUTSIDE)
        assert done.out == "from outside"


def test_a_directory_is_mounted_whole(stage: Stage) -> None:
    _write(stage, _service("web", "read_only: true", "secrets: [directory]"))
    (stage.directory / "directory" / "inner").mkdir(parents=True)
    (stage.directory / "directory" / "inner" / "key").write_text("deep")
    with (stage.directory / "compose.yaml").open("a") as stack:
        stack.write("  directory: {file: ./directory}\n")

    _up(stage)

    (seen,) = _seen(stage, "web", "/run/secrets/directory/inner/key")
    assert seen.endswith(" deep")


def test_bytes_arrive_as_they_are_and_large_files_whole(stage: Stage) -> None:
    content = bytes(range(256)) * (16 << 10)
    _write(stage, _service("web", "read_only: true", "secrets: [{source: bytes, target: /run/a/b, mode: 0400}]"))
    (stage.directory / "bytes").write_bytes(content)
    with (stage.directory / "compose.yaml").open("a") as stack:
        stack.write("  bytes: {file: ./bytes}\n")

    _up(stage)

    done = stage.run("exec", "-T", "web", "sha256sum", "/run/a/b", environment=OUTSIDE)
    assert done.out.split()[0] == hashlib.sha256(content).hexdigest()


def test_what_the_image_has_in_the_directory_stays(stage: Stage) -> None:
    _write(stage, _service("web", "read_only: true", "configs: [{source: inline, target: /bin/mine}]"))

    _up(stage)

    assert _seen(stage, "web", "/bin/mine") == ["444 0:0 in the stack file\n"]


def test_the_volumes_of_files_come_and_go_with_their_containers(stage: Stage) -> None:
    _write(stage, _service("web", "read_only: true", "secrets: [variable]"))
    _up(stage)
    before = _volumes_of(stage)
    changed = stage.run("up", "-d", environment={"OUTSIDE": "changed"})
    assert changed.code == 0, changed.said
    after = _volumes_of(stage)
    assert stage.run("exec", "-T", "web", "cat", "/run/secrets/variable", environment=OUTSIDE).out == "changed"

    stage.good("down")

    assert before and after and not before & after
    assert not (before | after) & {volume.name for volume in stage.observe().volumes}


def _volumes_of(stage: Stage) -> set[str]:
    return {mount["Name"] for mount in stage.inspect("web-1")["Mounts"] if mount["Type"] == "volume"}


def test_nothing_is_in_clear_in_labels_or_in_what_is_printed(stage: Stage) -> None:
    grants = "secrets: [variable], configs: [{source: variable, target: /run/mine/c}]"
    _write(stage, _service("web", "read_only: true", grants))
    planned = [stage.run("plan", "--format", form, environment=OUTSIDE).said for form in ("text", "json")]
    done = stage.run("--progress", "json", "up", "-d", environment=OUTSIDE)

    inspected = str(stage.inspect("web-1"))

    assert done.code == 0
    assert "from outside" not in "".join((*planned, done.said, inspected))


@pytest.mark.parametrize(
    ("more", "grants", "path", "word"),
    [
        ("read_only: true", "configs: [inline]", "services.web.configs[0]", "/inline cannot be put there"),
        (
            "tmpfs: /run/secrets",
            "secrets: [variable]",
            "services.web.secrets[0]",
            "a tmpfs, which is empty when the container starts",
        ),
        (
            "volumes: ['data:/data:ro']",
            "configs: [{source: inline, target: /data/mine}]",
            "services.web.configs[0]",
            "what is mounted on /data is read-only",
        ),
        (
            "tmpfs: /etc/mine",
            "configs: [{source: file, target: /etc/mine}]",
            "services.web.configs[0]",
            "something else is mounted on /etc/mine",
        ),
        ("", "secrets: [{source: file, uid: root}]", "services.web.secrets[0].uid", '"root" is not a number'),
    ],
)
def test_what_has_no_place_is_told_at_its_place_before_anything_is_made(
    stage: Stage, more: str, grants: str, path: str, word: str
) -> None:
    _write(stage, _service("web", more, grants))
    with (stage.directory / "compose.yaml").open("a") as stack:
        stack.write("volumes: {data: {}}\n")

    done = stage.run("up", "-d", environment=OUTSIDE)

    assert done.code == 2
    assert done.err.startswith("compose.yaml:2:")
    assert path in done.err
    assert word in done.err
    assert (stage.containers(), stage.networks(), stage.volumes()) == ({}, [], [])
    assert stage.run("config", "-q", environment=OUTSIDE).code == 0
