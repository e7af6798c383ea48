"""Predecoded instructions, by physical page and instruction set: raw memory, so that the loop needs no Python object."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

cdef enum:
    PAGE_NUMBERS = 1 << 20
    PAGE_SHIFT = 12
    NO_TAG = 4                  # bit 2 of a tag is never set otherwise


cdef int cache_init(CodeCache* cache) except -1:
    cdef int thumb
    for thumb in range(2):
        # Pointers to pages are touched where there is code only: most of the 8 MiB are never there.
        cache.pages[thumb] = <CodePage**>calloc(PAGE_NUMBERS, sizeof(CodePage*))
        if cache.pages[thumb] == NULL:
            raise MemoryError
    cache_forget_fetches(cache)
    return 0


cdef void cache_free(CodeCache* cache) noexcept nogil:
    cdef CodePage* page = cache.all_pages
    cdef CodePage* following
    while page != NULL:
        following = page.following
        free(page.instructions)
        free(page.shadow)
        free(page)
        page = following
    cache.all_pages = NULL
    free(cache.pages[0])
    free(cache.pages[1])


cdef CodePage* cache_page(CodeCache* cache, uint32_t physical, uint32_t thumb, uint8_t* host) noexcept nogil:
    """Return the page of instructions at a physical page, made if it is not there; NULL without memory."""
    cdef CodePage** place = &cache.pages[thumb][physical >> PAGE_SHIFT]
    cdef CodePage* page = place[0]
    if page != NULL:
        return page
    page = <CodePage*>calloc(1, sizeof(CodePage))
    if page == NULL:
        return NULL
    page.instructions = <Instruction*>calloc(INSTRUCTIONS << thumb, sizeof(Instruction))
    if page.instructions == NULL:
        free(page)
        return NULL
    page.host, page.physical, page.thumb = host, physical, thumb
    page.following = cache.all_pages
    cache.all_pages = place[0] = page
    cache.page_count += 1
    return page


cdef void cache_forget_fetches(CodeCache* cache) noexcept nogil:
    """Forget where virtual pages are: the translation has changed."""
    cdef int index
    for index in range(FETCH_ENTRIES):
        cache.fetches[index].tag = NO_TAG


cdef void cache_invalidate(CodeCache* cache, uint32_t physical, uint32_t size) noexcept nogil:
    """Forget the instructions of which bytes were written: from the RAM's first alias on."""
    cdef uint32_t page_number, first, last, start = physical, end = physical + size - 1
    cdef CodePage* page
    for page_number in range(start >> PAGE_SHIFT, (end >> PAGE_SHIFT) + 1):
        first = start & (CODE_PAGE_SIZE - 1) if page_number == start >> PAGE_SHIFT else 0
        last = end & (CODE_PAGE_SIZE - 1) if page_number == end >> PAGE_SHIFT else CODE_PAGE_SIZE - 1
        page = cache.pages[0][page_number]
        if page != NULL:
            cache.invalidated += 1
            memset(&page.instructions[first >> 2], 0, ((last >> 2) - (first >> 2) + 1) * sizeof(Instruction))
        page = cache.pages[1][page_number]
        if page != NULL:
            cache.invalidated += 1
            # A 32-bit instruction may have begun in the halfword before.
            first = (first >> 1) - 1 if first >> 1 else 0
            memset(&page.instructions[first], 0, ((last >> 1) - first + 1) * sizeof(Instruction))


cdef int cache_remember(CodeCache* cache) noexcept nogil:
    """Remember what stands in all pages: somebody else is going to write to memory; return -1 without memory."""
    cdef CodePage* page = cache.all_pages
    while page != NULL:
        if page.shadow == NULL:
            page.shadow = <uint8_t*>malloc(CODE_PAGE_SIZE)
            if page.shadow == NULL:
                return -1
        memcpy(page.shadow, page.host, CODE_PAGE_SIZE)
        page = page.following
    return 0


cdef void cache_compare(CodeCache* cache) noexcept nogil:
    """Forget the instructions of which bytes are not what was remembered."""
    cdef CodePage* page = cache.all_pages
    cdef uint32_t first, last
    while page != NULL:
        if page.shadow != NULL and memcmp(page.shadow, page.host, CODE_PAGE_SIZE) != 0:
            first, last = 0, CODE_PAGE_SIZE - 1
            while page.shadow[first] == page.host[first]:
                first += 1
            while page.shadow[last] == page.host[last]:
                last -= 1
            cache_invalidate(cache, page.physical | first, last - first + 1)
        page = page.following
