"""The guestbook's backend: entries live in Postgres, the visit counter and a cache in Redis."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from migrations import migrate
from psycopg import OperationalError
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, constr
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger("guestbook")
log.setLevel(os.environ.get("LOG_LEVEL", "info").upper())
log.addHandler(logging.StreamHandler())
log.propagate = False

CACHE_KEY = "entries"
CACHE_SECONDS = 30
SHOWN = 50

# The host, the database and the user come from PGHOST, PGDATABASE and PGUSER, which Postgres'
# client library reads by itself; the password comes from the secret's file.
pool = AsyncConnectionPool(
    kwargs={"password": Path(os.environ["DB_PASSWORD_FILE"]).read_text().strip(), "row_factory": dict_row},
    min_size=1,
    max_size=5,
    timeout=5,
    open=False,
)
redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=2, socket_connect_timeout=2)


class NewEntry(BaseModel):
    """What a visitor sends. Anything else is answered with 422 and the reason."""

    name: constr(strip_whitespace=True, min_length=1, max_length=40)
    message: constr(strip_whitespace=True, min_length=1, max_length=280)


class Entry(BaseModel):
    id: int
    name: str
    message: str
    created_at: datetime


class Entries(BaseModel):
    entries: list[Entry]
    served_from: Literal["cache", "database"]


class Visits(BaseModel):
    visits: int


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the connections before the first request, close them after the last."""
    async with pool, redis:
        async with pool.connection() as connection:
            for name in await migrate(connection):
                log.info("applied %s", name)
        yield


app = FastAPI(title="Guestbook", lifespan=lifespan)


@app.exception_handler(OperationalError)
async def database_unreachable(_: Request, error: OperationalError) -> JSONResponse:
    log.error("database: %s", error)
    return JSONResponse({"detail": "The database does not answer. Please try again."}, status_code=503)


@app.exception_handler(RedisError)
async def redis_unreachable(_: Request, error: RedisError) -> JSONResponse:
    log.error("redis: %s", error)
    return JSONResponse({"detail": "Redis does not answer. Please try again."}, status_code=503)


@app.get("/api/entries")
async def list_entries() -> Entries:
    """The newest entries: from Redis if they are there, else from Postgres."""
    cached = await cached_entries()
    if cached is not None:
        return Entries(entries=cached, served_from="cache")
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT id, name, message, created_at FROM entries ORDER BY id DESC LIMIT %s", (SHOWN,)
        )
        entries = await cursor.fetchall()
    await cache_entries(entries)
    return Entries(entries=entries, served_from="database")


@app.post("/api/entries", status_code=201)
async def add_entry(new: NewEntry) -> Entry:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "INSERT INTO entries (name, message) VALUES (%s, %s) RETURNING id, name, message, created_at",
            (new.name, new.message),
        )
        entry = await cursor.fetchone()
    await forget_entries()
    return Entry(**entry)


@app.post("/api/visits")
async def count_visit() -> Visits:
    return Visits(visits=await redis.incr("visits"))


@app.get("/healthz")
@app.get("/api/healthz")
async def health() -> JSONResponse:
    """200 when both Postgres and Redis answer, else 503: the health check in stack.yaml asks this."""
    database_ok, redis_ok = await asyncio.gather(database_answers(), redis_answers())
    health = {"database": database_ok, "redis": redis_ok}
    return JSONResponse(health, status_code=200 if all(health.values()) else 503)


async def database_answers() -> bool:
    try:
        async with pool.connection(timeout=2) as connection:
            await connection.execute("SELECT 1")
    except OperationalError as error:
        log.warning("database: %s", error)
        return False
    return True


async def redis_answers() -> bool:
    try:
        return bool(await redis.ping())
    except RedisError as error:
        log.warning("redis: %s", error)
        return False


# The cache only makes things faster: without Redis the list comes from Postgres.


async def cached_entries() -> list[dict[str, Any]] | None:
    try:
        text = await redis.get(CACHE_KEY)
    except RedisError as error:
        log.warning("redis: %s", error)
        return None
    return None if text is None else json.loads(text)


async def cache_entries(entries: list[dict[str, Any]]) -> None:
    try:
        await redis.set(CACHE_KEY, json.dumps(jsonable_encoder(entries)), ex=CACHE_SECONDS)
    except RedisError as error:
        log.warning("redis: %s", error)


async def forget_entries() -> None:
    """After a new entry. A list read just before it may still be cached: for CACHE_SECONDS at most."""
    try:
        await redis.delete(CACHE_KEY)
    except RedisError as error:
        log.warning("redis: %s", error)
