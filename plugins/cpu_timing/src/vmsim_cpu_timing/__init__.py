"""The timing CPU of vmsim: a small in-order core whose every access takes the time that the caches say."""
