# Finds the LibTorch that a Python wheel or the C++ archive brings, for the CPU: torch_cpu and c10
# alone (linking libtorch.so would pull in all of CUDA). find_package(Torch) is not used: on CUDA 13
# without a GPU it fails twice (docs/dependencies.md).
#
#   ZOETROPE_LIBTORCH  a folder with include/ and lib/ (default: the wheel in .env/)
#   defines            LibTorch::cpu, LibTorch_VERSION
set(_libtorch_hints ${ZOETROPE_LIBTORCH})
if(NOT _libtorch_hints)
  file(GLOB _libtorch_hints ${CMAKE_SOURCE_DIR}/.env/python/lib/python3*/site-packages/torch)
endif()

find_path(LibTorch_INCLUDE_DIR ATen/ATen.h PATHS ${_libtorch_hints} PATH_SUFFIXES include
          NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${_libtorch_hints} PATH_SUFFIXES lib
             NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${_libtorch_hints} PATH_SUFFIXES lib NO_DEFAULT_PATH)

if(LibTorch_INCLUDE_DIR AND EXISTS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h)
  file(STRINGS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h _libtorch_version_lines
       REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX MATCHALL "[0-9]+" _libtorch_version_parts "${_libtorch_version_lines}")
  list(JOIN _libtorch_version_parts "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "Run tools/setup to install it into .env/, or give -DZOETROPE_LIBTORCH=DIR (a folder with include/ and lib/).")

if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  add_library(LibTorch::c10 SHARED IMPORTED)
  set_target_properties(LibTorch::c10 PROPERTIES
    IMPORTED_LOCATION ${LibTorch_C10_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LibTorch_INCLUDE_DIR})
  add_library(LibTorch::cpu SHARED IMPORTED)
  set_target_properties(LibTorch::cpu PROPERTIES
    IMPORTED_LOCATION ${LibTorch_CPU_LIBRARY}
    INTERFACE_LINK_LIBRARIES LibTorch::c10)
endif()
