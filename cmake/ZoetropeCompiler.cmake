# Warnings, sanitizers and hardening, the same for every target of the project.
add_library(zoetrope_compiler INTERFACE)
target_compile_options(zoetrope_compiler INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wno-unused-parameter -Wno-missing-field-initializers -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12 on std::string concatenation (GCC bugs 105329, 105651).
  target_compile_options(zoetrope_compiler INTERFACE -Wno-restrict -Wno-stringop-overflow
                         -Wno-array-bounds)
endif()
if(ZOETROPE_WERROR)
  target_compile_options(zoetrope_compiler INTERFACE -Werror)
endif()
if(ZOETROPE_SANITIZE)
  target_compile_options(zoetrope_compiler INTERFACE -fsanitize=${ZOETROPE_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(zoetrope_compiler INTERFACE -fsanitize=${ZOETROPE_SANITIZE})
endif()
