"""Which device type has which node in the device tree.

The table adds to what a device's class says itself: the parts that the board decides, such as names and clocks. A
device type that is not in the table gets a plain node, if its class says what it is compatible with.
"""

from __future__ import annotations

from vmsim_platform_realview.device_nodes import peripherals, system
from vmsim_platform_realview.device_nodes.clocks import BUS_CLOCK, KEYBOARD_CLOCK, clocked
from vmsim_platform_realview.device_nodes.collection import L2_CACHE, NodeMaker, part_of_another_node, plain

NODE_MAKERS: dict[str, NodeMaker] = {
    "realview-sysregs": system.system_registers,
    "sp810": system.system_controller,
    "pl011": system.uart,
    "sp804": system.dual_timer,
    "pl031": plain("rtc", clocked(apb_pclk=BUS_CLOCK)),
    "sp805": system.watchdog,
    "pl050": plain("kmi", clocked(KMIREFCLK=KEYBOARD_CLOCK, apb_pclk=BUS_CLOCK)),
    "pl181": peripherals.memory_card,
    "compact-flash": peripherals.compact_flash,
    "lan9118": peripherals.ethernet,
    "versatile-i2c": peripherals.two_wire_bus,
    "pl111": peripherals.screen,
    "pl081": plain("dma-controller", peripherals.DMA_PROPERTIES),
    "a9-scu": plain("scu", {"compatible": "arm,cortex-a9-scu"}),
    "gic": system.interrupt_controller,
    "gic-cpu-interface": part_of_another_node,
    # Linux's own tree leaves the global timer out: its driver refuses a Cortex-A9 before r2p0, which ours is.
    "a9-global-timer": plain("timer", {"compatible": "arm,cortex-a9-global-timer", "status": "disabled"}),
    "a9-private-timer": plain("timer", {"compatible": "arm,cortex-a9-twd-timer"}),
    "a9-private-watchdog": plain("watchdog", {"compatible": "arm,cortex-a9-twd-wdt"}),
    "l2c-310": plain("cache-controller", system.L2_PROPERTIES, L2_CACHE),
    "simctl": system.simctl,
}
