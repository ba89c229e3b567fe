"""What is asked of BuildKit for a build."""

from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.solving import entitlements, frontend_attributes, solve_request, sources
from minicompose.errors import BadRequest
from minicompose.model import Build, ByteSize, Ulimit
from minicompose.planning.plan import BuildImage


def _asked(**fields: Any) -> BuildImage:
    asked = {name: fields.pop(name) for name in ("platform", "pull", "no_cache") if name in fields}
    return BuildImage(image="shop:1", build=Build(**fields), service="web", labels={"of": "shop"}, **asked)


@pytest.mark.parametrize(
    ("fields", "attributes"),
    [
        ({"args": {"A": "1", "B": None, "C": ""}}, {"build-arg:A": "1", "build-arg:C": ""}),
        ({"labels": {"a": "b"}}, {"label:a": "b"}),
        ({"target": "one"}, {"target": "one"}),
        ({"network": "none"}, {"force-network-mode": "none"}),
        ({"network": "default"}, {}),
        ({"extra_hosts": ("far=1.2.3.4", "six=::1")}, {"add-hosts": "far=1.2.3.4,six=::1"}),
        ({"shm_size": ByteSize(5 << 20)}, {"shm-size": "5242880"}),
        ({"ulimits": {"nofile": Ulimit(soft=1, hard=2), "nproc": 3}}, {"ulimit": "nofile=1:2,nproc=3:3"}),
        ({"platform": "linux/arm64"}, {"platform": "linux/arm64"}),
        ({"no_cache": True}, {"no-cache": ""}),
        ({"pull": True}, {"image-resolve-mode": "pull"}),
        (
            {"cache_from": ("shop:0", "type=local,src=x")},
            {"cache-imports": '[{"Type":"registry","Attrs":{"ref":"shop:0"}}]'},
        ),
    ],
)
def test_an_attribute_of_a_build_is_one_of_the_frontends(fields: dict[str, Any], attributes: dict[str, str]) -> None:
    usual = {"label:of": "shop", "image-resolve-mode": "default"}

    assert frontend_attributes(_asked(**fields)) == {**usual, **attributes}


def test_rights_are_asked_for_by_name() -> None:
    assert entitlements(Build(privileged=True, network="host", entitlements=("security.insecure",))) == (
        "security.insecure",
        "network.host",
    )


def test_the_request_names_the_image_its_tags_and_its_caches() -> None:
    asked = _asked(tags=("shop:2",), cache_to=("type=inline", "type=local,dest=x"), cache_from=("shop:0",))

    found = list(wire.fields(solve_request(asked, {"filename": "D"}, ref="r", session="s")))

    assert {(1, b"r"), (3, b"moby"), (5, b"s"), (6, b"dockerfile.v0")} <= set(found)
    assert (4, wire.octets(1, "name") + wire.octets(2, "shop:1,shop:2")) in found
    assert (7, wire.octets(1, "filename") + wire.octets(2, "D")) in found
    (cache,) = (wire.nested(value) for number, value in found if number == 8)
    registry = wire.octets(1, "registry") + wire.table(2, {"ref": "shop:0"})
    assert list(wire.fields(cache)) == [(4, wire.octets(1, "inline")), (5, registry)]


def test_a_build_may_read_its_contexts_and_where_its_dockerfile_is(tmp_path: Path) -> None:
    for name in ("context", "files", "more"):
        (tmp_path / name).mkdir()
    (tmp_path / "files" / "D").touch()
    build = Build(
        context=str(tmp_path / "context"),
        dockerfile="../files/D",
        additional_contexts={"more": str(tmp_path / "more"), "base": "docker-image://b:1", "far": "https://a/b.git"},
    )

    directories, attributes = sources(build)

    key = attributes["dockerfilekey"]
    assert {name: Path(directory.path).name for name, directory in directories.items()} == {
        "context": "context",
        key: "files",
        "context-more": "more",
    }
    assert attributes == {
        "filename": "D",
        "dockerfilekey": key,
        "context:more": "local:context-more",
        "context:base": "docker-image://b:1",
        "context:far": "https://a/b.git",
    }


def test_dockerfiles_of_one_name_in_several_directories_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM {name}\n")

    keys = {}
    for name in ("a", "b"):
        directories, attributes = sources(Build(context=str(tmp_path), dockerfile=f"{name}/Dockerfile"))
        keys[name] = attributes["dockerfilekey"]
        assert directories[keys[name]].path == str(tmp_path / name)

    assert keys["a"] != keys["b"]


def test_the_engine_fetches_a_repository_and_takes_our_dockerfile_for_it(tmp_path: Path) -> None:
    context = "https://example.org/shop.git#main"

    assert sources(Build(context=context, dockerfile="D")) == ({}, {"context": context, "filename": "D"})
    directories, attributes = sources(Build(context=context, dockerfile_inline="FROM x"))
    assert directories["dockerfile"].files == {"Dockerfile": b"FROM x"}
    assert attributes == {"context": context, "filename": "Dockerfile", "dockerfilekey": "dockerfile"}


@pytest.mark.parametrize(
    "fields", [{"context": "/no/such"}, {"dockerfile": "none"}, {"additional_contexts": {"a": "/no"}}]
)
def test_what_is_not_there_is_told(tmp_path: Path, fields: dict[str, Any]) -> None:
    (tmp_path / "Dockerfile").touch()

    with pytest.raises(BadRequest):
        sources(Build(**{"context": str(tmp_path), **fields}))
