# Shows that the structure checks see what they are for: each planted line must be reported, with
# its file and line, and a tree without them must pass.
#   cmake -D SCRATCH=<folder> -D CHECKS=<this folder> -P planted.cmake
file(REMOVE_RECURSE ${SCRATCH})
set(tree ${SCRATCH}/tree)
foreach(folder include/zoetrope kernels tests src/core src/tensor src/text src/media src/checkpoint src/ops src/nn
        src/sampling src/pipeline src/models src/api src/batch src/bench tools/zoetrope)
  file(WRITE ${tree}/${folder}/fine.h "#pragma once\n#include <vector>\n")
endforeach()

# check(SCRIPT): runs it over the tree; `status` and `report` hold what it said.
macro(check script)
  execute_process(COMMAND ${CMAKE_COMMAND} -D TREE=${tree} -P ${CHECKS}/${script}.cmake
                  RESULT_VARIABLE status OUTPUT_VARIABLE report ERROR_VARIABLE report)
endmacro()

# plant(SCRIPT FILE LINE): a second line that SCRIPT must report; the file is then removed again.
function(plant script file line)
  file(WRITE ${tree}/${file} "// planted\n${line}\n")
  check(${script})
  if(status EQUAL 0 OR NOT report MATCHES "${file}:2:")
    message(SEND_ERROR "${script} let '${line}' in ${file} pass, or named another place:\n${report}")
  endif()
  file(REMOVE ${tree}/${file})
endfunction()

foreach(script layers limits)
  check(${script})
  if(NOT status EQUAL 0)
    message(SEND_ERROR "${script} refuses a tree without faults:\n${report}")
  endif()
endforeach()

plant(layers include/zoetrope/x.h "#include <ATen/ATen.h>")
plant(layers include/zoetrope/x.h "#include <unistd.h>")
plant(layers kernels/x.cpp "#include \"zoetrope/error.h\"")
plant(layers kernels/deep/x.cu "#include <c10/util/Half.h>")
plant(layers src/core/x.cpp "#include \"models/families.h\"")
plant(layers src/core/x.cpp "  #  include <ATen/ATen.h>")
plant(layers src/text/x.cpp "#include <libavformat/avformat.h>")
plant(layers src/ops/x.cpp "#include \"nn/linear.h\"")
plant(layers src/sampling/x.cpp "#include \"models/wan/config.h\"")
plant(layers src/models/wan/x.cpp "#include <torch/torch.h>")
plant(layers src/batch/x.cpp "#include \"api/recipe.h\"")
plant(layers src/media/x.cpp "#include <nlohmann/json.hpp>")
plant(layers tools/zoetrope/x.cpp "#include \"models/families.h\"")
plant(limits src/core/x.cpp "#ifdef USE_CUDA")
plant(limits src/core/x.cpp "std::cout << 1;")
plant(limits tests/x.py "# TO${empty}DO: later")

string(REPEAT "// line\n" 401 text)
file(WRITE ${tree}/src/core/long.cpp "${text}")
check(limits)
if(status EQUAL 0 OR NOT report MATCHES "src/core/long.cpp:401: more than 400 lines")
  message(SEND_ERROR "limits let a file of 401 lines pass:\n${report}")
endif()
