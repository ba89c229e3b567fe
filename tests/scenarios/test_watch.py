"""Files that change while a stack runs, on the real engine: `watch` and `up --watch`."""

import io
import tarfile

import pytest

from tests.scenarios.stage import Running, Stage

pytestmark = pytest.mark.engine

STACK = """
services:
  web:
    image: busybox:test
    init: true
    command: [sh, -c, "echo web begins; exec sleep 600"]
    stop_grace_period: 0s
    scale: 2
    develop:
      watch:
        - {path: src, action: sync, target: /app, ignore: [node_modules/]}
        - {path: conf, action: sync+restart, target: /conf}
        - {path: more, action: sync+exec, target: /more, exec: {command: [sh, -c, "cp /more/a /tmp/$$NAME"],
           environment: {NAME: told}, working_dir: /tmp}}
        - {path: flag, action: restart}
  api:
    build: image
    init: true
    command: sleep 600
    stop_grace_period: 0s
    develop:
      watch:
        - {path: image, action: rebuild}
        - {path: lib, action: sync, target: /lib/mine, initial_sync: true}
"""


def prepare(stage: Stage) -> None:
    stage.write(STACK)
    for name in ("src", "conf", "more", "image", "lib"):
        (stage.directory / name).mkdir()
    save(stage, "image/Dockerfile", "FROM busybox:test\nCOPY . /image\n")
    save(stage, "image/.dockerignore", "skipped\n")
    save(stage, "lib/first", "there before")


def save(stage: Stage, path: str, text: str) -> None:
    """As an editor saves: a new file takes the place of the old one."""
    file = stage.directory / path
    (new := file.with_name(f"{file.name}~")).write_text(text)
    new.replace(file)


def content(stage: Stage, service: str, path: str, index: int = 1) -> str:
    data = b"".join(stage.engine.read_files(f"{stage.project}-{service}-{index}", path))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        file = tar.extractfile(tar.getmembers()[0])
        return file.read().decode() if file else ""


def begins(watch: Running) -> Running:
    watch.until("watching src, conf, more, flag for web; image, lib for api")
    return watch


def both(watch: Running, what: str) -> None:
    """Wait until it has been done with both containers of web, whichever was the first."""
    for _ in range(2):
        watch.until(f": {what} (")


