"""`watch` and `up --watch`, from the command line to the engine in memory; files that change are handed in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from minicompose.errors import EngineFault
from minicompose.execution.interrupts import Interrupts
from minicompose.watching.session import Session
from tests.commands.shop import Shop

STACK = """
services:
  db: {image: "db:1", command: sleep 1}
  web:
    image: "web:1"
    command: sleep 1
    develop:
      watch:
        - {path: src, action: sync, target: /app}
        - {path: conf, action: restart}
  api:
    build: image
    command: sleep 1
    develop: {watch: [{path: image, action: rebuild}]}
"""
WITHOUT = 'services: {db: {image: "db:1", command: sleep 1}}\n'
WRONG = """
services:
  web:
    image: "web:1"
    develop: {watch: [{path: src, action: rebuild}, {path: src, action: sync+exec, target: /src}]}
"""
MOUNTED = """
services:
  web:
    image: "web:1"
    command: sleep 1
    volumes: [".:/app"]
    develop: {watch: [{path: src, action: sync, target: /app}, {path: conf, action: restart}]}
"""

Changes = Callable[..., list[Session]]


@pytest.fixture
def changes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Changes:
    """Let these files, each after the one before, change while something watches, and Ctrl-C come then."""
    (shop.directory / "image").mkdir()
    (shop.directory / "image" / "Dockerfile").write_text("FROM db:1\n")

    def come(*names: str, meanwhile: Callable[[], None] = lambda: None) -> list[Session]:
        sessions: list[Session] = []

        def watch(session: Session, interrupts: Interrupts) -> None:
            sessions.append(session)
            for name in names:
                path = Path(shop.directory, name).resolve()
                path.parent.mkdir(exist_ok=True)
                path.write_text("x")
                session.deal_with([str(path)])
                session.settle()
                meanwhile()

        monkeypatch.setattr(Session, "watch", watch)
        return sessions

    return come


def test_nothing_to_watch_is_said_before_anything_is_done(shop: Shop) -> None:
    shop.write(WITHOUT)

    shop.run("watch", code=1)

    assert shop.err == "minicompose: there is nothing to watch for project shop\n" + (
        "  `develop.watch` of a service says what is\n"
    )
    assert shop.engine.containers == {}


def test_a_service_that_there_is_not_is_refused_with_the_near_name(shop: Shop) -> None:
    shop.write(STACK)

    shop.run("watch", "wbe", code=2)

    assert 'did you mean "web"?' in shop.err


def test_rules_that_cannot_be_carried_out_are_all_told_with_their_lines(shop: Shop) -> None:
    shop.write(WRONG)

    shop.run("watch", code=2)

    assert "compose.yaml:5:" in shop.err
    assert "there is nothing to rebuild" in shop.err
    assert "there is nothing to run" in shop.err
    assert shop.engine.containers == {}


def test_a_file_with_such_rules_can_be_used_for_everything_else(shop: Shop) -> None:
    shop.up(WRONG)

    assert shop.err.count("warning") == 0


def test_what_is_watched_is_built_and_started_first_and_left_running(shop: Shop, changes: Changes) -> None:
    shop.write(STACK)
    watched = changes()

    shop.run("watch", code=130)

    assert len(watched) == 1
    assert {str(each.state) for each in shop.engine.containers.values()} == {"running"}
    assert shop.engine.called("build_image") == ["build_image shop-api"]


def test_it_is_built_though_it_runs_already_unless_nothing_is_to_be_done_first(shop: Shop, changes: Changes) -> None:
    changes()
    shop.up(STACK)

    shop.run("watch", "--no-up", code=130)
    assert len(shop.engine.called("build_image")) == 1
    shop.run("watch", code=130)
    assert len(shop.engine.called("build_image")) == 2


def test_only_the_services_that_are_named_are_watched(shop: Shop, changes: Changes) -> None:
    shop.write(STACK)
    changes("conf", "image/a")

    shop.run("watch", "web", code=130)

    assert shop.engine.called("restart_container") == ["restart_container shop-web-1"]
    assert set(shop.engine.containers) == {"shop-web-1"}


def test_a_dry_run_tells_the_plan_and_what_would_be_watched(shop: Shop) -> None:
    (shop.directory / "image").mkdir()
    (shop.directory / "image" / "Dockerfile").write_text("FROM db:1\n")
    shop.write(STACK)

    told = shop.run("watch", "--dry-run")

    assert "to create" in told
    assert f"would watch {shop.directory}/src for web: sync\n" in told
    assert shop.engine.containers == {}


def test_a_change_rebuilds_and_replaces_that_service_alone(shop: Shop, changes: Changes) -> None:
    shop.write(STACK)
    changes("image/a")

    shop.run("watch", code=130)

    assert "api: image/a changed, building" in shop.err
    assert "container shop-api-1: replaced" in shop.err
    assert shop.err.count("container shop-web-1:") == 1


def test_a_rebuild_leaves_no_revision(shop: Shop, changes: Changes) -> None:
    shop.write(STACK)
    changes("image/a", "image/b")

    shop.run("watch", code=130)

    assert len(shop.history()) == 1


def test_a_build_that_fails_leaves_the_container_and_the_next_change_builds_again(shop: Shop, changes: Changes) -> None:
    shop.up(STACK)
    before = shop.ids()["shop-api-1"]
    shop.engine.fail("build_image", None, EngineFault("returned a non-zero code: 7", status=500))
    seen: list[str] = []
    changes("image/a", "image/b", meanwhile=lambda: seen.append(shop.ids()["shop-api-1"]))

    shop.run("watch", "--no-up", code=130)

    assert "failed: returned a non-zero code: 7" in shop.err
    assert seen[0] == before
    assert seen[1] != before


@pytest.mark.parametrize(("words", "left"), [((), [True, False, False, True]), (("--no-prune",), [True] * 4)])
def test_images_of_superseded_rebuilds_are_removed_and_those_from_before_are_not(
    shop: Shop, changes: Changes, words: tuple[str, ...], left: list[bool]
) -> None:
    shop.up(STACK)
    ids = [shop.engine.image_id("shop-api") or ""]
    changes("image/a", "image/b", "image/c", meanwhile=lambda: ids.append(shop.engine.image_id("shop-api") or ""))

    shop.run("watch", "--no-up", *words, code=130)

    assert len(set(ids)) == 4
    assert [shop.engine.image_details(id) is not None for id in ids] == left


def test_others_may_change_the_project_while_it_is_watched(shop: Shop, changes: Changes) -> None:
    shop.write(STACK)
    changes("src/a", meanwhile=lambda: shop.run("up", "-d", "--no-wait", "--force-recreate", "db"))

    shop.run("watch", code=130)

    assert "db" in " ".join(shop.engine.containers)


def test_what_is_mounted_is_not_copied_and_that_is_told(shop: Shop, changes: Changes) -> None:
    shop.write(MOUNTED)
    changes("src/a")

    shop.run("watch", code=130)

    assert f"warning: {shop.directory}/src is mounted in web, and is not watched\n" in shop.err
    assert shop.engine.called("write_files") == []


def test_containers_of_another_directory_are_not_watched_over(
    shop: Shop, changes: Changes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(STACK)
    changes()
    shop.run("up", "-d", named=False)
    other = tmp_path / "other" / "shop"
    other.mkdir(parents=True)
    (other / "compose.yaml").write_text(STACK)
    monkeypatch.chdir(other)

    shop.run("watch", "--no-up", code=2, named=False)

    assert "are from another directory" in shop.err


@pytest.mark.parametrize("other", [["-d"], ["--wait"], ["--abort-on-container-exit"]])
def test_watching_goes_with_an_attached_up_alone(shop: Shop, other: list[str]) -> None:
    shop.write(STACK)

    shop.run("up", "--watch", *other, code=2)

    assert "--watch" in shop.err and "do not go together" in shop.err


def test_an_attached_up_with_nothing_to_watch_says_so_first(shop: Shop) -> None:
    shop.write(WITHOUT)

    shop.run("up", "--watch", code=1)

    assert "there is nothing to watch for project shop" in shop.err
    assert shop.engine.containers == {}
