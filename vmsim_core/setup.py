from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        [Extension("vmsim_core.ram", ["src/vmsim_core/ram.pyx"])],
        include_path=["src"],
        language_level=3,
    )
)
