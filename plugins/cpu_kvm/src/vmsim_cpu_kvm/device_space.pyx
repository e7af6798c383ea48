# cython: boundscheck=False, wraparound=False, cdivision=True
"""Device space: each access is served at its exact instruction.

Unicorn synchronises PC before it calls the protection hooks; the MMIO callbacks, which come after them, only pass on the
value. A store is aborted by unwinding, a load by refusing it.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from vmsim_cpu_kvm.block_table cimport block_address_of, block_index_of
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *


cdef void unwind(Vcpu* v) noexcept nogil:
    """Leave the running instruction from a store's hook: does not return.

    Unicorn checks for a stop only between instructions, and not inside an IT block. A request to translate code at an
    address that cannot be fetched raises a fault, which unwinds to Unicorn's main loop, where the stop is honoured.
    """
    cdef uint32_t candidates[8]
    cdef uint64_t physical
    cdef uc_tb block
    cdef int index
    candidates[:] = [0xFFFFE000, 0x0, 0xFFFE0000, 0xBFF00000, 0x10000000, 0xF0000000, 0xE0000000, 0x7FF00000]
    v.api.emu_stop(v.uc)
    for index in range(8):
        physical = 0
        if (v.api.vmem_translate(v.uc, candidates[index], UC_PROT_EXEC, &physical) != UC_ERR_OK
                or not is_ram(v, physical)):
            v.api.ctl(v.uc, VMSIM_CTL_REQUEST_CACHE, <uint64_t>candidates[index], &block)
    fail(v, "a store could not be aborted: every candidate address is executable")


cdef bint is_ram(Vcpu* v, uint64_t physical) noexcept nogil:
    """Whether Unicorn has RAM there."""
    cdef int index
    for index in range(v.region_count):
        if v.regions[index].mapped and v.regions[index].base <= physical < v.regions[index].end:
            return True
    return False


cdef bint owns_ram(Vcpu* v, uint64_t physical) noexcept nogil:
    """Whether the machine has RAM there, mapped or not."""
    cdef int index
    for index in range(v.region_count):
        if v.regions[index].base <= physical < v.regions[index].end:
            return True
    return False


cdef bint serve(Vcpu* v, uint32_t address, uint32_t size, uint64_t* value, bint write) noexcept nogil:
    """Serve one aligned access at its exact instruction; return whether the instruction is to be left: the access has
    consequences or was refused."""
    cdef uint32_t pc = read_register(v, UC_ARM_REG_R15), cpsr = read_register(v, UC_ARM_REG_CPSR)
    cdef uint32_t index = block_index_of(v.current, pc)
    cdef uint64_t count = v.retired - v.current.count + index
    cdef uint32_t remaining = v.current.count - index - 1
    cdef bint consequences = False
    if index >= v.current.count:
        fail(v, "a device access outside the block that runs")
        return False
    v.accesses += 1
    if v.log.instruction != count + 1:
        v.log.instruction = count + 1
        v.log.length = v.log.position = 0
    if v.log.position < v.log.length:
        value[0] = v.log.values[v.log.position]
        v.log.position += 1
    else:
        if not v.access_device(v, count, address, size, value, write):
            v.event = EVENT_REFUSED
            if write:
                unwind(v)
            return True
        if v.log.length == MAX_LOGGED:
            fail(v, "one instruction made more device accesses than any can")
            return False
        v.log.values[v.log.length] = value[0]
        v.log.length += 1
        v.log.position += 1
        if v.limit < v.block_limit:
            v.block_limit = v.limit
        consequences = not v.replaying and remaining > 0 and (
            v.attention or interrupt_due(v, cpsr) or v.block_limit < v.retired
        )
    v.access_address, v.access_size, v.access_value = address, size, value[0]
    if consequences:
        v.replay_pc = pc
        v.replay_end = block_address_of(v.current, index + 1)
        v.event = EVENT_REPLAY
        v.replays += 1
        if write:
            unwind(v)
    elif cpsr & (CPSR_IT_LOW | CPSR_IT_HIGH):
        # The synchronisation of PC for this hook left the IT bits in the CPU state, where they do not belong while
        # translated code runs.
        write_register(v, UC_ARM_REG_CPSR, cpsr & ~<uint32_t>(CPSR_IT_LOW | CPSR_IT_HIGH))
    return consequences


cdef bint on_device_read(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t unused,
                         void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint64_t low = 0, high = 0
    cdef uint32_t aligned = <uint32_t>address & ~<uint32_t>(size - 1)
    v.access_size = 0
    if serve(v, aligned, size, &low, False):
        v.api.emu_stop(uc)
        return False
    if aligned != address:
        # Unicorn asks once for an unaligned access and then takes the value from two aligned callbacks.
        if serve(v, aligned + size, size, &high, False):
            v.api.emu_stop(uc)
            return False
        v.access_address = aligned
        v.access_size = 2 * size
        if size < 8:
            v.access_value = (low & ((<uint64_t>1 << 8 * size) - 1)) | high << 8 * size
    return True


cdef bint on_device_write(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                          void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint64_t written = <uint64_t>value
    v.access_size = 0
    if address & (size - 1):
        return True  # Unicorn comes again with the single bytes
    if size < 8:
        written &= (<uint64_t>1 << 8 * size) - 1
    if serve(v, <uint32_t>address, size, &written, True):
        v.api.emu_stop(uc)
    return True


cdef uint64_t on_mmio_read(uc_engine* uc, uint64_t offset, unsigned int size, void* data) noexcept nogil:
    cdef Gap* gap = <Gap*>data
    cdef Vcpu* v = gap.vcpu
    cdef uint64_t address = gap.base + offset
    if v.access_size and v.access_address <= address and address + size <= v.access_address + v.access_size:
        return v.access_value >> 8 * (address - v.access_address)
    return 0


cdef void on_mmio_write(uc_engine* uc, uint64_t offset, unsigned int size, uint64_t value,
                        void* data) noexcept nogil:
    pass  # on_device_write has served it
