"""The host's side of a serial port: where its bytes go, who types, what is recorded, and how idle time passes.

Start at `vmsim_core.console.backends.open_console`.
"""
