"""The target description: which registers there are, for GDB (GDB manual, appendix G)."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from vmsim_core.debugger import DebuggerFeature, DebuggerRegister, DebuggerView


def target_description(view: DebuggerView) -> str:
    """Return the description of an architecture's registers as XML, in the order of their numbers."""
    features = "".join(_feature(feature) for feature in view.features)
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE target SYSTEM "gdb-target.dtd">\n<target version="1.0">\n'
        f"<architecture>{view.gdb_architecture}</architecture>\n{features}</target>\n"
    )


def _feature(feature: DebuggerFeature) -> str:
    registers = "".join(_register(register) for register in feature.registers)
    return f"<feature name={quoteattr(feature.name)}>\n{registers}</feature>\n"


def _register(register: DebuggerRegister) -> str:
    attributes = {"name": register.name, "bitsize": str(register.bits), "type": register.type}
    if register.group:
        attributes["group"] = register.group
    if not register.saved:
        attributes["save-restore"] = "no"
    return f"<reg {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items())}/>\n"
