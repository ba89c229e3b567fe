"""Words as docker takes them: where options may stand, how their values may be written, and what is said of wrong ones.

The forms were tried on docker compose v2.40.3.
"""

import importlib
from argparse import Namespace

import pytest

from minicompose.cli import global_parser, main, parser_of
from minicompose.errors import UsageError

Printed = pytest.CaptureFixture[str]


def parsed(line: str) -> Namespace:
    """What a verb understands of a line."""
    verb, *words = line.split()
    return parser_of(verb, importlib.import_module(f"minicompose.commands.{verb}")).parse_all(words)


def refused(line: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as wrong:
        parsed(line)
    return wrong.value.message, wrong.value.hint


@pytest.mark.parametrize("line", ["up -d web db", "up web -d db", "up web db -d", "up web -- db", "up -- web db"])
def test_options_stand_before_between_and_behind_arguments(line: str) -> None:
    assert parsed(line).services == ["web", "db"]


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    assert parsed("up -- -d --wait").services == ["-d", "--wait"]


@pytest.mark.parametrize(
    "line",
    ["logs -n 5 web", "logs -n5 web", "logs -n=5 web", "logs --tail 5 web", "logs --tail=5 web", "logs web -n 5"],
)
def test_a_value_stands_in_the_options_word_or_in_the_next_one(line: str) -> None:
    args = parsed(line)

    assert (args.tail, args.services) == (5, ["web"])


def test_a_value_may_begin_with_a_dash_or_be_empty() -> None:
    assert parsed("logs --tail -1").tail is None
    assert parsed("run --entrypoint -x -e -A=-b web").env == ["-A=-b"]
    assert parsed("run --entrypoint= web").entrypoint == ""
    assert global_parser().parse_all(["-f", "-", "ps"]).file == ["-"]


@pytest.mark.parametrize(
    ("line", "interactive", "tty", "detach"),
    [
        ("exec web sh", True, True, False),
        ("exec -it web sh", True, True, False),
        ("exec -dit web sh", True, True, True),
        ("exec -it=false web sh", True, False, False),
        ("exec -i=false -t web sh", False, True, False),
        ("exec -i=0 -t=F web sh", False, False, False),
        ("exec --interactive=false --tty=FALSE --detach=T web sh", False, False, True),
        ("exec -d -d=false web sh", True, True, False),
        ("exec -d=false -d web sh", True, True, True),
    ],
)
def test_flags_are_joined_and_given_values(line: str, interactive: bool, tty: bool, detach: bool) -> None:
    args = parsed(line)

    assert (args.interactive, args.tty, args.detach) == (interactive, tty, detach)


def test_a_flag_among_joined_letters_may_be_followed_by_a_value() -> None:
    args = parsed("run -itv ./here:/there -uroot web")

    assert (args.volume, args.user, args.service) == (["./here:/there"], "root", "web")


def test_of_a_flag_that_is_said_twice_the_last_counts() -> None:
    assert parsed("up --wait --wait=false").wait is False
    assert parsed("up --wait=false --wait").wait is True
    assert parsed("ps --orphans=false").orphans is False
    assert parsed("ps --no-orphans --orphans").orphans is True
    assert parsed("config --services --services=false").what is None


@pytest.mark.parametrize("verb", ["exec", "run"])
def test_the_words_of_a_command_that_is_run_are_left_alone(verb: str) -> None:
    args = parsed(f"{verb} -T=true web server --detach=false -it -- -d --no-such")

    assert args.service == "web"
    assert args.no_tty is True
    assert args.command == ["server", "--detach=false", "-it", "--", "-d", "--no-such"]


def test_what_follows_the_verb_is_the_verbs() -> None:
    options = global_parser().parse_all(["-fa.yaml", "--file=b.yaml", "-p=shop", "--dry-run", "up", "-p", "--", "-x"])

    assert (options.file, options.project_name, options.verb) == (["a.yaml", "b.yaml"], "shop", "up")
    assert options.words == ["-p", "--", "-x"]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("up --detatch", "unknown option --detatch", "did you mean --detach?"),
        ("up --detatch=true", "unknown option --detatch", "did you mean --detach?"),
        ("up -detach", "unknown option -e in -detach", "did you mean --detach?"),
        ("up -dx", "unknown option -x in -dx", "see `minicompose up --help`"),
        ("up -x", "unknown option -x", "see `minicompose up --help`"),
        ("up --pull alwasy", '--pull cannot be "alwasy"', 'did you mean "always"?'),
        ("up --pull x", '--pull cannot be "x"', "it is one of: always, missing, never"),
        ("up --wait=maybe", '--wait is true or false, and cannot be "maybe"', "see `minicompose up --help`"),
        ("up --exit-code-from", "--exit-code-from needs a value", "see `minicompose up --help`"),
        ("logs -fn", "-n needs a value", "see `minicompose logs --help`"),
        ("logs --index x web", '--index: a whole number is wanted, not "x"', "see `minicompose logs --help`"),
        ("up -t soon", '--timeout: a number of seconds is wanted, not "soon"', "see `minicompose up --help`"),
        ("version extra", 'there is one argument too many: "extra"', "see `minicompose version --help`"),
        ("port web", "PORT is missing", "see `minicompose port --help`"),
        ("exec -it", "SERVICE is missing", "see `minicompose exec --help`"),
        ("cp", "SOURCE and TARGET are missing", "see `minicompose cp --help`"),
        ("config --services --images", "--images and --services do not go together", "see `minicompose config --help`"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_with_what_was_probably_meant(line: str, message: str, hint: str) -> None:
    assert refused(line) == (message, hint)


def test_an_option_on_the_wrong_side_of_the_verb_is_told_where_it_stands(capsys: Printed) -> None:
    assert main(["up", "--profile", "dev"]) == 2
    assert capsys.readouterr().err == (
        "minicompose: unknown option --profile\n  it stands before the verb: `minicompose --profile NAME up`\n"
    )
    assert main(["--detach", "up"]) == 2
    assert capsys.readouterr().err == (
        "minicompose: unknown option --detach\n  it stands behind the verb: up, apply, exec and run have it\n"
    )


def test_an_unknown_value_of_an_option_before_the_verb_names_the_near_one(capsys: Printed) -> None:
    assert main(["--progress", "jsn", "up"]) == 2
    assert capsys.readouterr().err == 'minicompose: --progress cannot be "jsn"\n  did you mean "json"?\n'
