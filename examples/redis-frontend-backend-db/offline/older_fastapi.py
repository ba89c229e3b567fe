"""The backend, for the FastAPI of Debian 12 too: before 0.93 it took no `lifespan`."""

from main import app, lifespan

app.router.lifespan_context = lifespan

__all__ = ["app"]
