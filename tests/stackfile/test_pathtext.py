import pytest

from minicompose.model import Path
from minicompose.stackfile.pathtext import path_text, steps_of
from tests.stackfile.reading import tree

ROOT = tree("services: {web: {labels: {a.b: 1, a: {b: 2}, 'x[0]': 3}, ports: [{target: 80}]}, web.eu: {image: x}}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("services",), "services"),
        (("services", "web", "ports", 0, "target"), "services.web.ports[0].target"),
        (("services", "web.eu", "image"), "services.web.eu.image"),
        (("services", "web", "labels", "a.b"), "services.web.labels.a.b"),
        (("services", "web", "labels", "x[0]"), "services.web.labels.x[0]"),
        (("services", "web", "lost"), "services.web.lost"),
        (("lost", "more"), "lost.more"),
    ],
)
def test_a_path_is_written_and_found_again(path: Path, text: str) -> None:
    assert path_text(path) == text
    assert steps_of(ROOT, text) == path


@pytest.mark.parametrize("text", ["[", "]", "[x]", ".", "..", "a[", "services.[]", "[0][1].a"])
def test_any_text_is_some_path(text: str) -> None:
    assert isinstance(steps_of(ROOT, text), tuple)
