"""Spans of time in words."""

import pytest

from minicompose.output.spans import ago


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.5, "Less than a second ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (61, "About a minute ago"),
        (150, "2 minutes ago"),
        (4000, "About an hour ago"),
        (8 * 3600, "8 hours ago"),
        (3 * 86400, "3 days ago"),
        (20 * 86400, "2 weeks ago"),
        (100 * 86400, "3 months ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_a_span_is_told_in_the_unit_that_fits(span: float, text: str) -> None:
    assert ago(span) == text
