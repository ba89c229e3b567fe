"""Going back: the stack of a revision with its secrets put back, on the images that it ran."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.history.revision import Revision
from minicompose.history.sealing import unsealed
from minicompose.model import Config, Path, Sealed, Stack
from minicompose.planning.images import Images
from minicompose.planning.placement import is_injected
from minicompose.planning.plan import BuildImage, CreateContainer, Plan
from minicompose.planning.record import service_image

# Gives the content of a file, None where it cannot be read.
ReadFile = Callable[[str], bytes | None]

_SECTIONS = ("configs", "secrets")


class Lost(msgspec.Struct, frozen=True):
    """Something of a revision that is not kept and not at hand: a place in the stack, or a config's content."""

    path: Path
    file: str | None = None


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """`stack` is that of a revision. `lost` values are missing in it.

    `doubtful` are missing, too, and may do no harm: what a config holds matters to new containers alone, and
    the arguments of a build to a build.
    """

    stack: Stack
    lost: tuple[Lost, ...] = ()
    doubtful: tuple[Lost, ...] = ()


def returned(revision: Revision, values: Mapping[str, str], read: ReadFile) -> Returned:
    """The stack of `revision`, its digests replaced by `values`, its contents read where they are still the same."""
    stack, missing = unsealed(revision.stack, revision.sealed, values)
    contents: list[Lost] = []
    sections: dict[str, dict[str, Config]] = {}
    for section in _SECTIONS:
        sections[section] = {}
        for key, config in getattr(stack, section).items():
            wanted = revision.contents.get(f"{section}.{key}")
            content = None if wanted is None else _content(stack, section, key, config, wanted, values, read)
            if wanted is not None and content is None:
                contents.append(Lost((section, key), config.file))
                content = Sealed.unread(wanted)
            sections[section][key] = msgspec.structs.replace(config, sealed=content)
    told = [path for path in missing if path[0] not in _SECTIONS or path[2:] != ("content",)]
    of_builds = [path for path in told if _of_build(path)]
    return Returned(
        stack=msgspec.structs.replace(stack, configs=sections["configs"], secrets=sections["secrets"]),
        lost=tuple(Lost(path) for path in told if path not in of_builds),
        doubtful=(*contents, *map(Lost, of_builds)),
    )


def _of_build(path: Path) -> bool:
    return path[0] == "services" and path[2] == "build"


def _content(
    stack: Stack, section: str, key: str, config: Config, wanted: str, values: Mapping[str, str], read: ReadFile
) -> Sealed | None:
    """What the config held, if that can be had; a file that is mounted has to hold it itself."""
    if config.file is not None:
        content = read(config.file)
        if content is not None and Sealed(content).digest == wanted:
            return Sealed(content)
        if any(
            not is_injected(grant, msgspec.structs.replace(config, sealed=Sealed.unread(wanted)))
            for service in stack.services.values()
            for grant in getattr(service, section) or ()
            if grant.source == key
        ):
            return None
    for text in (config.content, values.get(wanted)):
        if text is not None and (found := Sealed(text.encode())).digest == wanted:
            return found
    return None


def needed(plan: Plan, doubtful: Iterable[Lost]) -> tuple[Lost, ...]:
    """Those that the plan cannot do without: it puts them into a new container, or builds with them."""
    actions = [step.action for step in plan.steps]
    built = {action.service for action in actions if isinstance(action, BuildImage)}
    used = {
        (section, grant.source)
        for action in actions
        if isinstance(action, CreateContainer)
        for section in _SECTIONS
        for grant in getattr(action.spec.service, section) or ()
    }
    return tuple(lost for lost in doubtful if (lost.path[1] in built if _of_build(lost.path) else lost.path in used))


# ---- images ----


class OnImages(msgspec.Struct, frozen=True, kw_only=True):
    """`ids` are images without the name they had, which the stack now names by their ids."""

    stack: Stack
    ids: tuple[str, ...] = ()
    notes: tuple[Diagnostic, ...] = ()


def on_its_images(stack: Stack, ran: Mapping[str, str], images: Images, has: Callable[[str], bool]) -> OnImages:
    """The stack with each service on the very image that it `ran`, as long as the engine `has` that.

    Nothing is pulled or built for them again; notes tell where another image has to do.
    """
    services = dict(stack.services)
    ids: dict[str, None] = {}
    notes: list[Diagnostic] = []
    for name, service in stack.services.items():
        policy = None if service.pull_policy != "never" else "never"
        services[name] = msgspec.structs.replace(service, pull_policy=policy)
        image, then = service_image(stack, service), ran.get(name)
        if then is None or images.id_of(image) == then:
            continue
        if has(then):
            ids[then] = None
            services[name] = msgspec.structs.replace(service, pull_policy=policy, image=then, build=None)
            continue
        notes.append(_other_image(name, image, then, images.id_of(image), built=service.build is not None))
    return OnImages(stack=msgspec.structs.replace(stack, services=services), ids=tuple(ids), notes=tuple(notes))


def _other_image(service: str, image: str, then: str, now: str | None, *, built: bool) -> Diagnostic:
    if now is not None:
        instead = f"{image} is {_short(now)} now, and that is run"
    else:
        instead = f"{image} is {'built' if built else 'pulled'} again, and may be another"
    return Diagnostic(
        severity="warning",
        pos=None,
        path=f"services.{service}.image",
        summary=f"the engine no longer has the image {_short(then)} that {service} ran: {instead}",
    )


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
