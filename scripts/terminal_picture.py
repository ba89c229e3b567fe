"""Turn what a terminal showed, colours and all, into an SVG picture for the documents.

tmux capture-pane -e -p | python scripts/terminal_picture.py TITLE > docs/up.svg
"""

import io
import re
import sys

from rich.console import Console
from rich.text import Text


def main() -> None:
    lines = sys.stdin.read().rstrip("\n").split("\n")
    text = Text.from_ansi("\n".join(line.rstrip() for line in lines))
    width = max(map(len, text.plain.split("\n"))) + 2
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(text, overflow="ignore", no_wrap=True)
    picture = console.export_svg(title=sys.argv[1])
    sys.stdout.write(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL))  # nothing from other sites


if __name__ == "__main__":
    main()
