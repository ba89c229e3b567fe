"""`minicompose completion`: print what makes a shell complete words.

Print a script for bash, zsh or fish, after which the Tab key completes verbs, options and their values, the
services and profiles of the stack file, files, and Docker contexts. The script is small, and asks this program.

    source <(minicompose completion bash)      in ~/.bashrc
    source <(minicompose completion zsh)       in ~/.zshrc, behind compinit
    minicompose completion fish | source       in ~/.config/fish/config.fish
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from minicompose.commands.context import Context
from minicompose.errors import ExitCode

SHELLS = ("bash", "zsh", "fish")


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(args: Namespace, context: Context) -> ExitCode:
    script = Path(__file__).parents[1] / "completion" / f"minicompose.{args.shell}"
    context.print(script.read_text().rstrip("\n"))
    return ExitCode.OK
