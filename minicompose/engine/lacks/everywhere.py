"""What no engine carries out, or not by itself alone."""

from collections.abc import Iterator

from minicompose.engine.lacks.lack import Lack
from minicompose.engine.lacks.table import form_of, is_refused, narrowed, narrowed_service, said
from minicompose.fields import CONFIG, SECRET, Form
from minicompose.model import Build, Config, Network, Service, Volume


def refused(service: Service) -> list[Lack]:
    """What of a service no engine carries out, its build aside."""
    return _refused(service, narrowed_service("refused"))


def refused_build(build: Build) -> list[Lack]:
    """What of a build the classic builder does not do."""
    kinds = [
        Lack(("cache_from", index), "a cache that is no image needs BuildKit: it is not used", harmless=True)
        for index, entry in enumerate(build.cache_from or ())
        if not cache_image(entry)
    ]
    return [*_refused(build, narrowed(form_of("build"), is_refused)), *kinds]


def cache_image(entry: str) -> str:
    """The image that an entry of `cache_from` names; empty for a cache that is none."""
    words = cache_words(entry)
    return words.get("ref", "") if words["type"] == "registry" else ""


def cache_words(entry: str) -> dict[str, str]:
    """An entry of `cache_from` or `cache_to` as its words; an image's name alone is `type=registry,ref=NAME`."""
    if "=" not in entry:
        return {"type": "registry", "ref": entry}
    return {"type": "registry", **dict(word.partition("=")[::2] for word in entry.split(","))}


def refused_config(config: Config, *, secret: bool) -> list[Lack]:
    """What of a config or secret an engine alone has no place for."""
    return _refused(config, SECRET if secret else CONFIG)


def _refused(value: object, form: Form | None) -> list[Lack]:
    return [
        Lack(path, f"`{field.name}` {field.refused}", field.harmless)
        for path, field in said(value, form)
        if field.refused
    ]


def nameless(value: Service | Network | Volume) -> Iterator[Lack]:
    """Names that are empty, as a variable may leave them."""
    if not isinstance(value, Service) and not value.name:
        yield Lack(("name",), "the name is empty", hint="leave `name` out for the usual one")
    for attribute in ("environment", "labels", "sysctls"):
        if "" in (getattr(value, attribute, None) or {}):
            yield Lack((attribute,), f"a name is empty in `{attribute}`")
