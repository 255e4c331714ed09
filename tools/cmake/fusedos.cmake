# CMake's toolchain file for programs that fusedos runs:
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE="$(fusedos cmake-toolchain)"
# Programs that a project builds and runs, its tests among them, run by fusedos-exec.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_LIBRARY_ARCHITECTURE wasm32-linux-muslwali)

get_filename_component(_fusedos "${CMAKE_CURRENT_LIST_DIR}/../bin" REALPATH)
set(CMAKE_C_COMPILER "${_fusedos}/fusedos-cc")
set(CMAKE_CXX_COMPILER "${_fusedos}/fusedos-c++")
foreach(_tool AR RANLIB NM STRIP OBJCOPY OBJDUMP)
  string(TOLOWER "${_tool}" _name)
  set(CMAKE_${_tool} "${_fusedos}/fusedos-${_name}" CACHE FILEPATH "")
  foreach(_language C CXX)
    set(CMAKE_${_language}_COMPILER_${_tool} "${_fusedos}/fusedos-${_name}" CACHE FILEPATH "")
  endforeach()
endforeach()
set(CMAKE_LINKER "${_fusedos}/fusedos-ld" CACHE FILEPATH "")
set(CMAKE_CROSSCOMPILING_EMULATOR "${_fusedos}/fusedos-exec")

# Programs are the host's, libraries and headers the target's.
get_filename_component(_sysroot "${CMAKE_CURRENT_LIST_DIR}/../sysroot" REALPATH)
list(APPEND CMAKE_FIND_ROOT_PATH "${_sysroot}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# There are no shared libraries.
set(BUILD_SHARED_LIBS OFF CACHE BOOL "")
set(CMAKE_POLICY_DEFAULT_CMP0065 NEW)
