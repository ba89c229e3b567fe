"""Which paths a watch rule is about, and where they go."""

import pytest

from minicompose.engine.dockerignore import Ignored
from minicompose.model import Service
from minicompose.watching.problems import watch_problems
from minicompose.watching.rules import Context, Rule, is_out_of_reach, mounted_already, rules_of, watched_services
from tests.stack_of import stack_of


def rule(
    *,
    root: str = "/shop/src",
    target: str = "/app",
    ignore: tuple[str, ...] = (),
    include: tuple[str, ...] = (),
    context: Context | None = None,
) -> Rule:
    return Rule(
        service="web",
        action="sync",
        root=root,
        written=root,
        target=target,
        ignored=Ignored(ignore),
        included=Ignored(include) if include else None,
        context=context,
    )


@pytest.mark.parametrize("path", ["/shop/src/a", "/shop/src/deep/er/a", "/shop/src/.env", "/shop/src/image.swf"])
def test_a_rule_is_about_what_is_below_its_path(path: str) -> None:
    assert rule().concerns(path)


@pytest.mark.parametrize("path", ["/shop/src", "/shop/srcs/a", "/shop/a", "/"])
def test_a_directory_itself_and_its_neighbours_are_no_business_of_a_rule(path: str) -> None:
    assert rule().concerns(path) == (path == "/shop/src")


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("node_modules/", "node_modules/left-pad/index.js", True),
        ("node_modules/", "deep/node_modules/x", False),
        ("**/node_modules", "deep/node_modules/x", True),
        ("*.log", "a.log", True),
        ("*.log", "deep/a.log", False),
        ("deep/*/x", "deep/er/x", True),
        ("deep/*/x", "deep/er/still/x", False),
        ("a?", "ab", True),
    ],
)
def test_ignore_has_the_patterns_of_a_dockerignore_below_the_path(pattern: str, path: str, ignored: bool) -> None:
    assert rule(ignore=(pattern,)).concerns(f"/shop/src/{path}") == (not ignored)


def test_a_later_pattern_takes_back_in() -> None:
    watched = rule(ignore=("*.md", "!README.md"))

    assert not watched.concerns("/shop/src/NOTES.md")
    assert watched.concerns("/shop/src/README.md")


def test_include_leaves_only_what_it_names() -> None:
    watched = rule(include=("**/*.go", "static"), ignore=("**/*_test.go",))

    assert watched.concerns("/shop/src/deep/main.go")
    assert watched.concerns("/shop/src/static/logo.svg")
    assert not watched.concerns("/shop/src/deep/main_test.go")
    assert not watched.concerns("/shop/src/README.md")


@pytest.mark.parametrize(
    "name",
    [".git/HEAD", "deep/.git/index", ".idea/x.xml", "a~", ".a.swp", ".a.swx", "4913", ".#a", "#a#", "a___jb_tmp___"],
)
def test_what_editors_and_git_keep_for_themselves_is_left_alone(name: str) -> None:
    assert not rule().concerns(f"/shop/src/{name}")


def test_what_the_build_leaves_out_is_not_watched_either() -> None:
    watched = rule(context=Context("/shop", Ignored(("src/secret", "**/*.pyc"))))

    assert not watched.concerns("/shop/src/secret/key")
    assert not watched.concerns("/shop/src/deep/a.pyc")
    assert watched.concerns("/shop/src/a.py")


def test_what_is_outside_of_the_build_is_not_its_business() -> None:
    assert rule(context=Context("/shop/image", Ignored(("**",)))).concerns("/shop/src/a")


def test_a_file_that_a_rule_names_is_watched_whatever_is_ignored() -> None:
    dockerfile = rule(root="/shop/Dockerfile", context=Context("/shop", Ignored(("Dockerfile",))))

    assert dockerfile.concerns("/shop/Dockerfile")


@pytest.mark.parametrize(
    ("root", "target", "path", "place"),
    [
        ("/shop/src", "/app", "/shop/src/a", "/app/a"),
        ("/shop/src", "/app/", "/shop/src/deep/a", "/app/deep/a"),
        ("/shop/a.conf", "/etc/b.conf", "/shop/a.conf", "/etc/b.conf"),
        ("/shop/a.conf", "/etc/", "/shop/a.conf", "/etc/a.conf"),
        ("/shop/src", "app/../lib", "/shop/src/a", "/lib/a"),
        ("/", "/", "/a", "/a"),
    ],
)
def test_a_path_goes_to_the_same_place_below_the_target(root: str, target: str, path: str, place: str) -> None:
    assert rule(root=root, target=target).place_of(path) == place


