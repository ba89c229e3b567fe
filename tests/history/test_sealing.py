"""A stack without its secrets, and the secrets put back."""

import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicompose import fields
from minicompose.errors import MinicomposeError
from minicompose.history.revision import Revision, decode, encode
from minicompose.history.sealing import sealed, unsealed
from minicompose.model import Stack
from minicompose.planning.spec import blueprint
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import load_stack
from tests.history.making import bare, revision_of
from tests.planning.test_spec import HOLDERS
from tests.stack_of import stack_of

CORPUS = Path(__file__).parents[1] / "config_cases" / "corpus"
EVERYWHERE = """
services:
  web:
    image: web
    environment: {{DB_PASSWORD: "{0}", URL: "postgres://app:{0}@db/x", PLAIN: "a${{API_TOKEN}}b"}}
    command: [app, --password, "{0}", --url, "http://x/${{API_TOKEN}}"]
    healthcheck: {{test: "curl ${{API_TOKEN}}"}}
    build: {{context: ., args: {{TOKEN: "{0}"}}}}
    pre_stop: [{{command: [x, "--token={0}"], environment: {{SECRET: "{0}"}}}}]
    x-vault: {{password: "{0}", list: [{{token: "{0}"}}]}}
    configs: [site, key]
    secrets: [given]
configs:
  site: {{content: "a = 1\\npassword: {0}\\n<x key='{0}'>\\nb=${{API_TOKEN}}\\n"}}
  key: {{content: "secret:\\n  {0}\\n"}}
secrets:
  given: {{environment: API_TOKEN}}
"""
# No part of what the stack says otherwise, and nothing that YAML or a shell would read as something else.
SECRETS = st.text(string.ascii_letters + string.digits, min_size=9, max_size=24)


def assert_put_back(stack: Stack, revision: Revision) -> None:
    """What was written is what was; its containers are the same ones, too, though their records hold digests."""
    read = decode(encode(revision))
    found, missing = unsealed(read.stack, revision.sealed, sealed(stack)[1])
    assert (bare(found), missing) == (bare(stack), ())
    for name, service in bare(stack).services.items():
        before = blueprint(msgspec.structs.replace(bare(stack), root=stack.root), service)
        assert blueprint(found, found.services[name]).record == before.record


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(SECRETS, SECRETS)
def test_no_secret_is_in_the_bytes_and_all_can_be_put_back(secret: str, token: str) -> None:
    stack = stack_of(EVERYWHERE.format("Z" + secret), environment={"API_TOKEN": "Y" + token})

    revision = revision_of(stack)

    written = encode(revision).decode()
    assert "Z" + secret not in written
    assert "Y" + token not in written
    assert_put_back(stack, revision_of(stack))


@pytest.mark.parametrize(("start", "form"), HOLDERS, ids=[start for start, _ in HOLDERS])
def test_no_attribute_brings_a_secret_into_a_revision(start: str, form: fields.Form) -> None:
    value = '[CMD, x, --password, hunter2, "y --pass hunter2"]' if form == fields.WORDS else "{password: hunter2}"
    ends = "".join({"{": "}", "[": "]"}.get(char, "") for char in reversed(start.replace("[gpu]", "")))
    stack = stack_of(f"services: {{a: {{image: a, {start[1:]}{value}{ends}}}")

    assert b"hunter2" not in encode(revision_of(stack))


@pytest.mark.parametrize(
    "resource",
    ["driver_opts: {password: hunter2}", "ipam: {options: {token: hunter2}}", "labels: {api_key: hunter2}"],
)
def test_no_network_brings_a_secret_into_a_revision(resource: str) -> None:
    stack = stack_of(f"services: {{a: {{image: a}}}}\nnetworks: {{default: {{{resource}}}}}")

    assert b"hunter2" not in encode(revision_of(stack))


def stacks() -> list[Stack]:
    """All that the corpus of stack files comes to."""
    found = []
    for directory in sorted(CORPUS.iterdir()):
        request = LoadRequest(working_directory=str(directory / "files"), environment={}, project_name="shop")
        try:
            found.append(load_stack(request).stack)
        except MinicomposeError:
            continue  # many are there to be refused
    return found


def test_every_stack_is_the_same_when_it_has_been_written_and_read() -> None:
    found = stacks()

    assert len(found) > 60
    for stack in found:
        assert_put_back(stack, revision_of(stack))


def test_a_digest_that_was_written_in_the_stack_file_is_no_secret() -> None:
    image = f"redis@sha256:{'a' * 64}"
    revision = revision_of(stack_of(f"services: {{a: {{image: '{image}'}}}}"))

    assert revision.sealed == ()
    assert unsealed(revision.stack, revision.sealed, {}) == (revision.stack, ())


def test_a_secret_that_is_not_at_hand_is_named_by_its_place() -> None:
    stack = stack_of("services: {a: {image: a, environment: {DB_PASSWORD: x}, command: [run, --token=y]}}")
    revision = revision_of(stack)

    _, missing = unsealed(revision.stack, revision.sealed, {})

    assert missing == (("services", "a", "command", 1), ("services", "a", "environment", "DB_PASSWORD"))


def test_a_config_stays_readable_but_for_what_follows_a_secret_name() -> None:
    stack = stack_of("""
        services: {a: {image: a, configs: [c]}}
        configs: {c: {content: "listen 80;\\nssl_certificate_key /etc/x.pem;\\nroot /srv;\\n"}}
    """)

    first, second, third, _ = sealed(stack)[0].configs["c"].content.split("\n")  # type: ignore[union-attr]

    assert (first, third) == ("listen 80;", "root /srv;")
    assert second.startswith("ssl_certificate_key sha256:")


@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN RSA PRIVATE KEY-----\\nhunter2\\n",
        "password: |\\n  hunter2\\n",
        "password:\\n  hunter2\\n",
        '{\\"secret\\": [\\n\\"hunter2\\"]}',
        "token=\\nhunter2\\n",
    ],
)
def test_a_config_with_a_secret_of_several_lines_is_not_kept(content: str) -> None:
    stack = stack_of(f'services: {{a: {{image: a, configs: [c]}}}}\nconfigs: {{c: {{content: "{content}"}}}}')

    assert "hunter2" in str(stack.configs["c"].content)
    assert str(sealed(stack)[0].configs["c"].content).startswith("sha256:")
