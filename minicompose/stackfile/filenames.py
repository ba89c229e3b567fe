"""What stack files are called. Imports nothing: it is also asked for at each press of a key, to complete words."""

FILE_NAMES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "stack.yaml",
    "stack.yml",
)
_COMPOSE_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_STACK_OVERRIDES = ("stack.override.yaml", "stack.override.yml")


def override_names(name: str) -> tuple[str, ...]:
    """What the files are called of which the first one there is goes on top of the file of this name."""
    return _STACK_OVERRIDES if name.startswith("stack.") else _COMPOSE_OVERRIDES
