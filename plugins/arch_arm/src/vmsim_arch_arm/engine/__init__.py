"""The engine that executes ARMv7-A: predecoded instructions, memory with a software TLB, and the loops that run them.

- :mod:`.records` is the one description of what everything works on: a core and a decoded instruction;
- :mod:`.table` reads rows of encodings and checks that they are unambiguous, :mod:`.decoder` decodes by them;
- :mod:`.memory` is the guest's memory as a core sees it;
- :mod:`.exceptions` takes exceptions, :mod:`.loop` executes.
"""
