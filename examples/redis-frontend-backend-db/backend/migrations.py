"""The database's schema: each file in migrations/ is applied once, in the order of the names."""

from pathlib import Path

from psycopg import AsyncConnection

FOLDER = Path(__file__).parent / "migrations"
LOCK = 20_260_101  # any number, as long as all who migrate take the same


async def migrate(connection: AsyncConnection) -> list[str]:
    """Apply what is new, all of it or nothing; return the names. Rows must come as dictionaries."""
    async with connection.transaction():
        # Two backends may start at once: the second waits here, and finds the work done.
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        await connection.execute("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)")
        cursor = await connection.execute("SELECT name FROM migrations")
        done = {row["name"] for row in await cursor.fetchall()}
        new = [path for path in sorted(FOLDER.glob("*.sql")) if path.name not in done]
        for path in new:
            await connection.execute(path.read_text())
            await connection.execute("INSERT INTO migrations (name) VALUES (%s)", (path.name,))
    return [path.name for path in new]
