"""Names in the tools that are nobody's, and who may be meant: a suggestion, never an identity."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz, process, utils

from flows.reading import NothingPublished, snapshot
from flows.settings import Settings

LIKELY = 85
"""Of 100: how alike two names must be for one to be suggested for the other, whatever the order of their words."""

UNKNOWN = """
SELECT person.person_id, person.name, count(*) AS items, min(work_item.source_id) AS source_id
FROM person JOIN work_item ON work_item.owner_id = person.person_id
WHERE starts_with(person.person_id, work_item.source_id || ':')
GROUP BY ALL
ORDER BY items DESC, person.person_id
"""


def suggestions(settings: Settings) -> Iterator[str]:
    """One line for each owner's name that no person has, where one's is nearly the same; from the last run's model."""
    known = {
        name: address
        for address, person in settings.file.people.items()
        for name in (person.name, *person.aliases, address.partition("@")[0].replace(".", " "))
        if name
    }
    try:
        with snapshot(settings) as db:
            unknown = db.execute(UNKNOWN).fetchall()
    except NothingPublished:
        return
    for _, name, items, source_id in unknown:
        near = process.extractOne(
            name,
            list(known),
            scorer=fuzz.token_sort_ratio,
            processor=utils.default_process,
            score_cutoff=LIKELY,
        )
        if near:
            owns = "1 item" if items == 1 else f"{items} items"
            yield (
                f'{source_id}: "{name}", who owns {owns}, is nobody under `people`; perhaps {known[near[0]]}'
                f' ("{near[0]}"): if so, add "{name}" to the `aliases`'
            )
