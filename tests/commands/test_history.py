"""`history` and `rollback`, on the engine in memory."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from minicompose.cli import main
from tests.commands.shop import Shop
from tests.fake_engine import Behaviour

ONE = """
services:
  db: {image: "db:1", command: sleep 1, environment: {DB_PASSWORD: "${PASSWORD:-hunter2}"}}
  web: {image: "web:1", command: sleep 1, depends_on: [db], environment: {LEVEL: info}}
"""
TWO = ONE.replace("info", "debug")


def files(shop: Shop) -> list[Path]:
    return sorted(shop.directory.parent.glob("state/**/*.json"))


# ---- what becomes a revision ----


def test_each_up_that_changes_something_is_a_revision(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO)

    two, one = shop.history()

    assert (one["number"], one["how"], one["present"]) == (1, "up", False)
    assert (two["number"], two["how"], two["present"]) == (2, "up", True)
    assert str(two["who"]).startswith("ann@")
    assert two["changes"] == [
        {
            "what": "replaced",
            "type": "container",
            "name": "shop-web-1",
            "service": "web",
            "because": ['environment.LEVEL: "info" -> "debug"'],
        }
    ]


def test_an_attached_up_is_a_revision_too(shop: Shop) -> None:
    shop.write("services: {job: {image: 'db:1', command: 'true'}}")

    shop.run("up")

    assert [revision["number"] for revision in shop.history()] == [1]


def test_a_run_that_replaces_what_it_needs_is_a_revision_of_that(shop: Shop) -> None:
    shop.up(ONE)
    shop.write(ONE.replace("sleep 1, environment: {DB", "sleep 2, environment: {DB"))

    shop.run("run", "-d", "web")
    shop.run("run", "-d", "web")

    run, up = shop.history()
    assert (up["how"], run["how"], run["present"]) == ("up", "run", True)
    assert json.dumps(run["changes"]).count("shop-") == 1
    assert '"replaced", "type": "container", "name": "shop-db-1"' in json.dumps(run["changes"])
    assert shop.engine.containers["shop-web-1"].state == "running"

    told = shop.run("history", "diff", "1", "2")
    assert "db" in told and "web" not in told


def test_a_run_that_needs_nothing_anew_leaves_none(shop: Shop) -> None:
    shop.write(ONE)

    shop.run("run", "-d", "--no-deps", "web")

    assert files(shop) == []


def test_an_up_with_nothing_to_do_leaves_none(shop: Shop) -> None:
    shop.up(ONE)

    shop.up(ONE)

    assert len(files(shop)) == 1


def test_what_a_secret_variable_brought_is_no_difference_when_it_is_gone_back_to(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "opensesame")
    stack = ONE.replace("command: sleep 1, depends", 'command: [serve, "${API_TOKEN}"], depends')
    shop.up(stack)
    shop.up(stack.replace("info", "debug"))
    before = shop.ids()

    assert "environment.LEVEL" in shop.run("rollback", "1", "-y")

    assert shop.ids()["shop-db-1"] == before["shop-db-1"]
    shop.run("rollback", "1", "-y")
    assert "nothing to do" in shop.err
    shop.write(stack)
    assert "nothing to do" in shop.run("plan")


def test_starting_again_what_was_there_leaves_none(shop: Shop) -> None:
    shop.up(ONE)
    shop.engine.stop_container("shop-web-1", 1)

    shop.up(ONE)

    assert shop.engine.containers["shop-web-1"].state == "running"
    assert len(files(shop)) == 1


def test_an_up_that_failed_leaves_none_and_the_next_one_that_completes_it_does(shop: Shop) -> None:
    shop.engine.script("web", Behaviour(exits=3, health=()))
    checked = ONE.replace("{LEVEL: info}}", "{LEVEL: info}, healthcheck: {test: 'true'}}")
    shop.write(checked)
    shop.run("up", "-d", "--wait", code=1)
    assert files(shop) == []
    shop.engine.script("web", Behaviour())

    shop.up(checked, "--wait")

    assert [revision["number"] for revision in shop.history()] == [1]


def test_an_image_that_was_pulled_again_and_is_the_same_is_no_change(shop: Shop) -> None:
    for image in ("db:1", "web:1"):
        shop.engine.offer_image(image, shop.engine.images[image])
    shop.up(ONE)

    shop.up(ONE, "--pull", "always")

    assert len(files(shop)) == 1


def test_no_secret_is_in_the_file(shop: Shop) -> None:
    shop.up(ONE)

    assert "hunter2" not in files(shop)[0].read_text()


@pytest.mark.parametrize(
    ("one", "two"),
    [("x${TOKEN}y", "z${TOKEN}y"), ("x${TOKEN}y", "open"), ("open", "x${TOKEN}y")],
)
def test_no_secret_is_in_what_is_told_of_a_change(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, one: str, two: str
) -> None:
    monkeypatch.setenv("TOKEN", "tok-12345")
    text = ONE.replace("{LEVEL: info}", '{LEVEL: info}, command: [run, "HERE"]').replace(
        'web:1", command: sleep 1,', 'web:1",'
    )
    shop.up(text.replace("HERE", one))

    shop.up(text.replace("HERE", two).replace("info", "debug"))

    assert "tok-12345" not in "".join(file.read_text() for file in files(shop))
    assert shop.history()[0]["changes"][0]["because"] == [  # type: ignore[index]
        "command",
        'environment.LEVEL: "info" -> "debug"',
    ]


@pytest.mark.parametrize("failing", ["directory", "disk"])
def test_a_history_that_cannot_be_written_is_a_warning(
    shop: Shop, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "directory":
        (shop.directory.parent / "state").write_text("")  # where a directory should be
    else:
        monkeypatch.setattr(os, "fsync", full)

    shop.up(ONE)

    why = {"directory": "Not a directory", "disk": "No space left on device"}[failing]
    assert "warning: this up is not kept in the history: " in shop.err
    assert why in shop.err
    assert shop.engine.containers["shop-web-1"].state == "running"
    assert files(shop) == []


# ---- history ----


def test_a_project_without_history_says_so(shop: Shop) -> None:
    assert shop.run("history") == ""
    assert shop.err == "project shop has no history yet: the first `up` that changes something begins it\n"


def test_the_history_is_a_table_with_the_present_revision_marked(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO)

    head, two, one = shop.run("history").splitlines()

    assert head.split() == ["REVISION", "WHEN", "WHO", "HOW", "WHAT", "CHANGED"]
    assert two.startswith("2 * ")
    assert two.endswith('1 replaced: web (environment.LEVEL: "info" -> "debug")')
    assert one.startswith("1   ")
    assert one.endswith("3 created: shop_default, db, web")
    assert shop.run("history", "-q") == "2\n1\n"


def test_the_history_is_there_without_the_directory_and_without_the_engine(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.up(ONE)
    shop.up(TWO)
    (shop.directory / "compose.yaml").unlink()
    monkeypatch.chdir("/")
    shop.directory.rmdir()
    monkeypatch.setattr("minicompose.engine.connect.connect", lambda *_: pytest.fail("the engine was asked"))

    assert shop.run("history", "-q") == "2\n1\n"
    assert "LEVEL" in shop.run("history", "diff", "1", "2")


def test_a_stack_file_that_is_wrong_does_not_hide_the_history(shop: Shop) -> None:
    shop.up(ONE)
    shop.write("services: {web: {imgae: x}}\nname: shop\n")

    assert main(["history", "-q"]) == 0


def test_where_no_stack_file_is_the_project_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["history"]) == 2

    assert "-p names the project where there is no file" in capsys.readouterr().err


def test_a_damaged_revision_is_told_of(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO)
    files(shop)[0].write_text("{")

    assert shop.run("history", "-q") == "2\n"
    assert f"warning: {files(shop)[0]} is left out of the history: " in shop.err


def test_the_difference_of_two_revisions_is_told_field_by_field(shop: Shop) -> None:
    shop.up(ONE)
    more = TWO.replace(":-hunter2", ":-other") + "  cache: {image: 'cache:1', command: sleep 1, networks: [back]}\n"
    shop.up(more + "networks: {back: {}, default: {driver_opts: {mtu: '1400'}}}\n")

    assert shop.run("history", "diff", "1", "2") == (
        "revision 1 -> revision 2\n"
        "~ service  db\n"
        "    environment.DB_PASSWORD: *** -> another value\n"
        "~ service  web\n"
        '    environment.LEVEL: "info" -> "debug"\n'
        "+ service  cache\n"
        "~ network  default\n"
        '    driver_opts: added {"mtu":"1400"}\n'
        "+ network  back\n"
    )
    assert shop.run("history", "diff", "2", "2") == "revision 2 -> revision 2\nno difference\n"
    told = json.loads(shop.run("history", "diff", "2", "1", "--format", "json"))
    assert told["differences"][1:3] == [
        {
            "kind": "service",
            "name": "web",
            "what": "changed",
            "changes": [{"path": "environment.LEVEL", "old": "debug", "new": "info"}],
        },
        {"kind": "service", "name": "cache", "what": "removed", "changes": []},
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("history", "diff", "1", "7"), "project shop has no revision 7\n  there are: 1-2\n"),
        (("history", "diff", "1"), "`history diff` takes the numbers of two revisions"),
        (("history", "dif", "1", "2"), '`history` takes nothing, or diff and two numbers, not "dif"'),
        (("history", "diff", "1", "2", "-q"), "-q does not go with `history diff`"),
        (("rollback", "9"), "project shop has no revision 9\n  there are: 1-2\n"),
        (("rollback", "x"), 'the number of a revision is wanted, not "x"'),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(shop: Shop, words: tuple[str, ...], told: str) -> None:
    shop.up(ONE)
    shop.up(TWO)

    shop.run(*words, code=2)

    assert told in shop.err


# ---- rollback ----


def test_a_rollback_goes_to_the_revision_before_and_is_a_revision(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO)
    before = shop.ids()

    printed = shop.run("rollback", "-y")

    assert 'environment.LEVEL: "debug" -> "info"' in printed
    assert shop.level() == "info"
    assert shop.ids()["shop-db-1"] == before["shop-db-1"]
    assert [(each["number"], each["how"]) for each in shop.history()] == [(3, "rollback to 1"), (2, "up"), (1, "up")]
    assert shop.run("history", "diff", "1", "3") == "revision 1 -> revision 3\nno difference\n"


def test_a_rollback_to_what_runs_has_nothing_to_do(shop: Shop) -> None:
    shop.up(ONE)

    shop.run("rollback", "1", "-y")

    assert shop.err == "nothing to do: what runs is revision 1\n"
    assert len(files(shop)) == 1


def test_a_dry_run_only_prints_the_plan(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO)

    assert "1 to replace" in shop.run("rollback", "--dry-run")
    assert shop.level() == "debug"
    assert len(files(shop)) == 2


def test_where_nobody_can_be_asked_a_rollback_wants_yes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.up(ONE)
    shop.up(TWO)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)

    shop.run("rollback", code=2)

    assert "nobody can be asked here whether to do this\n  -y does it without asking" in shop.err
    assert shop.level() == "debug"


@pytest.mark.parametrize(("answer", "code", "level"), [("y\n", 0, "info"), ("n\n", 1, "debug"), ("", 1, "debug")])
def test_on_a_terminal_a_rollback_asks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, level: str
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    shop.up(ONE)
    shop.up(TWO)
    monkeypatch.setattr(sys, "stdin", Terminal())

    shop.run("rollback", code=code)

    assert "Go back to revision 1? [y/N] " in shop.err
    assert shop.level() == level


@pytest.mark.parametrize("ups", [0, 1])
def test_without_a_revision_before_there_is_nothing_to_go_back_to(shop: Shop, ups: int) -> None:
    for _ in range(ups):
        shop.up(ONE)

    shop.run("rollback", code=2)

    assert "there is nothing to go back to: project shop has " in shop.err


def test_a_secret_that_has_changed_is_refused_by_name_and_revision(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(ONE.replace(":-hunter2", ":-other"))
    before = shop.ids()

    shop.run("rollback", "-y", code=1)

    assert "environment.DB_PASSWORD of service db in revision 1 is not kept, and is different now" in shop.err
    assert "hunter2" not in shop.err
    assert shop.ids() == before


def test_a_secret_that_is_in_the_environment_again_is_found(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.up(ONE)
    shop.up(ONE.replace(":-hunter2", ":-other"))
    monkeypatch.setenv("PASSWORD", "hunter2")

    shop.run("rollback", "-y")

    assert (shop.engine.specs["shop-db-1"].service.environment or {})["DB_PASSWORD"] == "hunter2"


def test_a_secret_is_found_in_the_container_that_has_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.up(ONE)
    shop.up(TWO)
    (shop.directory / "compose.yaml").unlink()
    monkeypatch.chdir("/")
    shop.directory.rmdir()

    shop.run("rollback", "-y")

    assert shop.level() == "info"
    assert (shop.engine.specs["shop-db-1"].service.environment or {})["DB_PASSWORD"] == "hunter2"


WITH_FILES = """
services:
  web: {{image: "web:1", command: sleep 1, environment: {{LEVEL: {level}}}, secrets: [key], configs: [site]}}
  db: {{image: "db:1", command: sleep 1, environment: {{LEVEL: {level}}}}}
