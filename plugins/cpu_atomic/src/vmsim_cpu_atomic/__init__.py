"""The atomic CPU of vmsim: our own ARM engine, an instruction at a time."""
