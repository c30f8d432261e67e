# Compiler flags of every target of the project: slab::flags, linked by the slab_* functions.

add_library(slab_flags INTERFACE)
add_library(slab::flags ALIAS slab_flags)
target_compile_options(slab_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wnon-virtual-dtor>)
if(SLAB_WERROR)
  target_compile_options(slab_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(SLAB_SANITIZE)
  target_compile_options(slab_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${SLAB_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=undefined>)
  target_link_options(slab_flags INTERFACE -fsanitize=${SLAB_SANITIZE})
  if(SLAB_SANITIZE MATCHES "address")
    target_compile_definitions(slab_flags INTERFACE SLAB_ADDRESS_SANITIZER)
  endif()
else()
  target_compile_options(slab_flags INTERFACE
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<CONFIG:Debug>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>
    $<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong;-fcf-protection>)
endif()
target_link_options(slab_flags INTERFACE LINKER:-z,relro,-z,now)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(SLAB_CCACHE ccache)
if(SLAB_CCACHE)
  # Precompiled headers need their time stamps and macros taken loosely. The base directory lets a
  # fresh clone elsewhere hit the cache.
  set(_launcher "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 "${SLAB_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${_launcher})
endif()
