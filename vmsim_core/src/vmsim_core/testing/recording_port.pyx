"""A core's way straight to RAM that notes what comes by, for tests of how an engine asks for memory."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from vmsim_core.memory_port cimport CorePort, SetWay

cdef enum:
    LINE = 32


cdef class RecordingPort(CorePort):
    """RAM at address 0, without caches; each kind of access takes its ticks, which are 0 at first."""

    cdef readonly list accesses
    cdef public uint64_t read_ticks, write_ticks, seen_ticks, fetch_ticks, walk_ticks
    cdef uint64_t _visible
    cdef object _ram
    cdef uint8_t[::1] _bytes

    def __init__(self, ram):
        self._ram, self._bytes, self.accesses = ram, ram.view, []
        self.port.owner, self.port.line = <void*>self, LINE
        self.port.read, self.port.write, self.port.fetch, self.port.walk = _read, _write, _fetch, _walk
        self.port.peek, self.port.visible = _peek, &self._visible
        self.port.maintain_address, self.port.maintain_set_way = _maintain_address, _maintain_set_way
        self.port.invalidate_instructions = _invalidate_instructions
        self.port.invalidate_instruction_line = _invalidate_instruction_line

    cdef void note(self, str kind, uint32_t physical, uint32_t inner, uint32_t outer):
        self.accesses.append((kind, physical, inner, outer))


cdef uint64_t _read(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                    uint64_t now, uint32_t* value) noexcept with gil:
    (<RecordingPort>owner).note("read", physical, inner, outer)
    memcpy(value, &(<RecordingPort>owner)._bytes[physical], size)
    return now + (<RecordingPort>owner).read_ticks


cdef uint64_t _write(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                     uint64_t now, uint32_t value) noexcept with gil:
    (<RecordingPort>owner).note("write", physical, inner, outer)
    memcpy(&(<RecordingPort>owner)._bytes[physical], &value, size)
    (<RecordingPort>owner)._visible = now + (<RecordingPort>owner).seen_ticks
    return now + (<RecordingPort>owner).write_ticks


cdef uint64_t _fetch(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                     uint8_t** bytes, uint32_t* filled) noexcept with gil:
    (<RecordingPort>owner).note("fetch", physical, inner, outer)
    bytes[0] = &(<RecordingPort>owner)._bytes[physical & ~<uint32_t>(LINE - 1)]
    filled[0] = 1
    return now + (<RecordingPort>owner).fetch_ticks


cdef uint64_t _walk(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                    uint32_t* value) noexcept with gil:
    (<RecordingPort>owner).note("walk", physical, inner, outer)
    memcpy(value, &(<RecordingPort>owner)._bytes[physical], 4)
    return now + (<RecordingPort>owner).walk_ticks


cdef uint32_t _peek(void* owner, uint32_t physical, uint32_t size) noexcept with gil:
    cdef uint32_t value = 0
    memcpy(&value, &(<RecordingPort>owner)._bytes[physical], size)
    return value


cdef uint64_t _maintain_address(void* owner, uint32_t operation, uint32_t physical, uint32_t to_unification,
                                uint64_t now) noexcept nogil:
    return now


cdef uint64_t _maintain_set_way(void* owner, uint32_t operation, const SetWay* place, uint64_t now) noexcept nogil:
    return now


cdef uint64_t _invalidate_instructions(void* owner, uint64_t now) noexcept nogil:
    return now


cdef uint64_t _invalidate_instruction_line(void* owner, uint32_t physical, uint64_t now) noexcept nogil:
    return now
