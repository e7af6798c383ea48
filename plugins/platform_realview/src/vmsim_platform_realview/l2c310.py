"""The level 2 cache controller L2C-310, revision r3p2 (ARM DDI 0246)."""

from __future__ import annotations

from vmsim_core.device import Device, DeviceParams
from vmsim_core.memory_hierarchy import Maintenance
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

_ENABLED = 1 << 0

_AUXILIARY_RESET = 0x0202_0000
"""8 ways of 16 KiB; the rest as DDI 0246 3.3.4 has it."""
_WAY_SIZE_SHIFT, _WAY_SIZE = 17, 7 << 17
_SIXTEEN_WAYS = 1 << 16
_WAY_SIZES = {16 << 10 << number: number + 1 for number in range(6)}
_LINE = 32
_LINE_ADDRESS = 0xFFFF_FFE0
_WAY_SHIFT = 28
"""Where operations by index have the way; the index is above the bits of a line (DDI 0246, 3.3.10)."""
_AUXILIARY_BITS = 0x7FFF_3C01
_PREFETCH_BITS = 0x79A0_001F
_PREFETCH_ENABLES = 3 << 28
"""Instruction and data prefetch are enabled by the same two bits of two registers."""

_COUNTER_ENABLE = 1 << 0
_COUNTER_RESETS = (1 << 1, 1 << 2)
_INTERRUPTS = 0x1FF


