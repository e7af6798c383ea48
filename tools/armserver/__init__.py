"""An emulated ARM server with a real kernel's /dev/kvm, in which the virtual CPU runs its guests by hardware's rules.

QEMU emulates the machine (`-M virt,virtualization=on`), Debian gives the kernel and the user space, and vmsim comes
compiled for aarch64. `tools/arm_server.py` is the command; one module is one step on the way:

- `base`: Debian's kernel and Python for arm64, and the wheels from PyPI;
- `modules`: the compiled modules of our distributions, made by a cross compiler;
- `project`: our distributions, tests and guests as files in the server;
- `image`: these as one initial file system;
- `machine`: QEMU, one command in the server, and what comes back of it.
"""