secrets: {{key: {{file: ./key.txt}}}}
configs: {{site: {{content: "listen {level}"}}}}
"""


def test_the_inline_content_of_a_config_comes_back(shop: Shop) -> None:
    (shop.directory / "key.txt").write_text("hunter2")
    shop.up(WITH_FILES.format(level="info"))
    shop.up(WITH_FILES.format(level="debug"))

    shop.run("rollback", "-y")

    (site,) = shop.engine.specs["shop-web-1"].injected
    assert site.content.content == b"listen info"
    assert "hunter2" not in "".join(file.read_text() for file in files(shop))


def test_a_secret_file_that_has_changed_is_refused_where_a_new_container_would_get_it(shop: Shop) -> None:
    key = shop.directory / "key.txt"
    key.write_text("hunter2")
    shop.up(WITH_FILES.format(level="info"))
    shop.up(WITH_FILES.format(level="debug"))
    key.write_text("hunter3")

    shop.run("rollback", "-y", code=1)

    assert f"the file {key} of secret key in revision 1 is not kept, and holds something else now" in shop.err
    assert shop.level() == "debug"


def test_a_secret_file_that_is_gone_does_no_harm_where_the_container_stays(shop: Shop) -> None:
    key = shop.directory / "key.txt"
    key.write_text("hunter2")
    one = WITH_FILES.format(level="info")
    shop.up(one)
    shop.up(one.replace('db:1", command: sleep 1, environment: {LEVEL: info}', 'db:1", command: sleep 2'))
    key.unlink()

    shop.run("rollback", "-y")

    assert (shop.engine.specs["shop-db-1"].service.environment or {})["LEVEL"] == "info"


def test_a_rollback_runs_the_very_image_that_ran_though_the_tag_has_moved(shop: Shop) -> None:
    shop.up(ONE)
    then = shop.engine.images["web:1"]
    shop.engine.add_image("kept:1", then)
    shop.engine.add_image("web:1")
    shop.up(ONE)
    assert "web:1 is another image now" in shop.run("history")

    shop.run("rollback", "-y")

    assert shop.engine.specs["shop-web-1"].image == then
    assert shop.history()[0]["images"]["web"] == then  # type: ignore[index]
    shop.run("rollback", "3", "-y")
    assert shop.err == "nothing to do: what runs is revision 3\n"


def test_an_image_that_is_gone_is_told_of_with_what_its_tag_names_now(shop: Shop) -> None:
    shop.up(ONE)
    then = shop.engine.images["web:1"]
    now = shop.engine.add_image("web:1")
    shop.up(TWO)

    printed = shop.run("rollback", "--dry-run")

    gone, instead = then.removeprefix("sha256:")[:12], now.removeprefix("sha256:")[:12]
    assert f"the engine no longer has the image {gone} that web ran: web:1 is {instead} now, and that is run" in printed


def test_nothing_is_pulled_or_built_to_go_back(shop: Shop) -> None:
    policy = ONE.replace('web:1"', 'web:1", pull_policy: always')
    for image in ("db:1", "web:1"):
        shop.engine.offer_image(image, shop.engine.images[image])
    shop.up(policy)
    shop.up(policy.replace("info", "debug"))
    shop.engine.calls.clear()

    shop.run("rollback", "-y")

    assert shop.level() == "info"
    assert shop.engine.called("pull_image", "build_image") == []


def test_a_service_that_came_later_goes_and_a_strangers_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.up(ONE)
    shop.up(ONE + "  cache: {image: 'cache:1', command: sleep 1}\n")
    stranger = shop.directory / "stranger.yaml"
    stranger.write_text("services: {stranger: {image: 'cache:1', command: sleep 1}}")
    with monkeypatch.context() as other:
        other.setenv("XDG_STATE_HOME", str(shop.directory.parent / "of-somebody-else"))
        shop.run("-f", str(stranger), "up", "-d")

    printed = shop.run("rollback", "-y")

    assert set(shop.engine.containers) == {"shop-db-1", "shop-web-1", "shop-stranger-1"}
    assert "no revision knows these containers, and they are left alone: shop-stranger-1" in printed


def test_an_up_of_some_services_leaves_the_others_in_the_history_as_they_were(shop: Shop) -> None:
    shop.up(ONE)
    changed = TWO.replace("command: sleep 1, env", "command: sleep 2, env", 1)
    shop.up(changed, "--no-deps", "web")
    shop.up(changed)

    assert "command" not in shop.run("history", "diff", "1", "2")
    assert "command" in shop.run("history", "diff", "2", "3")
    shop.run("rollback", "2", "-y")
    assert shop.engine.specs["shop-db-1"].service.command == ("sleep", "1")
    assert shop.level() == "debug"


def test_what_no_recreate_left_alone_is_in_the_history_as_it_was(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(TWO + "  cache: {image: 'cache:1', command: sleep 1}\n", "--no-recreate")

    assert "LEVEL" not in shop.run("history", "diff", "1", "2")


def test_the_number_of_containers_is_part_of_a_revision(shop: Shop) -> None:
    shop.up(ONE)
    shop.up(ONE, "--scale", "web=3")
    shop.up(TWO)

    shop.run("rollback", "2", "-y")

    assert {name for name in shop.engine.containers if "web" in name} == {f"shop-web-{n}" for n in (1, 2, 3)}