def test_saves_reach_every_replica_and_what_is_removed_goes(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch") as watch:
        begins(watch)
        (stage.directory / "src/node_modules").mkdir()
        save(stage, "src/node_modules/a", "ignored")
        save(stage, "src/a", "saved")
        watch.until("web: copied src/a to /app/a in 2 containers")
        seen = [content(stage, "web", "/app/a", index) for index in (1, 2)]
        (stage.directory / "src/a").unlink()
        watch.until("web: removed /app/a in 2 containers")
        watch.interrupt()
        ended = watch.end()

    assert seen == ["saved", "saved"]
    assert stage.run("exec", "-T", "web", "ls", "/app").out == ""
    assert ended.code == 130
    assert stage.states() == {"api-1": "running", "web-1": "running", "web-2": "running"}


def test_a_directory_that_becomes_a_file_and_a_directory_again_is_followed(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch") as watch:
        begins(watch)
        (stage.directory / "src/a").mkdir()
        save(stage, "src/a/in", "inside")
        watch.until("web: copied")
        (stage.directory / "src/a/in").unlink()
        (stage.directory / "src/a").rmdir()
        save(stage, "src/a", "a file")
        watch.until("web: copied")
        as_file = content(stage, "web", "/app/a")
        (stage.directory / "src/a").unlink()
        (stage.directory / "src/a").mkdir()
        save(stage, "src/a/again", "inside")
        watch.until("web: copied")
        again = content(stage, "web", "/app/a/again")

    assert (as_file, again) == ("a file", "inside")


def test_a_burst_of_a_thousand_files_is_a_few_archives(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch") as watch:
        begins(watch)
        for number in range(1000):
            (stage.directory / "src" / f"f{number}").write_text("x")
        save(stage, "src/last", "x")
        while stage.run("exec", "-T", "--index", "2", "web", "ls", "/app").out.count("\n") < 1001:
            watch.until("web: copied")
        watch.interrupt()
        ended = watch.end()

    assert ended.out.count("web: copied") <= 10


def test_a_restart_and_a_command_come_when_the_files_are_there(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch") as watch:
        begins(watch)
        save(stage, "more/a", "for the command")
        watch.until("web: ran sh -c")
        told = content(stage, "web", "/tmp/told")
        before = stage.inspect("web-1")["State"]["StartedAt"]
        save(stage, "conf/c", "for the restart")
        both(watch, "restarted")
        conf = content(stage, "web", "/conf/c")
        save(stage, "flag", "x")
        watch.until("web: flag changed, restarting")
        both(watch, "restarted")

    assert (told, conf) == ("for the command", "for the restart")
    assert stage.inspect("web-1")["State"]["StartedAt"] != before


def test_a_rebuilt_service_goes_on_being_watched_and_a_failed_build_leaves_it_running(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch", "--quiet", "api") as watch:
        watch.until("watching image, lib for api")
        watch.until("api: copied lib/first")
        save(stage, "image/skipped", "x")
        save(stage, "image/a", "built in")
        watch.until("api: image/a changed, building")
        watch.until("-api-1: replaced")
        watch.until("api: copied lib/first")
        built = content(stage, "api", "/image/a")
        save(stage, "image/Dockerfile", "FROM busybox:test\nRUN exit 7\n")
        watch.until("failed: ")
        save(stage, "lib/later", "after the failure")
        watch.until("api: copied lib/later")
        first, later = content(stage, "api", "/lib/mine/first"), content(stage, "api", "/lib/mine/later")

    assert (built, first, later) == ("built in", "there before", "after the failure")


def test_images_that_rebuilds_have_superseded_are_removed(stage: Stage) -> None:
    prepare(stage)
    ids = []

    with stage.start("watch", "api") as watch:
        watch.until("watching image, lib for api")
        ids.append(stage.containers()["api-1"].image_id)
        for number in range(3):
            save(stage, "image/a", str(number))
            watch.until("-api-1: replaced")
            watch.until("api: copied lib/first")
            ids.append(stage.containers()["api-1"].image_id)

    assert [stage.engine.image_details(id) is not None for id in ids] == [True, False, False, True]


def test_a_container_that_is_killed_meanwhile_gets_its_files_and_starts_with_the_next_restart(stage: Stage) -> None:
    prepare(stage)

    with stage.start("watch", "web") as watch:
        watch.until("watching")
        stage.good("kill", "web")
        save(stage, "src/a", "saved")
        watch.until("web: copied src/a")
        save(stage, "flag", "x")
        both(watch, "started")
        seen = content(stage, "web", "/app/a")

    assert seen == "saved"


def test_an_attached_up_shows_what_containers_print_and_stops_them_in_the_end(stage: Stage) -> None:
    prepare(stage)

    with stage.start("up", "--watch") as up:
        begins(up)
        save(stage, "conf/c", "x")
        both(up, "restarted")
        stage.good("kill")
        save(stage, "flag", "x")
        both(up, "started")
        up.interrupt()
        ended = up.end()

    assert ended.code == 130
    assert ended.out.count("web begins") == 6
    assert set(stage.states().values()) == {"exited"}


def test_watching_alone_changes_nothing_of_the_project(stage: Stage) -> None:
    prepare(stage)
    stage.good("up", "-d")

    with stage.start("watch", "--no-up") as watch:
        begins(watch)
        stage.good("up", "-d", "--no-wait", "--scale", "web=1")
        save(stage, "src/a", "saved")
        watch.until("web: copied src/a to /app/a (")


def test_what_cannot_be_written_is_told_and_watching_goes_on(stage: Stage) -> None:
    prepare(stage)
    stage.write(STACK.replace("init: true", "init: true\n    read_only: true", 1))

    with stage.start("watch", "web") as watch:
        watch.until("watching")
        save(stage, "src/a", "saved")
        watch.until("container rootfs is marked read-only")
        save(stage, "src/a", "saved")
        watch.until("container rootfs is marked read-only")
