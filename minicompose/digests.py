"""SHA-256 out of the interpreter itself: `hashlib` loads all of OpenSSL first, which is 4 ms and 4 MB for a start."""

try:
    from _sha2 import sha256  # as the standard library's `random` does; from 3.12 on
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found, no-redef, unused-ignore]
    except ImportError:
        from hashlib import sha256  # type: ignore[assignment, unused-ignore]

__all__ = ["sha256"]
