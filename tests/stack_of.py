"""A stack from the text of a stack file, as if it were `stack.yaml` of the project shop."""

import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

import msgspec

from minicompose.model import Stack
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import load_stack


def stack_of(text: str, *, environment: Mapping[str, str] | None = None, services: tuple[str, ...] = ()) -> Stack:
    """The stack that the file declares; its files and directory are named the same everywhere."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "stack.yaml").write_text(textwrap.dedent(text).lstrip("\n"))
        request = LoadRequest(
            files=("stack.yaml",),
            working_directory=directory,
            project_name="shop",
            services=services,
            environment=environment or {},
            read_stdin=lambda: b"",
        )
        stack = load_stack(request).stack
    return msgspec.structs.replace(stack, directory="/shop", files=("/shop/stack.yaml",))
