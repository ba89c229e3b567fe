"""Let `python -m minicompose` be `minicompose`."""

import sys

from minicompose.cli import main

if __name__ == "__main__":
    sys.exit(main())
