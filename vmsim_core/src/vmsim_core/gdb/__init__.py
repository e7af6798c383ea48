"""A debugger at the running machine: GDB's remote serial protocol (GDB manual, appendix E)."""
