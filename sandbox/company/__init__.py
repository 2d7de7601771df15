"""The demo company: an insurer whose departments work in Jira, in Excel and in a ledger, for a year.

`Year` plays what its people do in their tools, week by week. It knows nothing of Interlock: they see flags
where any colleague would see them, and two of them answer.
"""

from sandbox.company.names import Names
from sandbox.company.tools import LAST_WEEK
from sandbox.company.year import Year

__all__ = ["LAST_WEEK", "Names", "Year"]
