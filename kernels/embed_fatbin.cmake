# framegauge_fatbin(VARIABLE kernels.cu): compiles the kernels of a file for FRAMEGAUGE_CUDA_ARCHITECTURES, and PTX of the
# newest of them, to a fatbin whose path VARIABLE receives. Its users depend on that path, in the same folder. For kernels
# that no CUDA runtime launches: entries are extern "C".
function(framegauge_fatbin variable source)
  set(architectures)
  foreach(architecture IN LISTS FRAMEGAUGE_CUDA_ARCHITECTURES)
    if(architecture MATCHES "^([0-9]+[af]?)(-real|-virtual)?$")
      set(number "${CMAKE_MATCH_1}")
      if(NOT CMAKE_MATCH_2 STREQUAL "-virtual")
        list(APPEND architectures "-gencode=arch=compute_${number},code=sm_${number}")
      endif()
      if(NOT CMAKE_MATCH_2 STREQUAL "-real")
        list(APPEND architectures "-gencode=arch=compute_${number},code=compute_${number}")
      endif()
    else()  # all, all-major, native
      list(APPEND architectures "-arch=${architecture}")
    endif()
  endforeach()
  get_filename_component(name "${source}" NAME_WE)
  set(fatbin "${CMAKE_CURRENT_BINARY_DIR}/${name}.fatbin")
  add_custom_command(OUTPUT "${fatbin}"
    COMMAND "${CMAKE_CUDA_COMPILER}" -fatbin -std=c++20 -O3 -DNDEBUG ${architectures} -I "${PROJECT_SOURCE_DIR}"
            -MD -MF "${fatbin}.d" -MT "${fatbin}" -o "${fatbin}" "${source}"
    DEPENDS "${source}" DEPFILE "${fatbin}.d" COMMENT "CUDA fatbin ${name}" VERBATIM)
  set(${variable} "${fatbin}" PARENT_SCOPE)
endfunction()
