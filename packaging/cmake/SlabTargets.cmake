# slab_room(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...] [TORCH])
#
# One static library a room (folder). TORCH: the room stands below the torch line; it links LibTorch
# and shares the one precompiled header.

if(SLAB_TORCH)
  find_package(LibTorch REQUIRED)
  message(STATUS "LibTorch ${LibTorch_VERSION}: ${LibTorch_LIB_DIR}")
  if(NOT LibTorch_VERSION VERSION_EQUAL 2.11.0)
    message(WARNING "LibTorch ${LibTorch_VERSION} was found; the project is written for and tested with 2.11.0")
  endif()
  file(WRITE "${CMAKE_BINARY_DIR}/torch_pch.cpp" "// Carrier of the precompiled header.\n")
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Without a time stamp in the precompiled header, ccache knows it again.
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
  add_library(slab_torch_pch STATIC "${CMAKE_BINARY_DIR}/torch_pch.cpp")
  target_link_libraries(slab_torch_pch PUBLIC LibTorch::cpu PRIVATE slab::flags)
  target_precompile_headers(slab_torch_pch PRIVATE <torch/torch.h>)
endif()

function(slab_use_torch target)
  target_link_libraries(${target} PUBLIC LibTorch::cpu)
  # The header is compiled with -fPIC; a program's own -fPIE would make GCC ignore it.
  get_target_property(_type ${target} TYPE)
  if(_type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM slab_torch_pch)
endfunction()

function(slab_room name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "slab_room(${name}): no sources")
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE slab::flags ${ARG_PRIVATE})
  # What a fuzzer steers by. Kernels read no foreign bytes, and their loops would take several times as long.
  if(SLAB_FUZZ AND NOT name STREQUAL "slab_kernels")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(ARG_TORCH)
    slab_use_torch(${name})
  endif()
endfunction()
