"""What is remembered: tables, the queries over them, migrations. SQLite or PostgreSQL."""
