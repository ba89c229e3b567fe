"""Check that the links in the documents lead somewhere: files that exist, headings that are there.

    python scripts/check_links.py

Looks at every Markdown file that git knows. Links to other sites are not followed.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def prose(text: str) -> str:
    """The text without its code."""
    return CODE.sub("", FENCE.sub("", text))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, by the rules of the usual forges."""
    found: dict[str, int] = {}
    result = set()
    for heading in HEADING.findall(FENCE.sub("", path.read_text())):
        slug = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        number = found.get(slug, 0)
        found[slug] = number + 1
        result.add(f"{slug}-{number}" if number else slug)
    return result


def broken(document: Path) -> list[str]:
    """What is wrong with the links of one document."""
    problems = []
    for target in LINK.findall(prose(document.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists():
            problems.append(f"{document.relative_to(ROOT)}: {target}: there is no such file")
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            problems.append(f"{document.relative_to(ROOT)}: {target}: there is no such heading")
    return problems


def main() -> int:
    known = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    documents = [ROOT / name for name in known.stdout.split()]
    problems = [problem for document in documents if document.exists() for problem in broken(document)]
    print("\n".join(problems) or f"{len(documents)} documents: all links lead somewhere")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
