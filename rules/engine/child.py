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


def open_facts(job: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """The facts, read-only, with every door shut and the key thrown away."""
    db = duckdb.connect(
        job["facts"],
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": f"{job['megabytes']}MiB",
            "temp_directory": "",
            "threads": job["threads"],
        },
    )
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET lock_configuration = true")
    return db


def run_rule(db: duckdb.DuckDBPyConnection, rule: dict[str, Any], job: dict[str, Any]) -> None:
    """Run one rule and tell its rows. Whatever goes wrong is told as that rule's failure."""
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
    finally:
        alarm.cancel()


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
    for line in sys.stdin:
        job = json.loads(line)
        ceiling = (job["megabytes"] << 20) + HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.RLIM_INFINITY))
        try:
            db = open_facts(job)
        except duckdb.Error as error:
            tell(unusable=str(error).strip().split("\n")[0])
            continue
        for rule in job["rules"]:
            run_rule(db, rule, job)
        db.close()
        tell(done=True)


if __name__ == "__main__":
    main()
