"""What benchmarks that run both tools in turns have in common: the tools, the table of their medians, its document."""

import os
import re
import statistics
import sys
from pathlib import Path

from reference import reference_command

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
OURS, THEIRS = "minicompose", "docker compose"


def tools():
    """The command of each."""
    environment = Path(sys.prefix)
    return {OURS: [str(environment / "bin" / "minicompose")], THEIRS: [reference_command(environment)]}


def table(found, runs, head, row):
    """`found` has the runs of each case and tool as tuples of numbers; `row` makes a line's cells of both medians."""
    lines = list(head)
    for what in dict.fromkeys(what for what, _ in found):
        medians = [
            [statistics.median(parts) for parts in zip(*found[what, name], strict=True)] for name in (OURS, THEIRS)
        ]
        lines.append(f"| {what} | {row(*medians)} |")
    return f"{runs} runs, medians; cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}\n\n" + "\n".join(lines)


def write(mark, text):
    """Put `text` between the marks of that name in docs/performance.md."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    block = f"{begin}\n{text}\n{end}"
    DOCUMENT.write_text(re.sub(f"{begin}.*?{end}", lambda _: block, DOCUMENT.read_text(), flags=re.DOTALL))
