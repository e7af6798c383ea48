"""The Ethernet controller SMSC LAN9118: its host bus interface. The data sheet is that of revision 1.5 (2008)."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import field_validator
from vmsim_core.component import ComponentParams
from vmsim_core.device import Device
from vmsim_core.network import NetworkParams, connect_network
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

from vmsim_platform_realview import lan9118_interrupts as interrupts
from vmsim_platform_realview.lan9118_eeprom import Eeprom
from vmsim_platform_realview.lan9118_interrupts import Interrupts
from vmsim_platform_realview.lan9118_mac import Mac
from vmsim_platform_realview.lan9118_phy import Phy
from vmsim_platform_realview.lan9118_receive import Receiver
from vmsim_platform_realview.lan9118_timers import CONFIG_BITS as TIMER_CONFIG_BITS
from vmsim_platform_realview.lan9118_timers import Timers
from vmsim_platform_realview.lan9118_transmit import Transmitter

_ADDRESS_LINES = 0xFF

# RX_CFG
_RECEIVE_DUMP = 1 << 15
_RECEIVE_COUNT = 0x0FFF_0000
_RECEIVE_BITS = 0xCFFF_1F00
# TX_CFG
_STATUS_DUMP = 1 << 15
_DATA_DUMP = 1 << 14
_STATUS_MAY_OVERFLOW = 1 << 2
_TRANSMIT_ON = 1 << 1
_TRANSMIT_STOP = 1 << 0
# HW_CFG
_BUS_IS_32_BIT = 1 << 2
_SOFT_RESET = 1 << 0
_HARDWARE_BITS = 0x003F_3000
# RX_DP_CTL
_FAST_FORWARD = 1 << 31
# PMT_CTRL
_POWER_MODE = 3 << 12
_PHY_RESET = 1 << 10
_WAKE_ON_LAN = 1 << 9
_WOKEN_BY_LAN = 1 << 5
_WOKEN = 3 << 4
_POWER_BITS = _POWER_MODE | 0x34E
_POWER_KEPT = 0x44  # PME_TYPE and PME_POL: not affected by a software reset
_READY = 1 << 0
# MAC_CSR_CMD
_BUSY = 1 << 31
_MAC_READ = 1 << 30
# E2P_CMD
_EEPROM_RELOAD = 7
_EEPROM_TIMEOUT = 1 << 9
_ADDRESS_LOADED = 1 << 8


class Lan9118Params(NetworkParams):
    """The controller's address, and what it is connected to."""

    mac: str = "02:00:00:00:00:01"
    """The MAC address in the EEPROM."""

    @field_validator("mac")
    @classmethod
    def _is_an_address(cls, mac: str) -> str:
        if not re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", mac):
            raise ValueError(f"{mac!r} is no MAC address; write it like 02:00:00:00:00:01")
        if int(mac[:2], 16) & 1:
            raise ValueError(f"{mac} is the address of a group, not of one controller; make the first byte even")
        return mac


