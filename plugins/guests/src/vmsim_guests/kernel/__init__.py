"""The small RealView kernel, built from Debian's kernel source."""