class L2c310(Device):
    """The registers of the controller. Its maintenance operations are done the moment they are written, by the memory
    hierarchy, if a CPU model has asked for one; otherwise no cache holds anything."""

    type_name = "l2c-310"

    registers = RegisterTable(size=0x1000)
    cache_id = registers.constant(0x000, 0x4100_00C8, doc="reg0_cache_id: ARM, L2C-310, r3p2")
    cache_type = registers.computed(0x004, doc="reg0_cache_type")
    control = registers.read_write(0x100, writable_bits=_ENABLED, doc="reg1_control: bit 0 enables the cache")
    auxiliary = registers.read_write(0x104, reset=_AUXILIARY_RESET, doc="reg1_aux_control: size, ways, policies")
    tag_latency = registers.read_write(0x108, reset=0x777, doc="reg1_tag_ram_control")
    data_latency = registers.read_write(0x10C, reset=0x777, doc="reg1_data_ram_control")
    counter_control = registers.read_write(0x200, doc="reg2_ev_counter_ctrl: enables and resets the counters")
    counter_events = registers.bank(0x204, 2, writable_bits=0x3F, doc="reg2_ev_counter1_cfg, reg2_ev_counter0_cfg")
    counters = registers.bank(0x20C, 2, doc="reg2_ev_counter1, reg2_ev_counter0")
    interrupt_mask = registers.read_write(0x214, writable_bits=_INTERRUPTS, doc="reg2_int_mask")
    masked_interrupts = registers.computed(0x218, doc="reg2_int_mask_status")
    raw_interrupts = registers.computed(0x21C, doc="reg2_int_raw_status")
    interrupt_clear = registers.command(0x220, doc="reg2_int_clear")
    sync = registers.command(0x730, readable=True, doc="reg7_cache_sync")
    invalidate_line = registers.command(0x770, readable=True, doc="reg7_inv_pa")
    invalidate_ways = registers.command(0x77C, readable=True, doc="reg7_inv_way")
    clean_line = registers.command(0x7B0, readable=True, doc="reg7_clean_pa")
    clean_index = registers.command(0x7B8, readable=True, doc="reg7_clean_index")
    clean_ways = registers.command(0x7BC, readable=True, doc="reg7_clean_way")
    flush_line = registers.command(0x7F0, readable=True, doc="reg7_clean_inv_pa")
    flush_index = registers.command(0x7F8, readable=True, doc="reg7_clean_inv_index")
    flush_ways = registers.command(0x7FC, readable=True, doc="reg7_clean_inv_way")
    lockdown = registers.bank(0x900, 16, writable_bits=0xFFFF, doc="reg9_d_lockdown and reg9_i_lockdown, by master")
    lockdown_by_line = registers.read_write(0x950, writable_bits=1, doc="reg9_lock_line_en")
    unlock_ways = registers.command(0x954, readable=True, doc="reg9_unlock_way")
    filtering_start = registers.read_write(0xC00, writable_bits=0xFFF0_0001, doc="reg12_addr_filtering_start")
    filtering_end = registers.read_write(0xC04, writable_bits=0xFFF0_0000, doc="reg12_addr_filtering_end")
    debug = registers.read_write(0xF40, writable_bits=0x3, doc="reg15_debug_ctrl")
    prefetch = registers.read_write(0xF60, doc="reg15_prefetch_ctrl")
    power = registers.read_write(0xF80, writable_bits=0x3, doc="reg15_power_ctrl")

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        system.outer_cache_enabled = self._is_enabled

    def _is_enabled(self) -> bool:
        return bool(self.control.value & _ENABLED)

    def reset(self) -> None:
        """Have the registers tell of the cache that there is, as the inputs WAYSIZE and ASSOCIATIVITY do."""
        super().reset()
        size, ways = self.system.outer_cache_geometry or (0, 0)
        if ways in (8, 16) and size // ways in _WAY_SIZES:
            way_size = _WAY_SIZES[size // ways] << _WAY_SIZE_SHIFT
            associativity = _SIXTEEN_WAYS if ways == 16 else 0
            self.auxiliary.value = _AUXILIARY_RESET & ~_WAY_SIZE | way_size | associativity

    @property
    def _ways(self) -> int:
        return 16 if self.auxiliary.value & _SIXTEEN_WAYS else 8

    @property
    def _sets(self) -> int:
        # The encodings that are reserved mean the nearest size.
        size = min(max((self.auxiliary.value & _WAY_SIZE) >> _WAY_SIZE_SHIFT, 1), len(_WAY_SIZES))
        return (8 << 10 << size) // _LINE

    @cache_type.read
    def _read_cache_type(self) -> int:
        # Size of a way and associativity, for data and for instructions, from the auxiliary control register.
        auxiliary = self.auxiliary.value
        geometry = (auxiliary >> 17 & 7) << 2 | auxiliary >> 16 & 1
        return 0x1C00_0000 | geometry << 18 | geometry << 6

    @auxiliary.write
    def _write_auxiliary(self, value: int) -> None:
        if self._may_be_set_up(0x104):
            self.auxiliary.value = value & _AUXILIARY_BITS
            self._enable_prefetch(value)

    @tag_latency.write
    def _write_tag_latency(self, value: int) -> None:
        if self._may_be_set_up(0x108):
            self.tag_latency.value = value & 0x777

    @data_latency.write
    def _write_data_latency(self, value: int) -> None:
        if self._may_be_set_up(0x10C):
            self.data_latency.value = value & 0x777

    @prefetch.write
    def _write_prefetch(self, value: int) -> None:
        self.prefetch.value = value & _PREFETCH_BITS
        self._enable_prefetch(value)

    def _enable_prefetch(self, value: int) -> None:
        for register in (self.auxiliary, self.prefetch):
            register.value = register.value & ~_PREFETCH_ENABLES | value & _PREFETCH_ENABLES

    def _may_be_set_up(self, offset: int) -> bool:
        """Tell whether the cache is disabled; else the controller answers such a write with an error, and ignores it
        (DDI 0246, 3.3.4)."""
        if self.control.value & _ENABLED:
            self.undefined_access("write (while the cache is enabled)", offset, 4)
            return False
        return True

    @counter_control.write
    def _write_counter_control(self, value: int) -> None:
        self.counter_control.value = value & _COUNTER_ENABLE
        for counter, reset in zip((1, 0), _COUNTER_RESETS, strict=True):
            if value & reset:
                self.counters.values[counter] = 0

    @counters.write
    def _write_counter(self, index: int, value: int) -> None:
        # A counter can be written while its event is "disabled", 0 in bits 5:2 (DDI 0246, 3.3.8).
        if not self.counter_events.values[index] >> 2:
            self.counters.values[index] = value

    @masked_interrupts.read
    @raw_interrupts.read
    def _read_interrupts(self) -> int:
        # Events are not counted, and RAM has no parity errors.
        return 0

    @interrupt_clear.write
    @sync.write
    @unlock_ways.write
    def _done_at_once(self, value: int) -> None:
        pass

    @invalidate_line.write
    def _invalidate_line(self, value: int) -> None:
        self._maintain_line(Maintenance.INVALIDATE, value)

    @clean_line.write
    def _clean_line(self, value: int) -> None:
        self._maintain_line(Maintenance.CLEAN, value)

    @flush_line.write
    def _flush_line(self, value: int) -> None:
        self._maintain_line(Maintenance.CLEAN_AND_INVALIDATE, value)

    def _maintain_line(self, operation: Maintenance, value: int) -> None:
        if self.system.has_memory_hierarchy:
            self.system.memory_hierarchy.maintain_outer(operation, value & _LINE_ADDRESS)

    @clean_index.write
    def _clean_index(self, value: int) -> None:
        self._maintain_index(Maintenance.CLEAN, value)

    @flush_index.write
    def _flush_index(self, value: int) -> None:
        self._maintain_index(Maintenance.CLEAN_AND_INVALIDATE, value)

    def _maintain_index(self, operation: Maintenance, value: int) -> None:
        if self.system.has_memory_hierarchy:
            ways, sets = self._ways, self._sets
            way, number = value >> _WAY_SHIFT & ways - 1, value // _LINE & sets - 1
            self.system.memory_hierarchy.maintain_outer_way(operation, way, ways, number, sets)

    @invalidate_ways.write
    def _invalidate_ways(self, value: int) -> None:
        self._maintain_ways(Maintenance.INVALIDATE, value)

    @clean_ways.write
    def _clean_ways(self, value: int) -> None:
        self._maintain_ways(Maintenance.CLEAN, value)

    @flush_ways.write
    def _flush_ways(self, value: int) -> None:
        self._maintain_ways(Maintenance.CLEAN_AND_INVALIDATE, value)

    def _maintain_ways(self, operation: Maintenance, value: int) -> None:
        if not self.system.has_memory_hierarchy:
            return
        hierarchy, ways = self.system.memory_hierarchy, self._ways
        chosen = [way for way in range(ways) if value >> way & 1]
        if len(chosen) == ways:
            hierarchy.maintain_outer(operation, None)
            return
        for way in chosen:
            hierarchy.maintain_outer_way(operation, way, ways)

    @sync.read
    @invalidate_line.read
    @invalidate_ways.read
    @clean_line.read
    @clean_index.read
    @clean_ways.read
    @flush_line.read
    @flush_index.read
    @flush_ways.read
    @unlock_ways.read
    def _read_complete(self) -> int:
        return 0
