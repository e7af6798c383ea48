"""The interrupt controller of the Cortex-A9 MPCore (ARM DDI 0407, chapter 3): a GICv1 (ARM IHI 0048).

It answers in two windows of the private memory region, which are two devices here: the distributor, `Gic`, holds the
state of the interrupts; the CPU interfaces, `GicCpuInterface`, one for each core in the same window, decide what a core
is interrupted by.
"""

from vmsim_platform_realview.gic_cpu_interface import GicCpuInterface
from vmsim_platform_realview.gic_distributor import Gic

__all__ = ["Gic", "GicCpuInterface"]
