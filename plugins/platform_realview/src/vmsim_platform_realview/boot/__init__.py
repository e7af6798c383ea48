"""The boot loader: what brings a workload into RAM and the cores to where the boot protocol wants them."""
