"""A revision as it is written down, and what is no revision."""

import json
from typing import Any

import pytest

from minicompose.history.revision import Revision, Touched, Unreadable, decode, encode
from tests.history.making import revision_of
from tests.stack_of import stack_of


@pytest.fixture
def revision() -> Revision:
    stack = stack_of("services: {a: {image: a, mem_limit: 20m, stop_grace_period: 1m30s, cpus: 0.5}}")
    change = Touched(what="replaced", type="container", name="shop-a-1", service="a", because=("image: ...",))
    return revision_of(stack, 7, changes=(change,), images={"a": "sha256:1"})


def changed(revision: Revision, **fields: Any) -> bytes:
    return json.dumps({**json.loads(encode(revision)), **fields}, indent=1).encode()


def test_a_revision_is_read_as_it_was_written(revision: Revision) -> None:
    assert decode(encode(revision)) == revision


def test_a_revision_of_another_format_is_not_read(revision: Revision) -> None:
    with pytest.raises(Unreadable, match=r"of format 2, and this version of minicompose reads format 1"):
        decode(changed(revision, format=2))


@pytest.mark.parametrize(
    "fields", [{"colour": "red"}, {"number": "7"}, {"stack": {}}, {"changes": [{"what": "eaten"}]}]
)
def test_what_is_not_of_the_form_is_not_read(revision: Revision, fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        decode(changed(revision, **fields))


def test_an_attribute_that_is_not_known_yet_is_not_passed_over(revision: Revision) -> None:
    service = {"name": "a", "image": "a", "teleport": True}

    with pytest.raises(Unreadable, match="does not know"):
        decode(changed(revision, stack={"name": "shop", "services": {"a": service}}))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_what_is_no_json_of_ours_is_not_read(text: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(text)


def test_half_of_a_revision_is_none(revision: Revision) -> None:
    text = encode(revision)

    for length in range(0, len(text), 97):
        with pytest.raises(Unreadable):
            decode(text[:length])
