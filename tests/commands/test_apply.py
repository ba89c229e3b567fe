"""`plan -o` and `apply`, on the engine in memory."""

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.shop import Shop
from tests.fake_engine import FakeEngine

ONE = """
services:
  db: {image: "db:1", command: sleep 1, environment: {DB_PASSWORD: "${PASSWORD:-hunter2}"}}
  web: {image: "web:1", command: [serve, "--as", "${TOKEN:-sesame}"], depends_on: [db], environment: {LEVEL: info}}
"""
TWO = ONE.replace("info", "debug")


def plan(shop: Shop, *words: str) -> Path:
    """Keep a plan; the place is the same each time."""
    shop.run("plan", *words, "-o", "kept.plan")
    return shop.directory / "kept.plan"


def apply(shop: Shop, *words: str, code: int = 0, directory: Path | None = None) -> str:
    """What it printed; the command line has nothing but the plan, as when it is run elsewhere."""
    return shop.run("apply", "-d", *words, str((directory or shop.directory) / "kept.plan"), code=code, named=False)


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_bytes())
    change(content)
    file.write_text(json.dumps(content, indent=1))


def test_a_plan_that_was_kept_is_carried_out_and_leaves_a_revision(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)
    assert shop.ids() == {}

    apply(shop)

    assert set(shop.ids()) == {"shop-db-1", "shop-web-1"}
    assert [revision["how"] for revision in shop.history()] == ["up"]


def test_it_is_carried_out_from_anywhere(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shop.write(ONE)
    plan(shop)
    monkeypatch.chdir(tmp_path)

    apply(shop)

    assert set(shop.ids()) == {"shop-db-1", "shop-web-1"}
    assert f"paths are relative to {shop.directory}" in shop.err


def test_the_options_of_the_plan_count(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop, "--scale", "db=2", "--no-start", "db")

    apply(shop)

    assert {name: state.state for name, state in shop.engine.containers.items()} == {
        "shop-db-1": "created",
        "shop-db-2": "created",
    }


def test_without_detaching_it_shows_what_the_containers_print_until_they_end(shop: Shop) -> None:
    shop.write("services: {job: {image: 'db:1', command: 'true'}, web: {image: 'web:1', command: 'true'}}")
    plan(shop)

    printed = shop.run("apply", "--no-attach", "web", "--exit-code-from", "job", "kept.plan", named=False)

    assert "job-1" in printed + shop.err
    assert {state.state for state in shop.engine.containers.values()} == {"exited"}


def test_waiting_belongs_to_the_plan(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop, "--wait")

    shop.run("apply", "--wait-timeout", "60", "kept.plan", named=False)

    assert {state.state for state in shop.engine.containers.values()} == {"running"}
    shop.run("plan", "-o", "kept.plan")
    shop.run("apply", "--wait-timeout", "60", "kept.plan", named=False, code=2)
    assert "--wait-timeout goes with --wait" in shop.err


def test_a_dry_run_only_compares(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)

    assert apply(shop, "--dry-run") == shop.run("plan")
    assert shop.ids() == {}
    shop.write(TWO)
    apply(shop, "--dry-run", code=1)


def test_only_its_owner_may_read_it_and_no_secret_is_in_it(shop: Shop) -> None:
    shop.write(ONE)
    file = plan(shop)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "hunter2" not in file.read_text()
    assert [other.name for other in shop.directory.iterdir() if other != file] == ["compose.yaml"]


# ---- what has changed since ----


def refused(shop: Shop) -> list[str]:
    """What differs, as `apply` tells it; nothing has been touched."""
    before = list(shop.engine.calls)
    apply(shop, code=1)
    assert shop.engine.calls == before
    return [line.removeprefix("  - ") for line in shop.err.splitlines() if line.startswith("  - ")]


def test_a_changed_field_is_told_with_its_place(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)
    shop.write(TWO)

    assert refused(shop) == ['service web: environment.LEVEL: "info" -> "debug"   compose.yaml:4:103']


def test_a_changed_secret_is_told_without_its_value(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(ONE)
    plan(shop)
    monkeypatch.setenv("PASSWORD", "another")

    assert refused(shop) == ["service db: environment.DB_PASSWORD: *** -> another value   compose.yaml:3:55"]


def test_another_service_is_told(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)
    shop.write(ONE + '  cache: {image: "cache:1"}\n')

    assert refused(shop) == ["service cache is new in the stack files"]


def test_a_container_that_was_stopped_by_hand_is_told(shop: Shop) -> None:
    shop.up(ONE)
    shop.write(TWO)
    plan(shop)
    shop.engine.stop_container("shop-db-1", 1)

    (line,) = refused(shop)

    assert line.startswith("container shop-db-1 was running, and has exited with ")


def test_containers_that_are_gone_or_new_or_others_are_told(shop: Shop) -> None:
    shop.up(ONE)
    plan(shop, "--force-recreate")
    shop.engine.remove_container("shop-web-1", volumes=False, force=True)
    assert refused(shop) == ["container shop-web-1 is gone"]

    shop.run("up", "-d")
    assert refused(shop) == ["container shop-web-1 is another one of that name"]

    shop.run("up", "-d", "--scale", "web=2")
    assert "container shop-web-2 was not there" in refused(shop)


def test_an_image_that_moved_under_its_name_is_told(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)
    shop.engine.add_image("web:1", "sha256:" + "ab" * 32)

    (line,) = refused(shop)

    assert line.startswith("image web:1 was ")
    assert line.endswith(", and is abababababab")


def test_a_plan_is_good_only_once(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)
    apply(shop)

    assert "network shop_default was not there" in refused(shop)


def test_what_means_the_same_is_no_difference(shop: Shop) -> None:
    shop.up(ONE)
    shop.write(TWO)
    plan(shop)
    shop.write("# a comment, which moves every line\n" + TWO.replace("command: sleep 1", 'command: ["sleep", "1"]'))

    apply(shop)

    assert shop.level() == "debug"


def test_another_version_that_plans_differently_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(ONE)
    plan(shop)
    monkeypatch.setattr("minicompose.planning.spec.__version__", "99.0")
    monkeypatch.setattr("minicompose.commands.apply.__version__", "99.0")

    assert refused(shop) == []
    assert "this is different:\n  minicompose was " in shop.err
    assert " then, and is 99.0 now" in shop.err


# ---- plans that cannot be used ----


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.unlink(), "cannot be read: No such file or directory"),
        (lambda file: file.write_bytes(file.read_bytes()[:900]), "no plan that `plan -o` has written, or not all"),
        (lambda file: file.write_bytes(file.read_bytes() + b"{}"), "no plan that `plan -o` has written, or not all"),
        (lambda file: edit(file, lambda plan: plan.update(format=99)), "it is of format 99"),
        (lambda file: edit(file, lambda plan: plan.update(who="me")), "changed since it was written"),
        (lambda file: edit(file, lambda plan: plan["options"].update(wait=1)), "changed since it was written"),
        (lambda file: edit(file, lambda plan: plan.update(more=1)), "changed since it was written"),
        (lambda file: file.write_text("services: {}"), "no plan that `plan -o` has written"),
    ],
    ids=["gone", "cut off", "continued", "another format", "edited", "another type", "more in it", "no plan"],
)
def test_a_file_that_cannot_be_used_is_wrong_usage(shop: Shop, spoil: Callable[[Path], object], said: str) -> None:
    shop.write(ONE)
    spoil(plan(shop))

    apply(shop, code=2)

    assert said in shop.err
    assert shop.ids() == {}


