# Fails with file and line for each #include that points up the layers (docs/architecture.md).
#   cmake -D TREE=<checkout> -P layers.cmake
set(violations "")

# layer(FOLDER what its files may include): each word is the start of an include, < or " first.
# Standard and POSIX headers (one word, or sys/...) are free to all but include/.
function(layer folder)
  execute_process(
    COMMAND grep -rnE "^[ \t]*#[ \t]*include" --include=*.h --include=*.cpp --include=*.cu --include=*.cuh ${folder}
    WORKING_DIRECTORY ${TREE} OUTPUT_VARIABLE found ERROR_VARIABLE complaint RESULT_VARIABLE status)
  if(status GREATER 1)
    message(FATAL_ERROR "grep in ${folder}: ${complaint}")
  endif()
  list(JOIN ARGN "|" allowed)
  string(REGEX MATCHALL "[^\n]+" lines "${found}")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "include[ \t]*(${allowed})" AND NOT line MATCHES "include[ \t]*<[a-z0-9_]+>"
       AND NOT (line MATCHES "include[ \t]*<(sys/)?[a-z]+\\.h>" AND NOT folder STREQUAL "include"))
      string(APPEND violations "${line}\n")
    endif()
  endforeach()
  set(violations "${violations}" PARENT_SCOPE)
endfunction()

set(core "\"core/" "\"zoetrope/")
set(tensor ${core} "\"tensor/")
set(loop ${tensor} "\"kernels/" "\"ops/" "\"nn/" "\"checkpoint/" "\"text/")
set(pipeline ${loop} "\"pipeline/" "\"sampling/" "\"media/")

layer(include "\"zoetrope/")
layer(kernels "\"kernels/" "<cuda" "<boost/context/")
layer(src/core ${core} "<nlohmann/json.hpp>" "<openssl/")
layer(src/tensor ${tensor} "<ATen/" "<c10/")
layer(src/text ${tensor} "\"text/" "<utf8proc.h>")
layer(src/media ${tensor} "\"media/" "<libav" "<webp/" "<lcms2.h>")
layer(src/checkpoint ${tensor} "\"checkpoint/")
layer(src/ops ${tensor} "\"kernels/" "\"ops/" "<ATen/Parallel.h>" "<ATen/cpu/" "<ATen/native/CPUBlas.h>")
layer(src/nn ${tensor} "\"kernels/" "\"ops/" "\"nn/" "\"checkpoint/")
layer(src/sampling ${pipeline})
layer(src/pipeline ${pipeline})
layer(src/models ${pipeline} "\"models/")
layer(src/api ${pipeline} "\"media/" "\"models/" "\"api/" "<c10/" "<ATen/Parallel.h>" "<ATen/cpu/")
layer(src/batch ${core} "\"batch/")
layer(src/bench ${pipeline} "\"models/" "\"api/" "\"bench/" "<c10/" "<ATen/Parallel.h>")
layer(tools/zoetrope ${core} "\"[a-z_]+\\.h\"" "<CLI/" "<toml")

if(violations)
  message(FATAL_ERROR "includes that the layers forbid:\n${violations}")
endif()
