"""SHA-256 out of the interpreter itself: `hashlib` loads all of OpenSSL first, which is 4 ms and 4 MB for a start."""

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # from 3.12 on; the standard library's `random` does the same
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256

__all__ = ["sha256"]