STACK = """
services:
  web:
    build: .
    develop:
      watch:
        - {path: src, action: sync, target: /app, initial_sync: true, ignore: [a], include: b}
        - {path: Dockerfile, action: rebuild}
  api:
    image: api:1
    volumes: [./lib:/lib]
    develop:
      watch:
        - {path: lib/deep, action: sync, target: /lib}
        - {path: conf, action: rebuild}
        - {path: more, action: sync+exec, target: /more}
  db: {image: db:1}
"""


def test_the_rules_of_a_stack_are_those_of_the_services_that_are_asked_for() -> None:
    stack = stack_of(STACK)

    assert [service.name for service in watched_services(stack)] == ["web", "api"]
    assert [service.name for service in watched_services(stack, ["api", "db"])] == ["api"]


def test_a_rule_watches_where_its_path_leads() -> None:
    stack = stack_of(STACK)
    (service, _) = watched_services(stack)
    paths = {path: f"/real{path}" for path in _paths(service)}

    first, second = rules_of(stack, service, paths, None)

    assert (first.root, first.written, first.target) == (f"/real{first.written}", first.written, "/app")
    assert (first.action, first.initial_sync, first.syncs) == ("sync", True, True)
    assert (second.action, second.syncs) == ("rebuild", False)


def test_what_a_bind_mount_brings_in_need_not_be_copied() -> None:
    stack = stack_of(STACK)
    (_, api) = watched_services(stack)
    mounted, other, _ = rules_of(stack, api, _paths(api), None)

    assert mounted_already(mounted, api)
    assert not mounted_already(other, api)


def test_the_older_word_for_a_first_sync_is_understood() -> None:
    stack = stack_of("""
        services:
          web: {image: "web:1", develop: {watch: [{path: a, action: sync, target: /a, x-initialSync: true}]}}
    """)
    (service,) = watched_services(stack)

    (rule,) = rules_of(stack, service, _paths(service), None)

    assert rule.initial_sync


@pytest.mark.parametrize(
    ("mounts", "out_of_reach"),
    [
        ("tmpfs: /app:size=1m", True),
        ("tmpfs: /", True),
        ("tmpfs: /app/deep", False),
        ("volumes: [{type: tmpfs, target: /app}]", True),
        ("volumes: [{type: volume, target: /app}]", False),
    ],
)
def test_a_target_on_a_tmpfs_cannot_be_reached(mounts: str, out_of_reach: bool) -> None:
    stack = stack_of(f"""
        services:
          web:
            image: "web:1"
            {mounts}
            develop: {{watch: [{{path: a, action: sync, target: /app}}]}}
    """)
    (service,) = watched_services(stack)
    (rule,) = rules_of(stack, service, _paths(service), None)

    assert is_out_of_reach(rule, service) == out_of_reach


def test_a_secret_in_a_command_is_not_shown() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: web:1
            develop: {watch: [{path: a, action: sync+exec, target: /a, exec: {command: "app login ${APP_TOKEN}"}}]}
        """,
        environment={"APP_TOKEN": "hunter2"},
    )
    (service,) = watched_services(stack)

    (rule,) = rules_of(stack, service, _paths(service), None)

    assert rule.command is not None
    assert rule.command.hook.command == ("app", "login", "hunter2")
    assert "hunter2" not in rule.command.text


def _paths(service: Service) -> dict[str, str]:
    declared = (service.develop.watch if service.develop else None) or ()
    return {rule.path: rule.path for rule in declared}


def test_a_pattern_that_is_none_is_told_with_its_place() -> None:
    stack = stack_of("""
        services:
          web: {image: "web:1", develop: {watch: [{path: a, action: restart, ignore: [fine, "[a"], include: "!"}]}}
    """)

    found = [(each.path, each.summary) for each in watch_problems(stack, watched_services(stack))]

    assert found == [
        ("services.web.develop.watch[0].ignore", '"[a" is no pattern'),
        ("services.web.develop.watch[0].include", '"!" is no pattern'),
    ]


def test_rules_that_cannot_be_carried_out_are_told_with_their_places() -> None:
    stack = stack_of(STACK)

    found = [f"{each.pos}: {each.summary}" for each in watch_problems(stack, watched_services(stack))]

    assert found == [
        "stack.yaml:14:24: there is nothing to rebuild, for the service has no `build`",
        "stack.yaml:15:24: there is nothing to run, for the rule has no `exec`",
    ]
