"""The database: models' base, engine and sessions, signed principal, migrations."""
