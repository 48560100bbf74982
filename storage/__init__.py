"""Facts at rest: tables, migrations, statements and units of work. The only home of SQL."""
