"""Command lines that are one string."""

import pytest

from minicompose.stackfile.commandline import CommandLine, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b\tc\nd\re", ("a", "b", "c", "d", "e")),
        ("", ()),
        ("sh -c 'a && b' \"c; d\"", ("sh", "-c", "a && b", "c; d")),
        ("a '' \"\" b", ("a", "", "", "b")),
        ("'a'\"b\"c", ("abc",)),
        (r"a\ b \;c '\d'", ("a b", ";c", r"\d")),
        ('a $(b; c) `d | e` "("', ("a", "$(b; c)", "`d | e`", "(")),
        ("a $X ${Y}", ("a", "$X", "${Y}")),
        ("a\u00a0b\u2003c", ("a\u00a0b\u2003c",)),
    ],
)
def test_words_are_those_of_a_shell(text: str, words: tuple[str, ...]) -> None:
    assert split_words(text) == CommandLine(words)


@pytest.mark.parametrize(
    ("text", "words", "ignored"),
    [
        ("a b && c", ("a", "b"), "&& c"),
        ("a|b", ("a",), "|b"),
        ("a b; c", ("a", "b"), "; c"),
        ("a > b", ("a",), "> b"),
        ("a 2> b", ("a",), "> b"),
        ("a2> b", ("a2",), "> b"),
        ("&", (), "&"),
    ],
)
def test_a_command_ends_at_the_first_operator_of_a_shell(text: str, words: tuple[str, ...], ignored: str) -> None:
    assert split_words(text) == CommandLine(words, ignored)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a 'b", "opening ' that is never closed"),
        ("a `b", "opening ` that is never closed"),
        ("a $(b", "opening ( that is never closed"),
        ("a (b)", "has a ( that only a shell could read"),
        ("a b)", "has a ) that only a shell could read"),
        ("a\\", "backslash that escapes nothing"),
    ],
)
def test_what_cannot_be_cut_into_words_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(").replace(")", r"\)")):
        split_words(text)
