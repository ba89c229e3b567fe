"""`minicompose wait`: wait until services have ended, and exit with their code.

Wait until all containers of the services have ended, print the code of each as it does, and exit with that
of the last one. One that has ended already counts, with its code; one that was never started does not.

    minicompose wait tests                     exit as the tests did
    minicompose wait --down-project tests      and take the stack down first
"""

import sys
from argparse import ArgumentParser, Namespace

from minicompose.commands import exclusive
from minicompose.commands.by_labels import changed, meant_project
from minicompose.commands.context import Context
from minicompose.errors import MinicomposeError
from minicompose.planning.chosen import chosen
from minicompose.planning.down import DownOptions, plan_down


def configure(parser: ArgumentParser) -> None:
    exclusive.configure(parser)
    add = parser.add_argument
    add("services", nargs="+", metavar="SERVICE", help="the services whose containers are waited for")
    add("--down-project", action="store_true", help="take the project down when the first container ends")


def run(args: Namespace, context: Context) -> int:
    code = _last_code(args, context)
    if not args.down_project:
        return code
    everything = Namespace(**vars(args) | {"services": []})
    down = changed(
        everything,
        context,
        lambda observed, stack: plan_down(observed, DownOptions(), stack),
        "nothing to remove: there is nothing",
    )
    return code or down


def _last_code(args: Namespace, context: Context) -> int:
    """The code of the container that ended last; with `--down-project` of the first one."""
    from minicompose.execution.endings import endings

    project = meant_project(context)
    observed = context.engine.observe(project.name)
    context.check_there(args.services, project.services(observed))
    containers = [each.id for each in chosen(observed, args.services, project.stack) if each.state != "created"]
    if not containers:
        raise MinicomposeError(
            f"there is no container to wait for of {', '.join(args.services)}", "`minicompose up` starts them"
        )
    code = 0
    for ending in endings(context.engine, project.name, containers):
        context.print(f'container "{ending.container}" exited with status code {ending.exit_code}')
        sys.stdout.flush()
        code = ending.exit_code
        if args.down_project:
            break
    return code
