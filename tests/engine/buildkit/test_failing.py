"""Why a build failed, in words for its reader."""

from pathlib import Path

import pytest

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.calls import CallFailed
from minicompose.engine.buildkit.failing import build_failure, line_told
from minicompose.engine.buildkit.progress import Story, Told, Vertex
from minicompose.model import Build
from minicompose.planning.plan import BuildImage

DOCKERFILE = """\
FROM busybox
# RUN make
RUN make && \\
    # between
    make install
RUN twice
RUN twice
"""
SOURCE = b'{"info":{"filename":"Dockerfile"},"ranges":[{"start":{"line":7},"end":{"line":8}}]}'


def _details(content: bytes = SOURCE) -> bytes:
    other = wire.octets(1, "github.com/moby/buildkit/stack.Stack+json") + wire.octets(2, "{}")
    source = wire.octets(1, "github.com/moby/buildkit/errdefs.Source+json") + wire.octets(2, content)
    return wire.number(1, 2) + wire.octets(2, "no") + wire.octets(3, other) + wire.octets(3, source)


def _said(tmp_path: Path, name: str, error: str, details: bytes = b"") -> tuple[str, str]:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    story = Story(lambda progress: None)
    if name:
        story.hear(Told(vertices=(Vertex(digest="a", name=name, error=error),)))
    build = BuildImage(image="x", build=Build(context=str(tmp_path)), service="web", labels={})
    told = build_failure(CallFailed(2, error, details), story, build)
    return told.message, told.hint


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "[2/4] RUN make && make install",
            "executor failed running [/bin/sh -c make && make install]: exit code: 2",
            "[2/4] RUN make && make install (Dockerfile:3) failed with exit code 2",
        ),
        (
            "[stage-0 3/4] RUN twice",
            'process "/bin/sh -c twice" did not complete successfully: exit code: 127',
            "[stage-0 3/4] RUN twice failed with exit code 127",
        ),
        ("[2/2] COPY a /", '"/a" not found: not found', '[2/2] COPY a /: "/a" not found: not found'),
        (
            "",
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: unknown instruction: RUNN",
            "failed to create LLB definition: unknown instruction: RUNN",
        ),
    ],
)
def test_the_step_and_its_line_are_named(tmp_path: Path, name: str, error: str, message: str) -> None:
    assert _said(tmp_path, name, error)[0] == message


def test_a_line_that_the_engine_tells_is_taken(tmp_path: Path) -> None:
    error = 'process "twice" did not complete successfully: exit code: 1'

    assert _said(tmp_path, "[3/4] RUN twice", error, _details())[0] == (
        "[3/4] RUN twice (Dockerfile:7) failed with exit code 1"
    )


@pytest.mark.parametrize("details", [b"", b"\x0a\x05ab", _details(b"{}"), _details(b"no JSON")])
def test_details_of_another_shape_name_no_line(details: bytes) -> None:
    assert line_told(details) == 0


def test_an_image_of_a_syntax_line_that_cannot_be_had_is_explained(tmp_path: Path) -> None:
    error = (
        'failed to do request: Head "https://registry-1.docker.io/v2/docker/dockerfile/manifests/1": dial tcp: lookup'
    )

    assert "`# syntax=` line" in _said(tmp_path, "resolve image config for docker.io/docker/dockerfile:1", error)[1]
    assert "reach the registry" in _said(tmp_path, "load metadata for nosuch", "dial tcp: no such host")[1]
