"""Builds as `docker buildx bake` reads them, beside what the reference prints for the same file."""

import json
from pathlib import Path
from typing import Any

import msgspec

from minicompose.planning.bake import bake_json
from minicompose.planning.image_verbs import BuildOptions, asked_builds, built_services
from tests.stack_of import stack_of

STACK = """
name: shop
services:
  web:
    image: "example.org/web:1"
    depends_on: [db]
    build:
      context: /src/web
      dockerfile: sub/D
      args: {B: "2", A: "1", UNSET: null}
      labels: {mine: "yes"}
      secrets: [{source: token, target: renamed}, word]
      ssh: ["k=/keys/k", default]
      extra_hosts: ["far:1.2.3.4", "six=::1", "far:2.2.2.2"]
      ulimits: {nofile: {soft: 5, hard: 9}, nproc: 3}
      platforms: [linux/amd64, linux/arm64]
      additional_contexts: {base: "service:base.image", other: /other}
      cache_to: ["type=inline"]
      provenance: mode=max
      sbom: true
      shm_size: 1g
      tags: ["example.org/web:2"]
      privileged: true
  db: {build: {context: /src/db, dockerfile_inline: "FROM x\\nRUN echo $$A $${B}\\n"}, platform: linux/arm64}
  base.image: {build: {context: "https://example.org/b.git#main", dockerfile: D, no_cache: true, network: none}}
  plain: {image: busybox}
secrets: {token: {file: /token}, word: {environment: WORD}}
"""


def _printed(*services: str, **options: Any) -> dict[str, Any]:
    stack = stack_of(STACK)
    asked = BuildOptions(services=services, **options)
    text = bake_json(stack, asked_builds(stack, asked), built_services(stack, asked), push=asked.push)
    found: dict[str, Any] = json.loads(text)
    for target in found["target"].values():
        assert target["labels"].pop("com.docker.compose.version")
        assert target["labels"].pop("com.docker.compose.project") == "shop"
        target["labels"].pop("com.docker.compose.service")
    return found


def test_a_build_is_a_target_as_the_reference_prints_it() -> None:
    found = _printed()

    assert found["group"] == {"default": {"targets": ["web", "db", "base_image"]}}
    assert found["target"]["web"] == {
        "context": "/src/web",
        "contexts": {"base": "target:base_image", "other": "/other"},
        "dockerfile": "/src/web/sub/D",
        "args": {"A": "1", "B": "2"},
        "labels": {"mine": "yes"},
        "tags": ["example.org/web:2", "example.org/web:1"],
        "cache-to": ["type=inline"],
        "secret": ["id=renamed,type=file,src=/token", "id=word,type=env,env=WORD"],
        "ssh": ["k=/keys/k", "default="],
        "platforms": ["linux/amd64", "linux/arm64"],
        "shm-size": "1073741824",
        "ulimits": ["nofile=5:9", "nproc=3"],
        "entitlements": ["security.insecure"],
        "extra-hosts": {"far": "1.2.3.4,2.2.2.2", "six": "::1"},
        "output": ["type=image,push=false"],
        "attest": ["type=provenance,mode=max", "type=sbom"],
    }
    assert found["target"]["db"] == {
        "context": "/src/db",
        "dockerfile-inline": "FROM x\nRUN echo $A $${B}\n",
        "labels": {},
        "tags": ["shop-db"],
        "platforms": ["linux/arm64"],
        "output": ["type=docker"],
    }
    assert found["target"]["base_image"] == {
        "context": "https://example.org/b.git#main",
        "dockerfile": "D",
        "labels": {},
        "tags": ["shop-base.image"],
        "no-cache": True,
        "network": "none",
        "output": ["type=docker"],
    }


def test_what_a_named_service_needs_is_a_target_and_not_in_the_group() -> None:
    found = _printed("web", push=True, args={"A": "9"}, ssh={"more": None})

    assert found["group"] == {"default": {"targets": ["web", "base_image"]}}
    assert list(found["target"]) == ["web", "db", "base_image"]
    assert found["target"]["web"]["output"] == ["type=registry"]
    assert found["target"]["web"]["args"] == {"A": "9", "B": "2"}
    assert found["target"]["db"]["ssh"] == ["more="]


def test_what_a_secret_holds_is_not_in_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame")
    stack = stack_of(STACK.replace("/token", str(tmp_path / "token")))
    asked = BuildOptions()

    assert "sesame" not in bake_json(stack, asked_builds(stack, asked), built_services(stack, asked), push=False)
    assert msgspec.json.decode(bake_json(stack, (), (), push=False)) == {
        "group": {"default": {"targets": []}},
        "target": {},
    }
