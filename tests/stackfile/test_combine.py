"""Several files, their documents, and what they extend and include, as one tree."""

from pathlib import Path

import pytest

from minicompose.stackfile.combine import MOST_JUDGED
from tests.stackfile.projects import problems_of, services_of


def test_a_later_file_and_a_later_document_change_an_earlier_one(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "one.yaml": "services: {a: {image: a, tty: true}}\n---\nservices: {a: {image: b}}\n",
            "two.yaml": "services: {a: {hostname: h}}\n",
        },
    )

    assert (services["a"].image, services["a"].tty, services["a"].hostname) == ("b", True, "h")


@pytest.mark.parametrize(
    ("first", "place"),
    [
        ("services: {a: {image: a, ports: }}\n", "one.yaml:1:26 services.a.ports"),
        ("services: {a: {image: a, pirts: []}}\n", "one.yaml:1:26 services.a.pirts"),
        ("services: {a: }\n", "one.yaml:1:12 services.a"),
    ],
)
def test_a_later_file_does_not_mend_a_wrong_one(tmp_path: Path, first: str, place: str) -> None:
    later = "services: {a: !override {image: b}}\n"

    found = problems_of(tmp_path, {"one.yaml": first, "two.yaml": later})

    assert [line.rpartition(": ")[0] for line in found] == [place]


def test_what_is_wrong_in_the_first_file_is_said_once(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        {
            "one.yaml": "services: {a: {image: a, ports: 1}}\n",
            "two.yaml": "services: {a: {tty: true}}\n",
            "three.yaml": "services: {a: {init: true}}\n",
        },
    )

    assert len(found) == 1


def test_of_many_documents_only_the_first_are_judged_by_themselves(tmp_path: Path) -> None:
    """Each is judged with what the earlier ones say: of thousands that would take minutes."""
    documents = [f"services: {{s: {{image: i, environment: {{V{number}: x}}}}}}\n" for number in range(MOST_JUDGED)]
    mended = ["services: {s: {ports: }}\n", "services: {s: {ports: ['80']}}\n"]

    late = services_of(tmp_path, {"one.yaml": "---\n".join([*documents, *mended])})
    early = problems_of(tmp_path, {"one.yaml": "---\n".join([*mended, *documents])})

    assert len(late["s"].environment or ()) == MOST_JUDGED
    assert len(early) == 1


@pytest.mark.parametrize("empty", ["", "# nothing yet\n", "\n\n", "{}\n"])
def test_an_empty_file_adds_nothing_to_others(tmp_path: Path, empty: str) -> None:
    full = "services: {a: {image: a}}\n"

    assert set(services_of(tmp_path / "before", {"one.yaml": empty, "two.yaml": full})) == {"a"}
    assert set(services_of(tmp_path / "after", {"one.yaml": full, "two.yaml": empty})) == {"a"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"one.yaml": ""}, "one.yaml:1:1: the file is empty"),
        ({"one.yaml": "{}\n"}, "one.yaml:1:1: the file is empty"),
        ({"one.yaml": "", "two.yaml": "# nothing\n"}, "one.yaml:1:1: all files are empty"),
    ],
)
def test_a_stack_of_empty_files_is_none(tmp_path: Path, files: dict[str, str], said: str) -> None:
    assert problems_of(tmp_path, files) == [said]


def test_what_an_override_file_extends_is_in_that_file(tmp_path: Path) -> None:
    files = {
        "one.yaml": "services: {base: {image: a}}\n",
        "two.yaml": "services: {derived: {extends: base}}\n",
    }

    assert problems_of(tmp_path, files) == [
        'two.yaml:1:31 services.derived.extends: there is no service "base" to extend in two.yaml'
    ]


def test_an_override_file_changes_what_the_first_extends_and_includes(tmp_path: Path) -> None:
    services = services_of(
        tmp_path,
        {
            "one.yaml": "include: [sub/a.yaml]\nservices: {base: {image: a}, derived: {extends: base}}\n",
            "two.yaml": "services: {included: {image: b}, base: {image: b}}\n",
        },
        {"sub/a.yaml": "services: {included: {image: a, tty: true}}\n"},
    )

    assert {name: service.image for name, service in services.items()} == {
        "included": "b",
        "base": "b",
        "derived": "a",
    }
    assert services["included"].tty
