"""Settings of the database connection."""

from __future__ import annotations

from advisoryhub_core.settings import Setting, integer, text, url

POSTGRES_SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")

DATABASE_URL = Setting(
    key="sqlalchemy.url",
    env="DATABASE_URL",
    parse=url(*POSTGRES_SCHEMES),
    default="",
    required=True,
    secret=True,
    help="The database as the application role, which is neither owner nor superuser.",
)
OWNER_URL = Setting(
    key="sqlalchemy.owner_url",
    env="DATABASE_OWNER_URL",
    parse=url(*POSTGRES_SCHEMES),
    default="",
    secret=True,
    help="The same database as the role that owns the schema; needed by `advisoryhub migrate` alone.",
)
POOL_SIZE = Setting(
    key="sqlalchemy.pool_size",
    env="DATABASE_POOL_SIZE",
    parse=integer(minimum=1, maximum=200),
    default=8,
    help="Connections that one process keeps open.",
)
STATEMENT_TIMEOUT = Setting(
    key="sqlalchemy.statement_timeout_ms",
    env="DATABASE_STATEMENT_TIMEOUT_MS",
    parse=integer(minimum=0),
    default=30000,
    help="Milliseconds after which PostgreSQL cancels a statement; 0 for no limit.",
)
PRINCIPAL_KEY = Setting(
    key="advisoryhub.principal_key",
    env="ADVISORYHUB_PRINCIPAL_KEY",
    parse=text(minimum=32),
    default="",
    required=True,
    secret=True,
    help="Signs the principal that row-level security believes; `migrate` installs it in the database.",
)

ALL = (DATABASE_URL, OWNER_URL, POOL_SIZE, STATEMENT_TIMEOUT, PRINCIPAL_KEY)
