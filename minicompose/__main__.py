"""Let `python -m minicompose` be `minicompose`."""

from minicompose.cli import start

if __name__ == "__main__":
    start()
