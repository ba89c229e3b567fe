"""The C parser alone: as good as with all of PyYAML, and in nobody's way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def in_a_process(code: str) -> object:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_what_is_wrong_is_said_the_same_with_and_without_the_rest_of_pyyaml() -> None:
    code = """
import json, sys
from minicompose.stackfile.yamltree import read_yaml
said = []
for text in ("a: [1", "a: \\0", "\\tx: 1", "a: 'b", "a: *b", "a: &x 1\\nb: [*x", "%YAML 9.9\\n---\\na", "- a\\nb: c"):
    read_yaml(text, "a.yaml", lambda problem: said.append([str(problem.pos), problem.summary, problem.hint]))
print(json.dumps([said, "yaml.constructor" in sys.modules]))
"""

    alone, whole = in_a_process(code), in_a_process(f"import yaml\n{code}")

    assert alone == [whole[0], False]  # type: ignore[index]
    assert len(whole[0]) >= 7  # type: ignore[index]


def test_whoever_imports_yaml_afterwards_has_all_of_it() -> None:
    code = """
import json, minicompose.stackfile.libyaml
import yaml
try:
    yaml.safe_load("a: [1")
except yaml.YAMLError as error:
    problem = type(error).__name__
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
print(json.dumps([yaml.load("a: [1, 2]", Loader=loader), yaml.safe_dump({"b": 1}), problem]))
"""

    assert in_a_process(code) == [{"a": [1, 2]}, "b: 1\n", "ParserError"]


def test_a_program_that_loads_stacks_keeps_the_fast_loader_of_yaml() -> None:
    code = """
import json
from minicompose import load_stack
import yaml
try:
    yaml.load("a: [1", Loader=yaml.CSafeLoader)
except yaml.YAMLError as error:
    problem = type(error).__name__
print(json.dumps([yaml.load("a: [1, 2]", Loader=yaml.CSafeLoader), problem]))
"""
    pytest.importorskip("yaml._yaml")

    assert in_a_process(code) == [{"a": [1, 2]}, "ParserError"]
