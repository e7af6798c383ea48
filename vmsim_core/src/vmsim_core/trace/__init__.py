"""Traces: the instructions, exceptions and device accesses of a run as text, with symbols."""

from vmsim_core.trace.symbols import Symbol, Symbols
from vmsim_core.trace.trace import Trace

__all__ = ["Symbol", "Symbols", "Trace"]
