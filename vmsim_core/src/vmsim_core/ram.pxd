cdef class Ram:
    cdef unsigned char* data
    cdef readonly size_t size
    cdef readonly str name
    cdef object _mapping
    cdef Py_buffer _view