def test_a_plan_for_another_engine_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(ONE)
    plan(shop)
    with FakeEngine("db:1", "web:1", identity="another one") as other:
        monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: other)

        apply(shop, code=2)

        assert "was made for another engine, in memory" in shop.err
        assert other.calls == []


def test_stack_files_that_are_gone_are_said(shop: Shop) -> None:
    shop.write(ONE)
    kept = shop.directory.parent
    shutil.move(plan(shop), kept)
    (shop.directory / "compose.yaml").unlink()

    apply(shop, code=2, directory=kept)

    assert "there is no stack file" in shop.err


def test_options_that_the_plan_decides_are_refused(shop: Shop) -> None:
    shop.write(ONE)
    plan(shop)

    shop.run("-p", "other", "apply", "kept.plan", code=2, named=False)

    assert "-p does not go with apply" in shop.err


def test_a_plan_is_not_written_over_what_is_no_file(shop: Shop) -> None:
    shop.write(ONE)
    (shop.directory / "kept.plan").mkdir()

    shop.run("plan", "-o", "kept.plan", code=2)

    assert "no file that a plan could be written to" in shop.err


def test_a_plan_that_cannot_be_written_leaves_nothing(shop: Shop) -> None:
    shop.write(ONE)

    shop.run("plan", "-o", "nowhere/kept.plan", code=1)

    assert "cannot be written to nowhere/kept.plan: No such file or directory" in shop.err


# ---- plan, beside up ----


def test_a_detailed_exit_code_tells_whether_there_is_something_to_do(shop: Shop) -> None:
    shop.write(ONE)
    shop.run("plan", "--detailed-exitcode", code=2)
    shop.run("up", "-d")
    shop.run("plan", "--detailed-exitcode", code=0)
    shop.run("plan", "--detailed-exitcode", "--wait", code=0)

    shop.write("services: 1")

    shop.run("plan", "--detailed-exitcode", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ("--wait",),
        ("--on-failure", "stop"),
        ("--scale", "web=3"),
        ("--force-recreate", "web"),
        ("--no-deps", "--force-recreate", "web"),
        ("--remove-orphans",),
        ("-V", "--force-recreate"),
        ("--always-recreate-deps", "--force-recreate", "web"),
        ("--no-recreate", "--no-start"),
        ("--pull", "always"),
        ("--pull", "never", "db"),
        ("--keep-completed", "-t", "3"),
    ],
)
def test_a_dry_run_of_up_prints_what_plan_prints(shop: Shop, words: tuple[str, ...]) -> None:
    shop.up(ONE + '  old: {image: "cache:1"}\n')
    shop.write(TWO)

    assert shop.run("up", "--dry-run", *words) == shop.run("plan", *words)
