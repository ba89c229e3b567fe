"""A stack with only some of its services."""

from minicompose.planning.selection import matching, select, with_services, without_unused
from tests.stack_of import stack_of

SHOP = """
    services:
      web: {image: w, depends_on: [api], networks: [front], secrets: [key]}
      api:
        image: a
        depends_on: {db: {condition: service_started}, mail: {condition: service_started, required: false}}
        networks: [back]
        models: [llm]
      db: {image: d, volumes: ["data:/data"], networks: [back]}
      mail: {image: m, profiles: [mail], configs: [smtp]}
    networks: {front: , back: }
    volumes: {data: }
    secrets: {key: {environment: KEY}}
    configs: {smtp: {content: x}}
    models: {llm: {model: ai/llm}}
"""


def test_a_selection_has_what_the_services_need_and_what_these_use() -> None:
    stack = select(stack_of(SHOP, environment={"KEY": "k"}), ["api"])

    assert sorted(stack.services) == ["api", "db"]
    assert (list(stack.networks), list(stack.volumes)) == (["back"], ["data"])
    assert (list(stack.secrets), list(stack.configs), list(stack.models)) == ([], [], ["llm"])


def test_no_service_named_is_the_whole_stack() -> None:
    stack = stack_of(SHOP, environment={"KEY": "k"})

    assert select(stack, []) is stack


def test_a_selection_forgets_a_dependency_that_may_be_missing_and_is() -> None:
    stack = with_services(stack_of(SHOP, environment={"KEY": "k"}), ["api"])

    assert list(stack.services["api"].depends_on or ()) == ["db"]


def test_resources_of_disabled_services_alone_are_unused() -> None:
    stack = without_unused(stack_of(SHOP, environment={"KEY": "k"}))

    assert list(stack.configs) == []
    assert list(stack.secrets) == ["key"]
    assert "mail" in (stack.services["api"].depends_on or {})


def test_a_pattern_matches_whole_names() -> None:
    assert matching("w*", ["web", "www", "a-w"]) == ["web", "www"]
    assert matching("[^w]?", ["ab", "wb", "abc"]) == ["ab"]
