"""Which paths of a context a `.dockerignore` leaves out."""

import pytest

from minicompose.engine.dockerignore import ignored_by
from minicompose.errors import BadRequest


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.txt", "a.txt"),
        ("/a.txt", "a.txt"),
        ("./a.txt", "a.txt"),
        ("x/../a.txt", "a.txt"),
        ("  a.txt  ", "a.txt"),
        ("dir", "dir/below/file"),
        ("dir/", "dir/file"),
        ("*", ".hidden"),
        ("*/temp*", "dir/temporary.txt"),
        ("temp?", "tempa"),
        ("**/*.go", "x.go"),
        ("**/*.go", "a/b/x.go"),
        ("**/node_modules", "a/node_modules/b/c"),
        ("dir/**", "dir/a/b"),
        ("dir/**/file", "dir/file"),
        ("dir/**/file", "dir/a/b/file"),
        ("**", "anything/at/all"),
        ("**file", "a/myfile"),
        ("[a-c].txt", "b.txt"),
        ("[^a-c].txt", "d.txt"),
        (r"\*.txt", "*.txt"),
        (r"\!a", "!a"),
        (" #a", "#a"),
        ("a+b(c)", "a+b(c)"),
        ("ä", "ä"),
    ],
)
def test_a_pattern_leaves_out(pattern: str, path: str) -> None:
    assert ignored_by(pattern).leaves_out(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.txt", "dir/a.txt"),
        ("*/temp*", "temp"),
        ("temp?", "temp"),
        ("temp?", "temp/"[:-1]),
        ("dir/**", "dir"),
        ("dir", "dirs"),
        ("DIR", "dir"),
        ("a.txt", "a_txt"),
        ("[^a-c].txt", "b.txt"),
        (r"\*.txt", "a.txt"),
        ("# a", "# a"),
        ("", "a"),
        ("a/b", "b"),
        ("../a", "a"),
    ],
)
def test_a_pattern_leaves_in(pattern: str, path: str) -> None:
    assert not ignored_by(pattern).leaves_out(path)


def test_the_last_line_that_a_path_or_a_directory_above_it_matches_decides() -> None:
    ignored = ignored_by("*.md\n!README*.md\nREADME-secret.md\nassets\n!assets/logo.png\n! spaced.md\n")

    kept = ["README.md", "README-x.md", "assets/logo.png", "spaced.md", "other"]
    assert [path for path in kept if ignored.leaves_out(path)] == []
    assert all(ignored.leaves_out(path) for path in ("x.md", "README-secret.md", "assets/x", "assets"))


def test_the_order_of_the_lines_counts() -> None:
    assert ignored_by("!a.md\n*.md").leaves_out("a.md")


def test_a_byte_order_mark_and_ends_of_lines_of_windows_are_no_part_of_a_pattern() -> None:
    assert ignored_by("\ufeffa\r\nb\r\n").leaves_out("a")
    assert ignored_by("\ufeffa\r\nb\r\n").leaves_out("b")


@pytest.mark.parametrize("text", ["[a", "a\\", "!", "a[]b", "[b-a]"])
def test_a_pattern_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(BadRequest, match="dockerignore"):
        ignored_by(text)


@pytest.mark.parametrize(
    ("line", "directory", "may"),
    [
        ("!dir/file", "dir", True),
        ("!dir/file", "other", False),
        ("!dir/file", "di", False),
        ("!dir/**", "dir/a", False),
        ("!**/*.md", "any/where", True),
        ("dir/file", "dir", False),
    ],
)
def test_a_directory_is_looked_into_only_where_something_may_be_taken_back(
    line: str, directory: str, may: bool
) -> None:
    assert ignored_by(f"*\n{line}").may_take_back_below(directory) is may
