"""ARMv7-A for vmsim: the architectural state of a core and its disassembler."""
