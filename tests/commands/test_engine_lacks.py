"""Where a refusal of what nobody carries out is shown."""

from minicompose.commands.engine_lacks import refusals
from tests.stack_of import stack_of


def test_an_entry_of_a_list_is_underlined_from_its_beginning_to_its_end() -> None:
    stack = stack_of("""
        services:
          s: {image: x, security_opt: [no-new-privileges, seccomp=nowhere.json]}
    """)

    (found,) = refusals(stack)

    assert (found.path, found.length) == ("services.s.security_opt[1]", len("seccomp=nowhere.json"))
