"""`minicompose config`: show the stack file as it is understood.

Read, check and print the stack file in its canonical form: files merged, variables replaced,
short forms made long, defaults filled in.

    minicompose config -q                 only check it
    minicompose config --images           what will be pulled or built
    minicompose config --explain          where each value comes from
    minicompose config --no-interpolate   with variables as they are written
    minicompose config --variables        which variables it asks for
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minicompose.commands.context import Context
from minicompose.errors import ExitCode, UsageError
from minicompose.model import Stack

if TYPE_CHECKING:
    from minicompose.model import Node
    from minicompose.stackfile.load import Loaded, Outlined
    from minicompose.stackfile.variables import Variable

_NAMES = ("services", "images", "volumes", "networks", "models", "profiles")

# Flags that cannot be meant together, and why.
_CONTRADICTIONS = (
    (("explain",), ("no_interpolate",), "an expression comes from where it stands"),
    (("variables",), ("resolve_image_digests",), "no image is printed"),
    (("environment",), ("resolve_image_digests",), "no image is printed"),
    (("lock_image_digests",), ("resolve_image_digests",), "one says the whole file, the other only its images"),
    (
        ("hash",),
        ("no_interpolate", "no_normalize", "no_path_resolution", "no_env_resolution", "resolve_image_digests"),
        "a hash is that of the container that `up` would make",
    ),
)


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services (web* is a pattern), and what they need")
    add("--format", choices=("yaml", "json"), help="how to print it (default: yaml; lists as lines)")
    add("-o", "--output", metavar="FILE", help="write to FILE instead of standard output")
    add("--no-interpolate", action="store_true", help="leave variables as they are written")
    add("--no-normalize", action="store_true", help="add nothing that is only implied")
    add("--no-path-resolution", action="store_true", help="leave relative paths relative")
    add("--no-env-resolution", action="store_true", help="read no env_file and look no service's variables up")
    add("--no-consistency", action="store_true", help="do not check whether the parts fit together")
    add("--resolve-image-digests", action="store_true", help="print images with the digests that registries have")
    whats = parser.add_mutually_exclusive_group()

    def what(word: str, text: str, *more: str) -> None:
        whats.add_argument(
            *more, f"--{word}", dest="what", action="store_const", const=word.replace("-", "_"), help=text
        )

    what("quiet", "only check; print nothing", "-q")
    what("explain", "print where each value comes from: file and line, override, variable")
    what("lock-image-digests", "print an override file that pins images to the digests that registries have")
    what("variables", "print the variables that the files ask for, and their defaults")
    what("environment", "print the variables that can be used in the files")
    whats.add_argument("--hash", metavar="SERVICES", help="print a hash of each service's container; * is all")
    for name in _NAMES:
        what(name, f"print the names of the {name}")


def run(args: Namespace, context: Context) -> ExitCode:
    _refuse_contradictions(args)
    text = _text(args, context)
    if args.output and args.what != "quiet":
        from minicompose.wholefiles import whole_file

        with whole_file(Path(args.output)) as file:
            file.write((text.rstrip("\n") + "\n").encode())
    elif text:
        context.print(text)
    return ExitCode.OK


def _refuse_contradictions(args: Namespace) -> None:
    asked = {name for name, value in vars(args).items() if value is True} | {"hash" if args.hash else args.what}
    for ones, others, why in _CONTRADICTIONS:
        for one in ones:
            for other in others:
                if {one, other} <= asked:
                    raise UsageError(f"{_flag(one)} and {_flag(other)} do not go together: {why}")
    if args.what == "explain" and args.format == "json":
        raise UsageError("--explain and --format json do not go together: JSON has no comments")
    if args.what == "quiet" and args.output:
        raise UsageError("--quiet and --output do not go together: there is nothing to write")
    if args.what in _NAMES and args.what != "images" and args.resolve_image_digests:
        raise UsageError(f"{_flag(args.what)} and --resolve-image-digests do not go together: no image is printed")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _reading(args: Namespace) -> dict[str, bool]:
    """How to read the files, as `LoadRequest` has it."""
    return {
        "normalise": not args.no_normalize,
        "resolve_paths": not args.no_path_resolution,
        "resolve_environment": not args.no_env_resolution,
        "consistency": not args.no_consistency,
    }


def _text(args: Namespace, context: Context) -> str:
    """What to print."""
    if args.what == "variables":
        return _variables(args, context.outline(_reading(args)))
    if args.no_interpolate and args.what != "environment":
        return _of_outline(args, context)
    return _of_stack(args, context)


# ---- with variables replaced ----


def _of_stack(args: Namespace, context: Context) -> str:
    loaded, stack = _selected(args, context)
    if args.resolve_image_digests or args.what == "lock_image_digests":
        images = _pinned(context, stack.root, loaded.texts, stack.services)
        if args.what == "lock_image_digests":
            return _override(images, args)
        stack = _with_images(stack, images)
    if args.hash:
        return _hashes(args, context, loaded.stack)
    match args.what:
        case None | "explain":
            return _whole(stack, args)
        case "quiet":
            return ""
        case "environment":
            return _assignments(loaded.variables, "=", args)
        case _:
            return _listed(_names(stack, args.what), args)


def _selected(args: Namespace, context: Context) -> "tuple[Loaded, Stack]":
    """What was loaded, and the stack of the services named and what they use unless all resources are wanted.

    Lists of names are those of the whole stack, except for its images.
    """
    from minicompose.planning.selection import is_pattern, matching, with_services, without_unused

    patterns = [name for name in args.services if is_pattern(name)]
    named = [name for name in args.services if not is_pattern(name)]
    whole = bool(args.hash) or (args.what in _NAMES and args.what != "images")
    loaded = context.load(() if whole else named, contents=bool(args.hash), reading=_reading(args))
    stack = loaded.stack
    context.check_services(named, (*stack.services, *stack.disabled))
    for pattern in patterns:
        found = matching(pattern, stack.services)
        context.check_services([] if found else [pattern], stack.services)
        named += found
    if named and not whole:
        stack = with_services(stack, named)
    return loaded, stack if context.options.all_resources else without_unused(stack)


def _whole(stack: Stack, args: Namespace) -> str:
    from minicompose.stackfile.printed import printed

    canonical = printed(stack, env_files=args.no_env_resolution)
    if args.what == "explain":
        from minicompose.stackfile.explain import explained_yaml

        assert stack.root is not None
        return explained_yaml(canonical, stack.root)
    return _data(canonical, args)


def _names(stack: Stack, what: str) -> list[str]:
    match what:
        case "images":
            from minicompose.planning.record import service_image

            return [service_image(stack, service) for service in stack.services.values()]
        case "models":
            return [model.model for model in stack.models.values()]
        case "profiles":
            every = (*stack.services.values(), *stack.disabled.values())
            return sorted({profile for service in every for profile in service.profiles or ()})
        case _:
            return list(getattr(stack, what))


def _hashes(args: Namespace, context: Context, stack: Stack) -> str:
    from minicompose.planning.spec import blueprint

    names = sorted(stack.services) if args.hash == "*" else [name.strip() for name in args.hash.split(",")]
    for name in names:
        if name in stack.disabled:
            raise UsageError(f'no active profile enables the service "{name}"', "enable one with --profile")
    context.check_services(names, stack.services)
    return _assignments({name: blueprint(stack, stack.services[name]).fingerprint for name in names}, " ", args)


# ---- with variables as they are written ----


def _of_outline(args: Namespace, context: Context) -> str:
    outlined = context.outline(_reading(args))
    root = _chosen(args, context, outlined.root)
    if args.resolve_image_digests or args.what == "lock_image_digests":
        images = _pinned(context, root, outlined.texts, root.value["services"].value)
        if args.what == "lock_image_digests":
            return _override(images, args)
        root = _with_written_images(root, images)
    match args.what:
        case None:
            from minicompose.stackfile.schema import plain

            return _data(plain(root), args)
        case "quiet":
            return ""
        case _:
            return _listed(_written_names(f"{outlined.name}{context.separator}", root, args.what), args)


def _chosen(args: Namespace, context: Context, root: "Node") -> "Node":
    """`root` with only the services named and those they depend on; which resources they use cannot be known."""
    services: dict[str, Node] = root.value["services"].value if "services" in root.value else {}
    from minicompose.planning.selection import matching

    waiting = [name for asked in args.services for name in matching(asked, services) or [asked]]
    context.check_services(waiting, services)
    if not waiting or (args.what in _NAMES and args.what != "images"):
        return root
    kept = set()
    while waiting:
        name = waiting.pop()
        if name in services and name not in kept:
            kept.add(name)
            needs = services[name].value.get("depends_on")
            waiting += needs.value if needs is not None and isinstance(needs.value, dict) else ()
    chosen = {name: node for name, node in services.items() if name in kept}
    return root.holding(root.value | {"services": root.value["services"].holding(chosen)})


def _written_names(prefix: str, root: "Node", what: str) -> list[str]:
    section = root.value.get("services" if what in ("images", "profiles") else what)
    entries: dict[str, Node] = section.value if section is not None else {}
    match what:
        case "images":
            named = {name: node.value.get("image") for name, node in entries.items()}
            return [f"{prefix}{name}" if image is None else str(image.value) for name, image in named.items()]
        case "models":
            return [str(node.value["model"].value) for node in entries.values()]
        case "profiles":
            lists = [node.value["profiles"].value for node in entries.values() if "profiles" in node.value]
            return sorted({str(profile.value) for profiles in lists for profile in profiles})
        case _:
            return list(entries)


def _with_written_images(root: "Node", images: Mapping[str, str]) -> "Node":
    services = root.value["services"]
    pinned = {
        name: node.holding(node.value | {"image": node.value["image"].holding(images[name])})
        if name in images
        else node
        for name, node in services.value.items()
    }
    return root.holding(root.value | {"services": services.holding(pinned)})


def _variables(args: Namespace, outlined: "Outlined") -> str:
    from minicompose.stackfile.variables import variables_of

    found = variables_of(outlined.documents)
    if args.format:
        described = {each.name: _described(each, args.format) for each in found}
        return _data(described, args)
    from minicompose.output.tables import table

    header = ("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE")
    rows = [(each.name, str(each.required).lower(), each.default, each.alternate) for each in found]
    return table(header, [tuple(cell.replace("\n", "\\n") for cell in row) for row in rows], least=17)


def _described(variable: "Variable", form: str) -> dict[str, object]:
    """A variable as the reference has it: the names of its attributes are in lower case in YAML."""
    said = {
        "Name": variable.name,
        "DefaultValue": variable.default,
        "PresenceValue": variable.alternate,
        "Required": variable.required,
    }
    return said if form == "json" else {name.lower(): value for name, value in said.items()}


# ---- digests ----


def _pinned(context: Context, root: "Node | None", texts: dict[str, str], services: Iterable[str]) -> dict[str, str]:
    """The images of these services with their digests, by service."""
    from minicompose.commands.image_digests import named_images, pinned

    assert root is not None
    wanted = set(services)
    images = [named for named in named_images(root) if named.service in wanted]
    return pinned(images, context.engine, texts, workers=context.workers)


def _with_images(stack: Stack, images: Mapping[str, str]) -> Stack:
    from msgspec.structs import replace

    services = {
        name: replace(service, image=images[name]) if name in images else service
        for name, service in stack.services.items()
    }
    return replace(stack, services=services)


def _override(images: Mapping[str, str], args: Namespace) -> str:
    return _data({"services": {name: {"image": image} for name, image in images.items()}}, args)


# ---- forms ----


def _data(data: Mapping[str, Any], args: Namespace) -> str:
    if args.format == "json":
        return json.dumps(data, indent=2, ensure_ascii=False)
    from minicompose.stackfile.printed import to_yaml

    return to_yaml(dict(data))


def _listed(names: list[str], args: Namespace) -> str:
    return json.dumps(names, ensure_ascii=False) if args.format == "json" else "\n".join(names)


def _assignments(values: Mapping[str, str], separator: str, args: Namespace) -> str:
    ordered = {name: values[name] for name in sorted(values)}
    if args.format == "json":
        return json.dumps(ordered, indent=2, ensure_ascii=False)
    return "\n".join(f"{name}{separator}{value}" for name, value in ordered.items())
