"""The RealView baseboard's status and system control registers (ARM DUI 0440, section 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pydantic import Field
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams
from vmsim_core.device import Device, DeviceParams
from vmsim_core.exits import Reset
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

from vmsim_platform_realview.pl181 import Pl181

_UNLOCK = 0xA05F
_LOCKED = 1 << 16
_RESET_THE_BOARD = 1 << 2
_VGA = 0x1F << 8
_PCI_CLOCK_PRESENT = 1

# VCO divider settings of the ICS307 oscillators after power-on: 100, 40, 25, 50 and 25 MHz.
_OSCILLATOR_RESET = (0x12C5C, 0x02CC0, 0x02C75, 0x20211, 0x02C75)
_OSCILLATOR_REFERENCE = 24_000_000
# What bits 18:16 of a setting divide by (data sheet of the ICS307, output divider).
_OUTPUT_DIVIDERS = (10, 2, 8, 4, 5, 7, 3, 6)


class SystemRegisterParams(DeviceParams):
    """What identifies the board."""

    system_id: int = Field(default=0x0178_0500, ge=0, le=0xFFFF_FFFF)
    """SYS_ID: board number, revision and FPGA build."""
    processor_id: int = Field(default=0x0E00_0000, ge=0, le=0xFFFF_FFFF)
    """SYS_PROCID0: the processor on the board (0x0e000000 is the Cortex-A9 of the PBX-A9)."""
    switches: int = Field(default=0, ge=0, le=0xFF)
    """SYS_SW: the user switches."""


class SystemRegisters(Device):
    """Identification, LEDs and switches, free-running counters, flags that survive nothing, and the board's reset."""

    type_name = "realview-sysregs"
    Params: ClassVar[type[ComponentParams]] = SystemRegisterParams
    device_tree = {"compatible": ["arm,realview-pbx-syscon", "syscon", "simple-mfd"]}

    registers = RegisterTable(size=0x1000)
    system_id = registers.computed(0x00, doc="SYS_ID")
    switches = registers.computed(0x04, doc="SYS_SW: user switches")
    leds = registers.read_write(0x08, writable_bits=0xFF, doc="SYS_LED")
    oscillators = registers.bank(0x0C, 5, writable_bits=0x7FFFF, doc="SYS_OSC0 to 4: VCO dividers; guarded by the lock")
    lock = registers.read_write(0x20, reset=_LOCKED, doc="SYS_LOCK: 0xa05f unlocks, anything else locks")
    counter_100hz = registers.computed(0x24, doc="SYS_100HZ")
    configuration = registers.bank(0x28, 2, doc="SYS_CFGDATA1 and 2: used at the next reset; guarded by the lock")
    flags = registers.read_write(0x30, doc="SYS_FLAGS; writing ones sets")
    flags_clear = registers.command(0x34, doc="SYS_FLAGSCLR; writing ones clears")
    nv_flags = registers.read_write(0x38, doc="SYS_NVFLAGS; writing ones sets")
    nv_flags_clear = registers.command(0x3C, doc="SYS_NVFLAGSCLR; writing ones clears")
    reset_control = registers.read_write(0x40, doc="SYS_RESETCTL: bit 2 resets the board; guarded by the lock")
    pci_control = registers.constant(0x44, _PCI_CLOCK_PRESENT, doc="SYS_PCICTL")
    card_status = registers.computed(0x48, doc="SYS_MCI: bit 0 card present, bit 1 write-protected")
    flash_control = registers.read_write(0x4C, writable_bits=1, doc="SYS_FLASH: bit 0 enables writing")
    display = registers.read_write(0x50, reset=_VGA, writable_bits=1 << 7, doc="SYS_CLCD: bits 12:8 the display's ID")
    display_serial = registers.constant(0x54, 0, doc="SYS_CLCDSER")
    boot_select = registers.constant(0x58, 0, doc="SYS_BOOTCS")
    counter_24mhz = registers.computed(0x5C, doc="SYS_24MHZ")
    miscellaneous = registers.constant(0x60, 0, doc="SYS_MISC")
    dma_mapping = registers.bank(0x64, 3, doc="SYS_DMAPSR0 to 2")
    io_select = registers.read_write(0x70, doc="SYS_IOSEL")
    pld_control = registers.bank(0x74, 2, doc="SYS_PLDCTL1 and 2")
    bus_id = registers.constant(0x80, 0, doc="SYS_BUSID")
    processor_id = registers.computed(0x84, doc="SYS_PROCID0")
    second_processor_id = registers.constant(0x88, 0xFF00_0000, doc="SYS_PROCID1: no second processor")
    oscillator_resets = registers.bank(0x8C, 5, writable_bits=0x7FFFF, doc="SYS_OSCRESET0 to 4: guarded by the lock")
    oscillator_tests = registers.bank(0xC0, 5, writable_bits=0, stored=False, doc="SYS_TEST_OSC0 to 4: read as zero")

    def __init__(self, system: System, path: str, params: SystemRegisterParams) -> None:
        super().__init__(system, path, params)
        self._oscillator_listeners: list[Callable[[], None]] = []

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self.oscillators.values[:] = _OSCILLATOR_RESET
        self.oscillator_resets.values[:] = _OSCILLATOR_RESET
        self._tell_oscillator_listeners()

    def oscillator_frequency(self, index: int) -> int:
        """Return the frequency in hertz, rounded down, that SYS_OSC`index` sets."""
        setting = self.oscillators.values[index]
        multiplier, divider = (setting & 0x1FF) + 8, (setting >> 9 & 0x7F) + 2
        return 2 * _OSCILLATOR_REFERENCE * multiplier // (divider * _OUTPUT_DIVIDERS[setting >> 16 & 7])

    def listen_to_oscillators(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after an oscillator was set."""
        self._oscillator_listeners.append(listener)

    def _tell_oscillator_listeners(self) -> None:
        for listener in self._oscillator_listeners:
            listener()

    @property
    def locked(self) -> bool:
        """Whether the guarded registers ignore writes."""
        return bool(self.lock.value & _LOCKED)

    @system_id.read
    def _read_system_id(self) -> int:
        return int(self.params.system_id)

    @switches.read
    def _read_switches(self) -> int:
        return int(self.params.switches)

    @processor_id.read
    def _read_processor_id(self) -> int:
        return int(self.params.processor_id)

    @card_status.read
    def _read_card_status(self) -> int:
        slots = [device for device in self.system.devices.values() if isinstance(device, Pl181)]
        return slots[0].card_status if slots else 0

    @counter_24mhz.read
    def _read_counter_24mhz(self) -> int:
        return Clock(24_000_000).cycles(self.now) & 0xFFFF_FFFF

    @counter_100hz.read
    def _read_counter_100hz(self) -> int:
        return Clock(100).cycles(self.now) & 0xFFFF_FFFF

    @lock.write
    def _write_lock(self, value: int) -> None:
        key = value & 0xFFFF
        self.lock.value = key if key == _UNLOCK else key | _LOCKED

    @oscillators.write
    def _write_oscillator(self, index: int, value: int) -> None:
        if not self.locked:
            self.oscillators.values[index] = value & 0x7FFFF
            self._tell_oscillator_listeners()

    @oscillator_resets.write
    def _write_oscillator_reset(self, index: int, value: int) -> None:
        if not self.locked:
            self.oscillator_resets.values[index] = value & 0x7FFFF

    @configuration.write
    def _write_configuration(self, index: int, value: int) -> None:
        if not self.locked:
            self.configuration.values[index] = value

    @flags.write
    def _set_flags(self, value: int) -> None:
        self.flags.value |= value

    @flags_clear.write
    def _clear_flags(self, value: int) -> None:
        self.flags.value &= ~value

    @nv_flags.write
    def _set_nv_flags(self, value: int) -> None:
        self.nv_flags.value |= value

    @nv_flags_clear.write
    def _clear_nv_flags(self, value: int) -> None:
        self.nv_flags.value &= ~value

    @reset_control.write
    def _write_reset_control(self, value: int) -> None:
        # Linux unlocks, writes 0xf0 and then 0xf4 (drivers/power/reset/arm-versatile-reboot.c).
        if self.locked:
            return
        self.reset_control.value = value
        if value & _RESET_THE_BOARD:
            self.system.request_exit(Reset(source=self.path))
