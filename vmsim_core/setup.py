from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        [Extension(f"vmsim_core.{name}", [f"src/vmsim_core/{name}.pyx"]) for name in ("memory_port", "ram")],
        include_path=["src"],
        language_level=3,
    )
)