class Lan9118(Device):
    """The registers on the bus, the interrupts and the timers; MAC, PHY, EEPROM and FIFOs are components of their own.

    Its host's side is the system's Ethernet port of the same name.
    """

    type_name = "lan9118"
    Params: ClassVar[type[ComponentParams]] = Lan9118Params
    device_tree = {
        "compatible": ["smsc,lan9118", "smsc,lan9115"],
        "phy-mode": "mii",
        "reg-io-width": 4,
        "smsc,irq-active-high": True,
        "smsc,irq-push-pull": True,
    }

    # The board decodes 64 KiB, the chip the low address lines only.
    registers = RegisterTable(size=0x1_0000)
    receive_data = registers.bank(0x00, 8, stored=False, writable_bits=0, doc="RX data FIFO")
    transmit_data = registers.bank(0x20, 8, readable=False, stored=False, merge_bytes=False, doc="TX data FIFO")
    receive_status = registers.computed(0x40, doc="RX status FIFO")
    receive_status_peek = registers.computed(0x44, doc="RX status FIFO PEEK")
    transmit_status = registers.computed(0x48, doc="TX status FIFO")
    transmit_status_peek = registers.computed(0x4C, doc="TX status FIFO PEEK")
    identity = registers.constant(0x50, 0x0118_0001, doc="ID_REV")
    irq_config = registers.command(0x54, readable=True, merge_bytes=True, doc="IRQ_CFG")
    interrupt_status = registers.command(0x58, readable=True, doc="INT_STS; ones written clear")
    interrupt_enable = registers.command(0x5C, readable=True, merge_bytes=True, doc="INT_EN")
    byte_test = registers.command(0x64, readable=True, doc="BYTE_TEST; a write wakes the chip")
    fifo_levels = registers.read_write(0x68, reset=0x4800_0000, doc="FIFO_INT")
    receive_config = registers.read_write(0x6C, doc="RX_CFG")
    transmit_config = registers.read_write(0x70, doc="TX_CFG")
    hardware_config = registers.read_write(0x74, reset=0x0005_0000, doc="HW_CFG")
    receive_control = registers.command(0x78, readable=True, doc="RX_DP_CTL")
    receive_fifo_info = registers.computed(0x7C, doc="RX_FIFO_INF")
    transmit_fifo_info = registers.computed(0x80, doc="TX_FIFO_INF")
    power_control = registers.read_write(0x84, merge_bytes=False, doc="PMT_CTRL")
    gpio_config = registers.read_write(0x88, writable_bits=0x7777_071F, doc="GPIO_CFG; nothing is connected")
    timer_config = registers.read_write(0x8C, reset=0xFFFF, writable_bits=TIMER_CONFIG_BITS, doc="GPT_CFG")
    timer_count = registers.computed(0x90, doc="GPT_CNT")
    word_swap = registers.read_write(0x98, doc="WORD_SWAP; without effect on a bus of 32 bits")
    free_running = registers.computed(0x9C, doc="FREE_RUN")
    receive_dropped = registers.computed(0xA0, doc="RX_DROP; reading clears")
    mac_command = registers.read_write(0xA4, doc="MAC_CSR_CMD")
    mac_data = registers.read_write(0xA8, doc="MAC_CSR_DATA")
    flow_config = registers.read_write(0xAC, writable_bits=0x00FF_FFFF, doc="AFC_CFG")
    eeprom_command = registers.read_write(0xB0, merge_bytes=False, doc="E2P_CMD")
    eeprom_data = registers.read_write(0xB4, writable_bits=0xFF, doc="E2P_DATA")

    def __init__(self, system: System, path: str, params: Lan9118Params) -> None:
        super().__init__(system, path, params)
        self.port = system.ethernet_port(path)
        self.phy = Phy(system, f"{path}.phy", params, self.port)
        self.mac = Mac(system, f"{path}.mac", params, self, self.port)
        self.receiver = Receiver(system, f"{path}.receive", params, self)
        self.transmitter = Transmitter(system, f"{path}.transmit", params, self)
        self.eeprom = Eeprom(system, f"{path}.eeprom", params, bytes.fromhex(params.mac.replace(":", "")))
        self.interrupts = Interrupts(system, f"{path}.interrupts", params, self)
        self.timers = Timers(system, f"{path}.timers", params, self)
        for part in (self.phy, self.mac, self.receiver, self.transmitter, self.eeprom, self.interrupts, self.timers):
            system.add(part)
        connect_network(self.port, params)

    def connect(self) -> None:
        """Listen to the port and to the PHY's interrupt."""
        self.port.attach_controller(self.mac.frame_on_its_way, self.phy.link_changed)
        self.phy.irq.connect(lambda level: self.interrupts.drive())

    def reset(self) -> None:
        """Be as after power-on."""
        super().reset()
        self.interrupts.reset()
        self.phy.reset()
        self.eeprom.reset()
        self._reset_the_rest()

    def _soft_reset(self) -> None:
        """Reset all but the PHY, the EEPROM and the bits that are not affected (NASR in the data sheet)."""
        power = self.power_control.value & _POWER_KEPT
        super().reset()
        self.power_control.value = power
        self.interrupts.soft_reset()
        self._reset_the_rest()

    def _reset_the_rest(self) -> None:
        for part in (self.receiver, self.transmitter, self.mac, self.timers):
            part.reset()
        self._load_address()
        self.interrupts.update()

    def read(self, offset: int, size: int) -> int:
        """Serve a read: the registers repeat every 256 bytes."""
        return super().read(offset & _ADDRESS_LINES, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write."""
        super().write(offset & _ADDRESS_LINES, size, value)

    def register_name(self, offset: int) -> str:
        """Return the name of a register, at any of its repetitions."""
        return super().register_name(offset & _ADDRESS_LINES)

    # --- interrupts -------------------------------------------------------------------------------------------------

    @irq_config.read
    def _read_irq_config(self) -> int:
        return self.interrupts.read_config()

    @irq_config.write
    def _write_irq_config(self, value: int) -> None:
        self.interrupts.write_config(value)

    @interrupt_status.read
    def _read_interrupt_status(self) -> int:
        return self.interrupts.read_status()

    @interrupt_status.write
    def _clear_interrupts(self, value: int) -> None:
        self.interrupts.clear(value)

    @interrupt_enable.read
    def _read_interrupt_enable(self) -> int:
        return self.interrupts.enable

    @interrupt_enable.write
    def _write_interrupt_enable(self, value: int) -> None:
        self.interrupts.write_enable(value)

    @fifo_levels.written
    def _fifo_levels_written(self) -> None:
        self.interrupts.update()

    # --- the FIFO ports ---------------------------------------------------------------------------------------------

    @receive_data.read
    def _read_receive_data(self, index: int) -> int:
        return self.receiver.read_data()

    @transmit_data.write
    def _write_transmit_data(self, index: int, value: int) -> None:
        self.transmitter.write_data(value)

    @receive_status.read
    def _read_receive_status(self) -> int:
        return self.receiver.read_status()

    @receive_status_peek.read
    def _peek_receive_status(self) -> int:
        return self.receiver.peek_status()

    @transmit_status.read
    def _read_transmit_status(self) -> int:
        return self.transmitter.read_status()

    @transmit_status_peek.read
    def _peek_transmit_status(self) -> int:
        return self.transmitter.peek_status()

    @receive_fifo_info.read
    def _read_receive_fifo_info(self) -> int:
        return len(self.receiver.statuses) << 16 | self.receiver.used

    @transmit_fifo_info.read
    def _read_transmit_fifo_info(self) -> int:
        return len(self.transmitter.statuses) << 16 | self.transmitter.free

    @receive_dropped.read
    def _read_receive_dropped(self) -> int:
        return self.receiver.read_dropped()

    # --- configuration ----------------------------------------------------------------------------------------------

    @receive_config.write
    def _write_receive_config(self, value: int) -> None:
        self.receive_config.value = value & (_RECEIVE_BITS | _RECEIVE_COUNT)
        if value & _RECEIVE_DUMP:
            self.receiver.discard()

    def count_received_word(self) -> None:
        """Count a word that was read from the data port against RX_DMA_CNT."""
        if self.receive_config.value & _RECEIVE_COUNT:
            self.receive_config.value -= _RECEIVE_COUNT & -_RECEIVE_COUNT
            if not self.receive_config.value & _RECEIVE_COUNT:
                self.interrupts.request(interrupts.RECEIVE_COUNT)

    @receive_control.read
    def _read_receive_control(self) -> int:
        return 0

    @receive_control.write
    def _write_receive_control(self, value: int) -> None:
        if value & _FAST_FORWARD:
            self.receiver.fast_forward()

    @transmit_config.read
    def _read_transmit_config(self) -> int:
        return self.transmit_config.value | (_TRANSMIT_STOP if self.transmitter.stopping else 0)

    @transmit_config.write
    def _write_transmit_config(self, value: int) -> None:
        self.transmit_config.value = value & (_STATUS_MAY_OVERFLOW | _TRANSMIT_ON)
        if value & _STATUS_DUMP:
            self.transmitter.discard_statuses()
        if value & _DATA_DUMP:
            self.transmitter.discard_data()
        if value & _TRANSMIT_STOP:
            self.transmitter.stop()
        self.transmitter.send_next()
        self.interrupts.update()

    @property
    def transmitter_on(self) -> bool:
        """Whether frames are sent."""
        return bool(self.transmit_config.value & _TRANSMIT_ON) and self.mac.transmit_enabled and not self.asleep

    @property
    def status_may_overflow(self) -> bool:
        """Whether frames are sent though there is no room for their statuses."""
        return bool(self.transmit_config.value & _STATUS_MAY_OVERFLOW)

    def transmitter_stopped(self) -> None:
        """Be told that the transmitter stopped as the host wanted."""
        self.transmit_config.value &= ~_TRANSMIT_ON
        self.interrupts.request(interrupts.TRANSMITTER_STOPPED)

    @hardware_config.read
    def _read_hardware_config(self) -> int:
        return self.hardware_config.value | _BUS_IS_32_BIT

    @hardware_config.write
    def _write_hardware_config(self, value: int) -> None:
        if value & _SOFT_RESET:
            self._soft_reset()
        else:
            self.hardware_config.value = value & _HARDWARE_BITS
            self.interrupts.update()

    @property
    def transmit_kilobytes(self) -> int:
        """What TX_FIF_SZ gives to the transmit FIFOs, of 16; a setting that table 5.3 does not have is the nearest."""
        return min(max(self.hardware_config.value >> 16 & 0xF, 2), 14)

    # --- power management -------------------------------------------------------------------------------------------

    @property
    def asleep(self) -> bool:
        """Whether the chip is in a power state other than D0."""
        return bool(self.power_control.value & _POWER_MODE)

    def wake_up_event(self) -> None:
        """Be told that a frame came that is to wake the host."""
        if self.power_control.value & _WAKE_ON_LAN:
            self.power_control.value |= _WOKEN_BY_LAN
            self.interrupts.request(interrupts.POWER_MANAGEMENT)

    @power_control.read
    def _read_power_control(self) -> int:
        return self.power_control.value | (0 if self.asleep else _READY)

    @power_control.write
    def _write_power_control(self, value: int) -> None:
        self.power_control.value = value & _POWER_BITS | self.power_control.value & _WOKEN & ~value
        if value & _PHY_RESET:
            self.phy.reset()
        self.transmitter.send_next()

    @byte_test.read
    def _read_byte_test(self) -> int:
        return 0x8765_4321

    @byte_test.write
    def _wake(self, value: int) -> None:
        self.power_control.value &= ~_POWER_MODE
        self.transmitter.send_next()

    # --- timers -----------------------------------------------------------------------------------------------------

    @timer_config.written
    def _timer_config_written(self) -> None:
        self.timers.load()

    @timer_count.read
    def _read_timer_count(self) -> int:
        return self.timers.timer_count()

    @free_running.read
    def _read_free_running(self) -> int:
        return self.timers.free_running()

    # --- MAC and EEPROM ---------------------------------------------------------------------------------------------

    @mac_command.write
    def _write_mac_command(self, value: int) -> None:
        self.mac_command.value = value & (_MAC_READ | 0xFF)
        register = 4 * (value & 0xFF)
        if value & _BUSY and value & _MAC_READ:
            self.mac_data.value = self.mac.read(register, 4)
        elif value & _BUSY:
            self.mac.write(register, 4, self.mac_data.value)

    @eeprom_command.write
    def _write_eeprom_command(self, value: int) -> None:
        flags = self.eeprom_command.value & (_EEPROM_TIMEOUT | _ADDRESS_LOADED) & ~value
        self.eeprom_command.value = value & 0x7000_00FF | flags
        command = value >> 28 & 7
        if not value & _BUSY:
            return
        if command == _EEPROM_RELOAD:
            self._load_address()
            return
        data = self.eeprom.execute(command, value & 0xFF, self.eeprom_data.value)
        if data is None:
            self.eeprom_command.value |= _EEPROM_TIMEOUT
        else:
            self.eeprom_data.value = data

    def _load_address(self) -> None:
        if self.mac.load_address():
            self.eeprom_command.value |= _ADDRESS_LOADED
