"""The loopback HTTP side that every played tool shares: its server, its log, its replies, and faults as told.

A tool says what it answers and how its own failures look; what happens to a connection is the same for all.
"""

from sandbox.loopback.faults import Fault, Request
from sandbox.loopback.replies import Refusal, Reply
from sandbox.loopback.server import Exchange, LoopbackServer

__all__ = ["Exchange", "Fault", "LoopbackServer", "Refusal", "Reply", "Request"]
