"""All messages speak with one voice: in small letters, without a full stop, with words of the user in double quotes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What is called with words for people: exceptions, diagnostics, and what passes them on.
_TELLING = re.compile(
    r"(tell|wrong|error|warning|_error|_warning|_warn|_problem|_complain|_note|Diagnostic|Lack|Notice|\w*Error|Wrong|"
    r"BadValue|NoStackFile|EngineUnreachable|EngineRefused|BadRequest|NotFound|Conflict|EngineFault|CannotRun|"
    r"NoProgram|EngineTooOld|Unusable|Unreadable|NoWayIn)$"
)
# Errors of programmers, whose words are Python's.
_NOT_FOR_PEOPLE = {
    "AttributeError",
    "TypeError",
    "OSError",
    "ValueError",
    "JSONDecodeError",
    "RemoteProtocolError",
    "ValidationError",
}
_NAMES = re.compile(r"(Docker|Podman|Dockerfile|Kubernetes|Swarm|Windows|Linux)\b")
_OTHER_VOICE = re.compile(r"n't\b|\b(invalid|unable|failed to|oops|sorry|whoops)\b", re.IGNORECASE)

Said = tuple[str, str]


def sayings() -> Iterator[Said]:
    """Where a message stands, and its text, with {} for what is put into it."""
    for file in sorted((ROOT / "minicompose").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _is_telling(node):
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    if (text := _text(argument)) and " " in text:
                        yield f"{file.relative_to(ROOT)}:{argument.lineno}", text


def _is_telling(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return _TELLING.fullmatch(name) is not None and name not in _NOT_FOR_PEOPLE


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "{!r}" if node.conversion == ord("r") else "{}"
    return ""


SAYINGS = list(sayings())


def against(rule: re.Pattern[str]) -> list[Said]:
    return [(place, text) for place, text in SAYINGS if rule.search(text)]


def test_there_are_messages_to_be_looked_at() -> None:
    assert len(SAYINGS) > 300


def test_no_message_ends_in_a_full_stop() -> None:
    assert against(re.compile(r"(?<!\.)[.!]$")) == []


def test_messages_begin_with_a_small_letter_or_a_name() -> None:
    begun = against(re.compile(r"^[A-Z][a-z]"))

    assert [(place, text) for place, text in begun if not _NAMES.match(text)] == []


@pytest.mark.parametrize("rule", [r"\{!r\}", r"'\{\}'"])
def test_words_of_the_user_stand_in_double_quotes(rule: str) -> None:
    assert against(re.compile(rule)) == []


def test_no_message_has_words_of_another_voice() -> None:
    assert against(_OTHER_VOICE) == []
