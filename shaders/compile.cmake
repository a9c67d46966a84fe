# framegauge_add_shaders(TARGET pass.comp ...): compiles each GLSL pass of shaders/ to SPIR-V and makes it includable:
#   #include "shaders/gaussians/project.comp.h"   // const std::uint32_t shaders::gaussians_project[]
# Passes may include shared/*.h and any header of kernels/ that keeps to the subset of GLSL, C++ and CUDA.
find_program(FRAMEGAUGE_GLSLC glslc REQUIRED)

function(framegauge_add_shaders target)
  foreach(source IN LISTS ARGN)
    set(input "${PROJECT_SOURCE_DIR}/shaders/${source}")
    set(words "${CMAKE_CURRENT_BINARY_DIR}/generated/shaders/${source}.inc")
    set(header "${CMAKE_CURRENT_BINARY_DIR}/generated/shaders/${source}.h")
    string(REGEX REPLACE "\\.[a-z]+$" "" symbol "${source}")
    string(REGEX REPLACE "[/.]" "_" symbol "${symbol}")
    get_filename_component(folder "${words}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    file(CONFIGURE OUTPUT "${header}" @ONLY CONTENT
"#pragma once
#include <cstdint>
namespace fg::shaders {
inline constexpr std::uint32_t @symbol@[] =
#include \"@words@\"
    ;
}  // namespace fg::shaders
")
    add_custom_command(OUTPUT "${words}"
      COMMAND "${FRAMEGAUGE_GLSLC}" --target-env=vulkan1.2 -O -Werror -mfmt=c -I "${PROJECT_SOURCE_DIR}"
              -I "${PROJECT_SOURCE_DIR}/shaders" -MD -MF "${words}.d" -MT "${words}" -o "${words}" "${input}"
      DEPENDS "${input}" DEPFILE "${words}.d" COMMENT "GLSL ${source}" VERBATIM)
    target_sources(${target} PRIVATE "${words}")
  endforeach()
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/generated")
endfunction()
