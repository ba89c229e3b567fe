"""`minicompose doctor`: find before the start all that would make `up` fail.

Print everything that is in the way of an `up`, in one list with the places in the stack file: ports that are
taken and by whom, files, devices, networks and volumes that do not exist, names and addresses that others have,
images that cannot be had, what the engine lacks, limits beyond what its machine has, a full disk. Nothing is changed.
It exits with 0 when nothing is in the way, and with 1 otherwise. `up` looks for the same before its first change.

    minicompose doctor
    minicompose doctor --registry      ask the registries, too, whether they have the images
"""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minicompose.commands.context import Context
from minicompose.errors import ExitCode

if TYPE_CHECKING:
    from minicompose.diagnostic import Diagnostic
    from minicompose.planning.plan import Plan
    from minicompose.stackfile.load import Loaded


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services, and what they depend on")
    add("--registry", action="store_true", help="also ask the registries whether they have what is to be pulled")
    add("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.diagnostic import in_order

    loaded, wrong = context.load_leniently(args.services)
    plan, found = _looked(args, context, loaded)
    texts = {**loaded.texts, **(wrong.texts if wrong else {})}
    problems = in_order([*(wrong.diagnostics if wrong else ()), *found], texts)
    _print(args, context, plan, problems, texts)
    return ExitCode.FAILED if any(each.severity == "error" for each in problems) else ExitCode.OK


def _looked(args: Namespace, context: Context, loaded: "Loaded") -> tuple["Plan", list["Diagnostic"]]:
    """The plan of an `up`, as far as there is one, and all that is in its way."""
    from minicompose.commands.engine_lacks import build_refusals, lacks, refusals
    from minicompose.commands.obstacles import not_in_registry, obstacles
    from minicompose.commands.up import with_images
    from minicompose.diagnosis.wanted import wanted_by, wanted_of_all
    from minicompose.planning.selection import select
    from minicompose.planning.up import UpOptions, plan_up

    engine, stack = context.engine, loaded.stack
    observed = engine.observe(stack.name)
    chosen = select(stack, args.services)
    plan = plan_up(
        stack, with_images(observed, stack, engine), UpOptions(services=tuple(args.services), now=time.time())
    )
    found = [*refusals(chosen), *plan.notes]
    found += lacks(chosen, engine)
    possible = not any(note.severity == "error" for note in plan.notes)
    wanted = wanted_by(plan, stack, observed) if possible else wanted_of_all(stack, chosen.services, observed)
    found += build_refusals(stack, sorted(wanted.builds), engine.info, context.environment)
    found += obstacles(engine.abilities, engine.all_containers, stack, observed, wanted)
    if args.registry:
        found += not_in_registry(engine, stack, wanted)
    return plan, found


def _print(
    args: Namespace, context: Context, plan: "Plan", problems: "list[Diagnostic]", texts: dict[str, str]
) -> None:
    from minicompose.output.diagnostics import diagnostics_json, render_diagnostics
    from minicompose.output.step_words import plural

    if args.format == "json":
        import json

        for problem in diagnostics_json(problems):
            context.print(json.dumps(problem))
        return
    if problems:
        context.print(render_diagnostics(problems, texts, context.color) + "\n")
    errors = _count(problems, "error")
    told = f"{plural(errors, 'thing')} would make `up` fail" if errors else "nothing is in the way of `up`"
    _print_podman(context)
    warnings = _count(problems, "warning")
    steps = "" if errors else f", which has {plural(len(plan.steps), 'step')} to take" if plan.steps else ""
    context.print(told + steps + (f"; {plural(warnings, 'warning')}" if warnings else ""))


def _print_podman(context: Context) -> None:
    """Whoever expects Docker is told that it is another engine, and where it was found."""
    if context.engine.is_podman:
        started = ", started on demand" if context.endpoint.started_by else ""
        context.print(f"the engine is Podman {context.engine.info().version} at {context.engine_address}{started}")


def _count(problems: "Iterable[Diagnostic]", severity: str) -> int:
    return sum(each.severity == severity for each in problems)
