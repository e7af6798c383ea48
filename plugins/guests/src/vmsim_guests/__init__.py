"""vmsim plugin."""
