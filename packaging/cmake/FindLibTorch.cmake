# Finds LibTorch in a PyPI wheel, an unzipped libtorch or any directory with include/ and lib/.
#
# Input:   LIBTORCH_ROOT     the directory with include/ and lib/; empty: ask the Python of the
#                            project's virtual environment (without importing torch)
# Output:  LibTorch_FOUND, LibTorch_VERSION, LibTorch_HAS_CUDA
# Targets: LibTorch::cpu     libc10 + libtorch_cpu, headers, definitions
#          LibTorch::cuda    libc10_cuda + libtorch_cuda (kept NEEDED), only where the wheel has them
#
# find_package(Torch) is not used: it wants a CUDA toolkit at configure time, overrides the
# architectures and drags in unrelated link flags.

set(LIBTORCH_ROOT "" CACHE PATH "LibTorch directory (with include/ and lib/)")
set(_libtorch_root "${LIBTORCH_ROOT}")
if(NOT _libtorch_root)
  set(_libtorch_python "${CMAKE_SOURCE_DIR}/.venv/bin/python3")
  if(EXISTS "${_libtorch_python}")
    execute_process(
      COMMAND "${_libtorch_python}" -c
              "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE _libtorch_root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

find_path(LibTorch_INCLUDE_DIR torch/version.h
  PATHS "${_libtorch_root}/include" "${_libtorch_root}/include/torch/csrc/api/include"
  NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS "${_libtorch_root}/lib" NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS "${_libtorch_root}/lib" NO_DEFAULT_PATH)
find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS "${_libtorch_root}/lib" NO_DEFAULT_PATH)
find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda PATHS "${_libtorch_root}/lib" NO_DEFAULT_PATH)
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_C10_LIBRARY LibTorch_CPU_LIBRARY
                 LibTorch_CUDA_LIBRARY LibTorch_C10_CUDA_LIBRARY)

set(LibTorch_VERSION "")
foreach(_header "${_libtorch_root}/include/torch/version.h"
                "${_libtorch_root}/include/torch/headeronly/version.h"
                "${_libtorch_root}/include/torch/csrc/api/include/torch/version.h")
  if(NOT LibTorch_VERSION AND EXISTS "${_header}")
    file(STRINGS "${_header}" _line REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9;]" "" _line "${_line}")
    string(REPLACE ";" "." LibTorch_VERSION "${_line}")
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "run ./dev build, which installs the pinned wheel into .venv, or give -DLIBTORCH_ROOT=/path/to/libtorch")

set(LibTorch_HAS_CUDA FALSE)
if(LibTorch_FOUND AND LibTorch_CUDA_LIBRARY AND LibTorch_C10_CUDA_LIBRARY)
  set(LibTorch_HAS_CUDA TRUE)
endif()

if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  set(LibTorch_LIB_DIR "${_libtorch_root}/lib")
  foreach(_pair "c10|${LibTorch_C10_LIBRARY}" "torch_cpu|${LibTorch_CPU_LIBRARY}")
    string(REPLACE "|" ";" _pair "${_pair}")
    list(GET _pair 0 _name)
    list(GET _pair 1 _file)
    add_library(LibTorch::${_name} SHARED IMPORTED)
    set_target_properties(LibTorch::${_name} PROPERTIES
      IMPORTED_LOCATION "${_file}" IMPORTED_SONAME "lib${_name}.so")
  endforeach()

  # The wheel's libtorch_cpu NEEDs libcudart and libcupti, which stand in nvidia/cu13 beside it and
  # are found through its own RPATH; the linker need not look for them.
  add_library(LibTorch::cpu INTERFACE IMPORTED)
  set_target_properties(LibTorch::cpu PROPERTIES
    INTERFACE_LINK_LIBRARIES "LibTorch::torch_cpu;LibTorch::c10"
    INTERFACE_INCLUDE_DIRECTORIES
      "${_libtorch_root}/include;${_libtorch_root}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
      "${_libtorch_root}/include;${_libtorch_root}/include/torch/csrc/api/include"
    INTERFACE_COMPILE_DEFINITIONS "USE_DISTRIBUTED;USE_C10D_GLOO;USE_RPC;USE_TENSORPIPE"
    INTERFACE_LINK_OPTIONS "LINKER:--allow-shlib-undefined,--disable-new-dtags")

  if(LibTorch_HAS_CUDA)
    # No symbol of libtorch_cuda is referenced, it registers kernels: keep it against --as-needed.
    add_library(LibTorch::cuda INTERFACE IMPORTED)
    set_target_properties(LibTorch::cuda PROPERTIES
      INTERFACE_LINK_LIBRARIES
        "LibTorch::cpu;${LibTorch_C10_CUDA_LIBRARY};LINKER:--push-state,--no-as-needed,${LibTorch_CUDA_LIBRARY},--pop-state"
      INTERFACE_COMPILE_DEFINITIONS "USE_C10D_NCCL")
  endif()
endif()
