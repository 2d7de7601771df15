"""The forecast beside the plan: finish dates by chance, from how each team's own promises came out before.

The plan believes what people say. This asks how far what they said came true: each promise of a department (a date
stated for an item) is one observation of a reference class (B. Flyvbjerg, From Nobel Prize to project management:
getting risks right, Project Management Journal 37 (2006) no. 3, pp. 5-15), its stretch being how long it took over
how long was said. Each draw stretches every open item's remaining time by one of its department's observations and
plans the network with these, so that merging paths count (the merge bias of schedule risk analysis). Draws of one
department are correlated by a shared factor (a one-factor Gaussian copula): a bad quarter is bad for all of a team.

`history` reads and weighs the observations and backtests them, `network` lays the plan out for the draws, `draws`
runs them. Everything counts in working days of each item's own calendar, exactly, through lookup arrays.
"""

from __future__ import annotations

from unify.risk.draws import Forecast, forecast
from unify.risk.history import ENOUGH, LEVELS, History, histories
from unify.risk.network import Laid, lay_out
from unify.risk.read import CORRELATION, DRAWS, SEED, Risk, risk

__all__ = [
    "CORRELATION",
    "DRAWS",
    "ENOUGH",
    "LEVELS",
    "SEED",
    "Forecast",
    "History",
    "Laid",
    "Risk",
    "forecast",
    "histories",
    "lay_out",
    "risk",
]
