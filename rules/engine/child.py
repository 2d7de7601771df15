"""The child process in which rules run. Started by `children.py` as a file of its own, with an empty environment:

    python -I -S child.py FOLDER_OF_DUCKDB

It imports nothing but the standard library and DuckDB. Each line of standard input is a job (a facts file and
rules to run on it), each line of standard output an event; both are JSON. The database is opened read-only,
without access to files, network, extensions or Python variables, and its configuration is locked.
"""

import json
import resource
import sys
import threading
import time
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any
from uuid import UUID

sys.path.append(sys.argv[1])
sys.modules["pandas"] = None  # type: ignore[assignment] # DuckDB asks for it per bound value; see warehouse/database.py

# DuckDB's compiled module by itself: the package around it takes twice as long to import.
import _duckdb as duckdb  # noqa: E402

BATCH = 1000
HEADROOM = 3 << 30  # address space of Python, DuckDB's code and thread stacks, beside DuckDB's own limit


def tell(**event: Any) -> None:
    """Write one event. Decimals and dates go as text, so that nothing is rounded on the way."""
    sys.stdout.write(json.dumps(event, default=_text, allow_nan=False) + "\n")
    sys.stdout.flush()


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime | time_of_day):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be handed back; cast it to VARCHAR")


def open_empty() -> duckdb.DuckDBPyConnection:
    """A database without anything in it. Making one takes six times as long as opening facts in it (32 ms, 6), so
    that it stands ready before a job comes, and serves the next one too."""
    db = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": "",
        },
    )
    db.execute("SET TimeZone = 'UTC'")
    return db


def open_facts(db: duckdb.DuckDBPyConnection, job: dict[str, Any], shut: bool) -> None:
    """The facts, read-only, with every door shut and the key thrown away; `shut`: that was done before."""
    if not shut:
        db.execute(f"SET memory_limit = '{job['megabytes']:d}MiB'")
        db.execute(f"SET threads = {job['threads']:d}")
    # ATTACH takes no parameter; the path is ours, and quoted. From now on this file alone is let in.
    quoted = job["facts"].replace("'", "''")
    db.execute(f"ATTACH '{quoted}' AS facts (READ_ONLY)")
    db.execute("USE facts")
    if not shut:
        db.execute("SET enable_external_access = false")
        db.execute("SET lock_configuration = true")


def close_facts(db: duckdb.DuckDBPyConnection) -> None:
    """Let go of the file, so that it can be written."""
    db.execute("USE memory")
    db.execute("DETACH facts")


def run_rule(db: duckdb.DuckDBPyConnection, rule: dict[str, Any], job: dict[str, Any]) -> bool:
    """Run one rule and tell its rows. Whatever goes wrong is told as that rule's failure; then this is False."""
    tell(begin=rule["id"])
    began = time.perf_counter()
    alarm = threading.Timer(job["seconds"], db.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        _query(db, rule, job)
    except duckdb.InterruptException:
        tell(failed=rule["id"], kind="time", reason=f"it took longer than {job['seconds']:g} s")
    except (duckdb.OutOfMemoryException, MemoryError):
        tell(failed=rule["id"], kind="memory", reason=f"it needs more than {job['megabytes']} MB of memory")
    except (duckdb.Error, TypeError, ValueError, RecursionError) as error:
        tell(failed=rule["id"], kind="error", reason=str(error).strip().split("\n")[0])
    else:
        tell(end=rule["id"], seconds=round(time.perf_counter() - began, 4))
        return True
    finally:
        alarm.cancel()
    return False


def _query(db: duckdb.DuckDBPyConnection, rule: dict[str, Any], job: dict[str, Any]) -> None:
    statements = db.extract_statements(rule["sql"])
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("a rule is exactly one SELECT")
    values = {"today": date.fromisoformat(job["today"]), **rule["parameters"]}
    used = {name: values[name] for name in statements[0].named_parameters if name in values}
    result = db.execute(statements[0], used)
    tell(columns=[column[0] for column in result.description])
    total = 0
    while rows := result.fetchmany(BATCH):
        total += len(rows)
        if total > job["rows"]:
            raise ValueError(f"it returns more than {job['rows']} rows")
        tell(rows=rows)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    db, shut_for = open_empty(), None
    for line in sys.stdin:
        job = json.loads(line)
        ceiling = (job["megabytes"] << 20) + HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.RLIM_INFINITY))
        terms = (job["facts"], job["megabytes"], job["threads"])
        if shut_for not in (None, terms):
            db.close()
            db, shut_for = open_empty(), None
        try:
            open_facts(db, job, shut_for is not None)
        except duckdb.Error as error:
            tell(unusable=str(error).strip().split("\n")[0])
            db.close()
            db, shut_for = open_empty(), None
            continue
        shut_for = terms
        ended = [run_rule(db, rule, job) for rule in job["rules"]]
        # A rule that failed may have left anything behind: the next job has a database of its own.
        if all(ended):
            close_facts(db)
            tell(done=True)
        else:
            db.close()
            tell(done=True)
            db, shut_for = open_empty(), None


if __name__ == "__main__":
    main()
