# The binary contract of the core's compiled classes. Raise it whenever a field or method of a `cdef class` in a .pxd
# of the core changes: a plugin that was compiled against another number is refused when it is registered, since Cython
# itself would silently call through the wrong vtable slot.
cdef enum:
    VMSIM_ABI = 4
