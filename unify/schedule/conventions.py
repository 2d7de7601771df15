"""The conventions of the plan, each once, and those in which other schedulers differ.

**A date is a day; a start means its morning, a finish its evening.** Inside, time is a row of midnights
(boundaries) and an item occupies [start, finish). Start Monday and due Tuesday is [Mon, Wed): two days.

**A point has no length and lies on an evening.** A milestone due Friday is the boundary Sat; it is shown as
Friday, the last working day before its boundary. A successor on Monday to Friday starts on Monday, one that
works at weekends on Saturday.

**Only working days count, each whole.** Three days of work from Thursday morning end on Monday evening. Work
left is rounded up to whole days once, after everything else: 10 days, 75 per cent done, are 3.

**A lag runs on the successor's calendar.** A provider finishes on Friday, the lag is 2, the successor works
Monday to Friday: it starts on Wednesday.

**Early dates roll forward to a working boundary, late dates back.** A provider who works on Saturday finishes
that evening; a point of a department with a free Saturday and Sunday comes on the boundary before Monday. In
the late pass a point that must come by that Sunday's midnight must come by Friday evening.

**A lead may reach back before the project's start,** and so may a start-to-start lead: with the project start
on Monday the 6th, a predecessor of no length there and FS-2d, the successor starts on Thursday the 2nd.
Interlock itself never plans open work before today.

**A start implied by a finish** (FF and SF: finish less the work) is clamped at the project's start by some
schedulers. A predecessor finishes on the first day of the project; a successor of five days, tied by FF,
would start four days before the project. Clamped it starts with the project and finishes on the fifth day.

**Late dates count back from somewhere.** Interlock: from what people need and promised, so an item on which
nothing depends has no float. Others: from the project's last finish, for every item or for those with no
successor. Two items of 3 and 5 days without deadlines have no float here, and 2 and 0 days there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Conventions:
    """In which points a plan follows another scheduler than Interlock; the default is Interlock."""

    anchor: Literal["need_by", "project", "terminal"] = "need_by"
    """Where late dates count back from: need-bys, deadlines, baselines (Interlock); besides these the last
    finish of the project, for all activities (MS Project, MPXJ, PSPLIB) or for those without a successor
    (criticalpath)."""
    project_start: date | None = None
    """Where activities start that have no date and no predecessor; None: such activities have no dates."""
    clamp_implied_starts: bool = True
    """Whether a start that follows from a finish (FF, SF) may not lie before the project's start (MPXJ), or
    may (criticalpath)."""
