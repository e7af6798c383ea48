"""Placeholder to be replaced."""
from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.ram cimport Ram
COMPILED_AGAINST = VMSIM_ABI
