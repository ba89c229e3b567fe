"""`minicompose explain`: why a service does not run, or is not healthy.

Say of each service how it is, and where that is not well, why: what it waits for, down to the cause;
the last runs of its health check; its exit code and what that means; who has its port; why its image could
not be had; the last that it printed. No services means all. With -p and no stack file, labels tell.

    minicompose explain web
    minicompose explain --format json
"""

from argparse import ArgumentParser, Namespace

from minicompose.commands.context import Context
from minicompose.errors import ExitCode


def configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("services", nargs="*", metavar="SERVICE", help="only these services")
    add("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")


def run(args: Namespace, context: Context) -> ExitCode:
    from minicompose.diagnosis.evidence import gather
    from minicompose.diagnosis.explaining import explain
    from minicompose.output.explanations import explanation_json, explanations_text

    stack = None if context.names_project_only else context.load_leniently()[0].stack
    observed = context.engine.observe(stack.name if stack else context.project())
    there = [each.service for each in observed.containers if not each.oneoff]
    declared = [*stack.services, *stack.disabled] if stack else []
    context.check_there(args.services, (*declared, *there))
    services = args.services or list(dict.fromkeys((*(stack.services if stack else ()), *there)))
    found = gather(context.engine, observed, stack, services)
    explanations = [each for name in services for each in explain(name, found)]
    if args.format == "json":
        context.print("\n".join(explanation_json(each, observed.project) for each in explanations))
    elif explanations:
        context.print(explanations_text(explanations))
    else:
        context.tell(f"project {observed.project} has no containers")
    return ExitCode.OK
