"""Prefetchers, as they stand beside a cache: they see its accesses and say which lines it should ask for."""

from libc.stdint cimport int32_t, uint32_t, uint64_t

cdef enum:
    PAGE_MASK = 4095
    SURE = 2                    # how often a pattern has to come true
    MOST_SURE = 3


cdef inline Pattern* _oldest(Prefetcher* prefetcher) noexcept nogil:
    cdef uint32_t index, oldest = 0
    for index in range(1, prefetcher.entries):
        if prefetcher.patterns[index].used < prefetcher.patterns[oldest].used:
            oldest = index
    return &prefetcher.patterns[oldest]


cdef uint32_t _ahead(Prefetcher* prefetcher, uint32_t address, int32_t step, uint32_t* wanted) noexcept nogil:
    """The next lines in steps from an address, as long as they are in its page."""
    cdef uint32_t line_mask = ~(prefetcher.line - 1)
    cdef uint32_t next_one = address, found = 0, count
    cdef uint32_t last = address & line_mask
    for count in range(prefetcher.degree):
        next_one += <uint32_t>step
        if (next_one ^ address) & ~<uint32_t>PAGE_MASK:
            break
        if next_one & line_mask != last:
            last = next_one & line_mask
            wanted[found] = last
            found += 1
    return found


cdef uint32_t _train_stride(Prefetcher* prefetcher, uint32_t address, uint32_t pc, uint32_t* wanted) noexcept nogil:
    """An entry for each instruction: the same distance between its accesses several times running is a pattern."""
    cdef Pattern* pattern = &prefetcher.patterns[(pc >> 2) % prefetcher.entries]
    cdef int32_t step
    if not pattern.used or pattern.key != pc:
        pattern.key, pattern.last, pattern.step, pattern.confidence, pattern.used = pc, address, 0, 0, 1
        return 0
    step = <int32_t>(address - pattern.last)
    pattern.last = address
    if not step:
        return 0
    if step == pattern.step:
        pattern.confidence += pattern.confidence < MOST_SURE
    elif pattern.confidence:
        pattern.confidence -= 1
    else:
        pattern.step = step
    if pattern.confidence < SURE:
        return 0
    return _ahead(prefetcher, address, pattern.step, wanted)


cdef uint32_t _train_stream(Prefetcher* prefetcher, uint32_t address, uint32_t* wanted) noexcept nogil:
    """Misses of neighbouring lines are a stream, up or down; a second one makes sure of it."""
    cdef uint32_t line = address & ~(prefetcher.line - 1)
    cdef int32_t length = <int32_t>prefetcher.line
    cdef Pattern* pattern
    cdef uint32_t index
    prefetcher.uses += 1
    for index in range(prefetcher.entries):
        pattern = &prefetcher.patterns[index]
        if not pattern.used:
            continue
        if pattern.confidence == 0 and (line == pattern.last + length or line == pattern.last - length):
            pattern.step = <int32_t>(line - pattern.last)
        elif pattern.confidence == 0 or line != pattern.last + <uint32_t>pattern.step:
            continue
        pattern.last, pattern.used = line, prefetcher.uses
        pattern.confidence = 1
        return _ahead(prefetcher, line, pattern.step, wanted)
    pattern = _oldest(prefetcher)
    pattern.last, pattern.step, pattern.confidence, pattern.used = line, 0, 0, prefetcher.uses
    return 0


cdef uint32_t train(Prefetcher* prefetcher, uint32_t address, uint32_t pc, bint miss, uint32_t* wanted) noexcept nogil:
    if prefetcher.kind == STRIDE:
        return _train_stride(prefetcher, address, pc, wanted)
    # A hit of a line that was prefetched counts as a miss here: it goes on with the stream.
    return _train_stream(prefetcher, address, wanted) if miss else 0
