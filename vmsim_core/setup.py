from Cython.Build import cythonize
from setuptools import Extension, setup

MODULES = ("memory_port", "ram", "testing.port_driver", "testing.recording_port")

setup(
    ext_modules=cythonize(
        [Extension(f"vmsim_core.{name}", [f"src/vmsim_core/{name.replace('.', '/')}.pyx"]) for name in MODULES],
        include_path=["src"],
        language_level=3,
    )
)
