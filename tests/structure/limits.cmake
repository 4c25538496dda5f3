# Fails with file and line for what the style forbids and a compiler cannot see.
#   cmake -D TREE=<checkout> -P limits.cmake
set(folders src include kernels tools tests)
set(sources --include=*.h --include=*.cpp --include=*.cu --include=*.cuh --include=*.cmake --include=*.py)
set(longest 400)  # lines; generated data (*.inc, *.json) is exempt
set(violations "")

# forbid(WHAT PATTERN FOLDER...): no line of a source file in these folders may match.
function(forbid what pattern)
  execute_process(COMMAND grep -rnE ${pattern} ${sources} ${ARGN}
                  WORKING_DIRECTORY ${TREE} OUTPUT_VARIABLE found)
  if(found)
    set(violations "${violations}${what}:\n${found}" PARENT_SCOPE)
  endif()
endfunction()

forbid("left for later (finish it, or write down an issue)" "(TO[D]O|FIX[M]E)" ${folders})
forbid("preprocessor branches (let CMake pick a file)" "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)" src include tools)
forbid("printing in the library" "(std::c(out|err|log)|[^a-z_]f?printf[(])" src include kernels)
forbid("machine paths" "/(home|root)/[a-z]" ${folders})

foreach(folder IN LISTS folders)
  file(GLOB_RECURSE files RELATIVE ${TREE} ${TREE}/${folder}/*.h ${TREE}/${folder}/*.cpp ${TREE}/${folder}/*.cu
       ${TREE}/${folder}/*.cuh ${TREE}/${folder}/*.cmake ${TREE}/${folder}/*.py)
  foreach(file IN LISTS files)
    file(READ ${TREE}/${file} text)
    string(REGEX REPLACE "[^\n]" "" newlines "${text}")
    string(LENGTH "${newlines}" lines)
    if(lines GREATER longest)
      string(APPEND violations "${file}:${lines}: more than ${longest} lines\n")
    endif()
  endforeach()
endforeach()

if(violations)
  message(FATAL_ERROR "${violations}")
endif()
