"""docs/environment.md: it has every variable that is looked at, and every one of docker compose."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "environment.md").read_text()
HERE, NOT_HERE = PAGE.split("mean nothing here")

_VARIABLE = re.compile(r"\b(?:COMPOSE|DOCKER)_[A-Z_]+[A-Z]\b|\bNO_COLOR\b")

# What the program of docker compose v2.40.3 looks at.
REFERENCE = """
COMPOSE_ANSI COMPOSE_BAKE COMPOSE_COMPATIBILITY COMPOSE_CONVERT_WINDOWS_PATHS
COMPOSE_DISABLE_ENV_FILE COMPOSE_ENV_FILES COMPOSE_EXPERIMENTAL_GIT_REMOTE
COMPOSE_EXPERIMENTAL_OCI_REMOTE COMPOSE_FILE COMPOSE_IGNORE_ORPHANS COMPOSE_MENU
COMPOSE_PARALLEL_LIMIT COMPOSE_PATH_SEPARATOR COMPOSE_PROFILES COMPOSE_PROGRESS COMPOSE_PROJECT_NAME
COMPOSE_REMOVE_ORPHANS COMPOSE_STATUS_STDOUT DOCKER_API_VERSION DOCKER_AUTH_CONFIG DOCKER_BUILDKIT
DOCKER_CERT_PATH DOCKER_CLI_HINTS DOCKER_CONFIG DOCKER_CONTENT_TRUST DOCKER_CONTEXT
DOCKER_CUSTOM_HEADERS DOCKER_DEFAULT_PLATFORM DOCKER_HOST DOCKER_TLS DOCKER_TLS_VERIFY NO_COLOR
"""


def looked_at() -> set[str]:
    """The variables that stand in the code, as words between quotes."""
    texts = (file.read_text() for file in (ROOT / "minicompose").rglob("*.py"))
    return {name for text in texts for name in re.findall(r'"([A-Z_]+)"', text) if _VARIABLE.fullmatch(name)}


def test_every_variable_that_is_looked_at_is_told_of() -> None:
    assert looked_at() - {*_VARIABLE.findall(HERE)} == set()


def test_no_variable_is_told_of_that_nobody_looks_at() -> None:
    assert {*_VARIABLE.findall(HERE)} - looked_at() == set()


def test_every_variable_of_docker_compose_is_told_of() -> None:
    assert {*REFERENCE.split()} - {*_VARIABLE.findall(PAGE)} == set()
