"""Where files that are copied into a container go."""

from pathlib import Path

import pytest

from minicompose.planning.placement import misplaced
from minicompose.planning.spec import container_spec
from tests.stack_of import stack_of

TEXT = """
services:
  web: {{image: i, {service}}}
volumes: {{data: {{}}}}
configs: {{c: {{content: x}}}}
"""


@pytest.mark.parametrize(
    ("service", "volumes"),
    [
        ("configs: [c]", ()),
        ("configs: [{source: c, target: /a/b}]", ()),
        ("read_only: true, configs: [{source: c, target: /a/b}]", ("/a",)),
        ("read_only: true, configs: [{source: c, target: /a/b}, {source: c, target: /a/d/e}]", ("/a",)),
        ("read_only: true, configs: [{source: c, target: /a/b}, {source: c, target: /ab/d}]", ("/a", "/ab")),
        ("read_only: true, volumes: ['data:/a'], configs: [{source: c, target: /a/b}]", ()),
        ("tmpfs: /a, configs: [{source: c, target: /a/d/b}]", ("/a/d",)),
        ("volumes: [{type: tmpfs, target: /a}], configs: [{source: c, target: /a/d/b}]", ("/a/d",)),
        ("tmpfs: /a, volumes: ['data:/a/d'], configs: [{source: c, target: /a/d/b}]", ()),
        ("tmpfs: /ab, configs: [{source: c, target: /a/b}]", ()),
    ],
)
def test_a_file_gets_a_volume_where_it_could_not_be_otherwise(service: str, volumes: tuple[str, ...]) -> None:
    stack = stack_of(TEXT.format(service=service))

    spec = container_spec(stack, stack.services["web"], 1)

    assert spec.file_volumes == volumes
    assert spec.labels.get("minicompose.files", "") == ":".join(volumes)
    assert list(misplaced(stack, stack.services["web"])) == []


def test_a_directory_has_the_owner_and_mode_that_it_has(tmp_path: Path) -> None:
    stack = stack_of(f"""
        services:
          plain: {{image: i, secrets: [s]}}
          asking: {{image: i, secrets: [{{source: s, mode: 0400}}]}}
        secrets: {{s: {{file: {tmp_path}}}}}
    """)

    ((path, why, _),) = misplaced(stack, stack.services["asking"])

    assert path == ("secrets", 0)
    assert "can only be mounted as it is" in why
    assert list(misplaced(stack, stack.services["plain"])) == []


@pytest.mark.parametrize(
    ("service", "path", "why"),
    [
        ("read_only: true, configs: [c]", ("configs", 0), "/ cannot be a volume"),
        ("read_only: true, configs: [{source: c, target: /sys/a/b}]", ("configs", 0), "/sys/a cannot be a volume"),
        ("tmpfs: /a, configs: [{source: c, target: /a/b}]", ("configs", 0), "/a is a tmpfs"),
        ("volumes: ['data:/a:ro'], configs: [{source: c, target: /a/b}]", ("configs", 0), "on /a is read-only"),
        ("volumes: ['data:/a'], configs: [{source: c, target: /a}]", ("configs", 0), "else is mounted on /a"),
        ("configs: [{source: c, gid: staff}]", ("configs", 0, "gid"), '"staff" is not a number'),
    ],
)
def test_a_file_without_a_place_is_known(service: str, path: tuple[str | int, ...], why: str) -> None:
    stack = stack_of(TEXT.format(service=service))

    ((found, told, hint),) = misplaced(stack, stack.services["web"])

    assert found == path
    assert why in told
    assert hint
