"""What a column may be, by its header's words and by what its cells hold: a proposal for a person, never a decision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from connectors._readings.headers import folded
from connectors.contract import Reading

WORDS: Mapping[str, Sequence[str]] = {
    name: [word.strip() for word in words.split(";")]
    for name, words in {
        "id": (
            "id; key; ref; reference; nr; no; number; #; item id; task id; ticket; wbs; wbs code; code; "
            "lfd nr; nummer; schlüssel; kennung; pos; task no; unique id; ref no; item no"
        ),
        "title": (
            "title; task; activity; name; task name; item; summary; what; action; deliverable; milestone; "
            "risk; issue; work package; subject; aufgabe; titel; vorgang; vorgangsname; maßnahme; thema; "
            "bezeichnung; aktivität; arbeitspaket; topic; to do; step; project"
        ),
        "owner": (
            "owner; who; assignee; assigned to; responsible; resource; resources; resource names; "
            "resourcing; lead; person; accountable; contact; raci r; verantwortlich; verantwortlicher; "
            "zuständig; bearbeiter; wer; ressource; ansprechpartner; pic; action owner; by whom"
        ),
        "department": (
            "department; team; function; unit; area; workstream; abteilung; bereich; swarm; dept; "
            "business unit; org unit"
        ),
        "start": (
            "start; start date; planned start; begin; from; kick off; begin date; anfang; beginn; "
            "startdatum; geplanter start; starttermin; von"
        ),
        "due": (
            "due; due date; end; end date; finish; finish date; planned finish; planned end; target date; "
            "target; to; until; eta; delivery date; completion date; termin; fällig; fällig am; "
            "fälligkeit; ende; enddatum; endtermin; geplantes ende; bis; zieltermin; due by; by when"
        ),
        "actual_start": "actual start; started; started on; actual start date; ist start; tatsächlicher start",
        "finish": (
            "actual finish; actual end; completed; completed on; date completed; closed; done on; actual "
            "end date; ist ende; erledigt am; abgeschlossen am; tatsächliches ende; closed on"
        ),
        "deadline": "deadline; hard deadline; latest; must finish by; stichtag; frist; spätestens",
        "status": "status; state; stage; rag; progress status; stand; zustand; ampel; phase",
        "progress": (
            "progress; % done; % complete; percent complete; complete; done; pct; %; completion; "
            "fortschritt; erledigt; % erledigt; fertigstellungsgrad; % abgeschlossen; fertig"
        ),
        "estimate": (
            "estimate; duration; days; effort; estimated days; planned effort; pd; man "
            "days; work; dauer; aufwand; tage; personentage; pt; schätzung; est"
        ),
        "remaining": (
            "remaining; remaining days; remaining work; days left; remaining effort; rest; restaufwand; "
            "verbleibend; restdauer"
        ),
        "depends_on": (
            "depends on; predecessor; predecessors; dependency; dependencies; needs; waits for; blocked "
            "by; needs from others; prerequisite; vorgänger; abhängig von; abhängigkeit; abhängigkeiten; "
            "voraussetzung; wartet auf; benötigt"
        ),
        "need_by": "needed by; need by; required by; needed on; benötigt bis; gebraucht bis; benötigt am",
        "initiative": (
            "initiative; programme; program; project name; epic; projekt; programm; vorhaben; portfolio item"
        ),
        "priority": "priority; prio; rank; urgency; importance; moscow; priorität; dringlichkeit; wichtigkeit",
        "parent": "parent; parent id; parent task; belongs to; part of; übergeordnet; gehört zu; elternvorgang",
        "type": "type; kind; category; categories; item type; art; typ; kategorie",
        "labels": "labels; tags; tag; keywords; schlagworte; stichworte",
        "same_as": "same as; jira; jira key; jira id; other key; entspricht",
        "what": "what is handed over; handover; output; übergabe; liefergegenstand",
        "commitment": "commitment; committed; promise; zusage; zugesagt",
        "url": "url; link; hyperlink; weblink",
    }.items()
}
"""The words that head such a column in English and German, the likeliest first."""

_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[./-] ?\d{1,2}[./-] ?(\d{4}|\d{2})|\d{1,2}[. -]+[A-Za-zä]{3,9}\.?[ -,]+\d{2,4}"
    r"|[A-Za-zä]{3,9}\.? \d{1,2},? \d{2,4}"
)
_FIGURE = re.compile(r"[-+]?\d+([.,]\d+)?")
_SHARE = re.compile(r"\d+([.,]\d+)? ?%|0|1|0?[.,]\d+|100|\d{1,2}")
_DAYS = re.compile(r"\d+([.,]\d+)? ?(d|days?|w|weeks?|h|hours?|t|tage?|wochen?|pt|pd|std)?\.?", re.IGNORECASE)
_CLOCK = re.compile(r"\d+:[0-5]\d(:[0-5]\d)?")
_KEY = re.compile(r"[A-Za-z]{1,10}[-_ ]?\d+|\d+(\.\d+)*")
_REFERENCES = re.compile(
    r"(?:[A-Za-z]{0,10}[-_]?\d+ ?(?:(?:fs|ss|ff|sf)([+-]\d+d?)?)?[;, \n]*)+", re.IGNORECASE
)
_HOURS = re.compile(r"\b(hours?|hrs?|stunden|std)\b")
_SEPARATORS = re.compile(r"[\s_/:.()\[\]-]+")
_PLACEHOLDERS = {"tbc", "tbd", "n/a", "-", "–", "?", "offen", "open"}

FEW = 10
"""One value of so many may stand twice in a column of ids: people copy rows."""
CONTAINED = 0.65
"""How alike a header is to words that it only contains: `Status key` is seldom the status."""


@dataclass(frozen=True)
class Fit:
    """How well a column fits a name: `confidence` from 0 to 1, with the reason in words."""

    confidence: float
    reason: str


@dataclass(frozen=True)
class Held:
    """What the cells of a column hold: how many are filled, how many of them differ, and shares of kinds (0 to 1)."""

    filled: int
    rows: int
    different: int
    dates: float
    figures: float
    shares: float
    days: float
    keys: float
    references: float
    links: float
    length: float
    clock: float

    @property
    def unique(self) -> bool:
        return self.filled > 1 and self.different == self.filled

    @property
    def full(self) -> float:
        return self.filled / self.rows if self.rows else 0.0


def held(cells: Sequence[str | None]) -> Held:
    """Look at the cells of a column, of rows that hold anything at all."""
    texts = [
        text for cell in cells if cell and (text := cell.strip()) and text.casefold() not in _PLACEHOLDERS
    ]
    count = max(len(texts), 1)

    def share(pattern: re.Pattern[str]) -> float:
        return sum(pattern.fullmatch(text) is not None for text in texts) / count

    shares = share(_SHARE)
    if shares == 1 and not any("%" in text or float(text.replace(",", ".")) not in (0, 1) for text in texts):
        shares = 0.5
    return Held(
        len(texts), len(cells), len(Counter(folded(text) for text in texts)), share(_DATE), share(_FIGURE), shares,
        share(_DAYS) + share(_CLOCK), share(_KEY), share(_REFERENCES),
        sum(text.lower().startswith(("http://", "https://")) for text in texts) / count,
        sum(map(len, texts)) / count, share(_CLOCK),
    )  # fmt: skip


def fit(name: str, reading: Reading, header: str, values: Held, also: Sequence[str] = ()) -> Fit:
    """How well a column fits a hub name; `also`: headers under which it stood before."""
    by_words, words = _by_words(name, header, also)
    if by_words == 0:
        return Fit(0.0, "")
    if reading == "days" and _HOURS.search(folded(header)) and values.clock < 0.5:
        return Fit(0.1, "it counts hours, which are read as working days unless each says so (16h)")
    by_values, seen = _by_values(name, reading, values)
    confidence = by_words * (0.6 + 0.4 * by_values) if values.filled else by_words * 0.7
    if by_values == 0 and values.filled:
        confidence = by_words * 0.2
    return Fit(round(min(confidence, 0.99), 2), "; ".join(filter(None, (words, seen))))


def by_header(name: str, header: str) -> float:
    """How much a header alone reads like a name, from 0 to 1."""
    return _by_words(name, header, ())[0]


def without_words(name: str, values: Held) -> Fit:
    """What the cells alone say: of an id or a title whose header says nothing."""
    if name == "id" and values.unique and values.full >= 0.9 and values.keys >= 0.9 and values.filled >= 3:
        return Fit(0.45, f"all of its {values.filled} cells look like keys, and none stands twice")
    texts = values.full >= 0.6 and values.length >= 12 and values.different * 2 > values.filled >= 3
    if name == "title" and texts:
        return Fit(0.4, f"{values.different} different texts in {values.filled} cells")
    return Fit(0.0, "")


def _by_words(name: str, header: str, also: Sequence[str]) -> tuple[float, str]:
    plain = _plain(header)
    known = [(word, 1.0) for word in also] + [
        (word, 0.95 if place < 4 else 0.9) for place, word in enumerate(WORDS.get(name, ()))
    ]
    best, word = 0.0, ""
    for candidate, weight in known:
        alike = fuzz.ratio(plain, _plain(candidate)) / 100
        if alike < 1 and len(plain) > 3 and len(_plain(candidate)) > 2:
            contained = set(_plain(candidate).split()) <= set(plain.split())
            alike = max(alike if alike >= 0.85 else 0.0, CONTAINED if contained else 0.0)
        elif alike < 1:
            alike = 0.0
        if alike * weight > best:
            best, word = alike * weight, candidate
    return best, f'the header reads like "{word}"' if best else ""


def _plain(header: str) -> str:
    return " ".join(_SEPARATORS.sub(" ", folded(header)).split()) or folded(header)


def _by_values(name: str, reading: Reading, values: Held) -> tuple[float, str]:
    if not values.filled:
        return 0.0, "no cell is filled"
    if name == "id":
        repeats = values.filled - values.different
        if values.filled < 2 or repeats > max(1, values.filled // FEW):
            return 0.0, f"{repeats} of its {values.filled} values stand more than once"
        twice = (
            f"{repeats} of them stood before: rows that were copied are not read" if repeats else "none twice"
        )
        sure = min(values.full / 0.9, 1.0) * (0.9 if repeats else 1.0)
        return (sure if values.keys >= 0.5 else 0.0), f"{values.filled} of {values.rows} rows filled, {twice}"
    if name == "title":
        score = (
            (0.0 if values.figures + values.dates > 0.5 else 1.0) * min(values.length / 8, 1.0) * values.full
        )
        return score, f"{values.filled} of {values.rows} rows filled, {values.different} different texts"
    kinds = {
        "date": (values.dates, "are dates"), "share": (values.shares, "are shares or per cents"),
        "days": (values.days, "are numbers of days"),
    }  # fmt: skip
    if reading in kinds:
        share, words = kinds[reading]
        return share, f"{round(share * values.filled)} of its {values.filled} cells {words}"
    if name == "depends_on":
        return max(values.references, 0.4), f"{values.filled} cells filled"
    if name == "url":
        return values.links, f"{round(values.links * values.filled)} of its {values.filled} cells are links"
    if values.dates > 0.5:
        return 0.0, "but its cells are dates"
    if values.figures > 0.5 and name in ("owner", "department", "initiative", "status"):
        return 0.0, "but its cells are figures"
    if name in ("status", "priority", "type", "owner", "department", "initiative") and values.filled:
        few = values.different <= max(3, values.filled // 2)
        return (1.0 if few else 0.5), f"{values.different} different values in {values.filled} cells"
    return 0.7, f"{values.filled} cells filled"
