# cmake --install: the library with its headers, packages for CMake and pkg-config, the program with completions and manual, licence and examples.
#   components: Runtime (library, program, licence) and Development (the rest)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS framegauge EXPORT framegaugeTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Runtime NAMELINK_COMPONENT Development)
install(DIRECTORY plugin/include/framegauge DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT Development)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT Runtime)
install(DIRECTORY plugin/examples/vulkan_renderer plugin/examples/c99_host plugin/examples/cuda_renderer
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples" COMPONENT Development)

if(TARGET framegauge_cli)
  file(RELATIVE_PATH library_from_program "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
  set_target_properties(framegauge_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_program}")
  install(TARGETS framegauge_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT Runtime)
  install(FILES "${FRAMEGAUGE_SHELL_FILES}/framegauge.bash" RENAME framegauge
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT Runtime)
  install(FILES "${FRAMEGAUGE_SHELL_FILES}/_framegauge"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT Runtime)
  install(FILES "${FRAMEGAUGE_SHELL_FILES}/framegauge.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT Runtime)
endif()

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/framegauge")
set(generated "${PROJECT_BINARY_DIR}/package")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/framegaugeConfig.cmake.in"
  "${generated}/framegaugeConfig.cmake" INSTALL_DESTINATION "${package_folder}")
# Below 1.0 a new minor version may change the interface.
write_basic_package_version_file("${generated}/framegaugeConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT framegaugeTargets NAMESPACE framegauge:: DESTINATION "${package_folder}" COMPONENT Development)
install(FILES "${generated}/framegaugeConfig.cmake" "${generated}/framegaugeConfigVersion.cmake"
  DESTINATION "${package_folder}" COMPONENT Development)

# pkg-config has no way to look for headers: those that no compiler finds by itself are named.
set(header_folders "${FRAMEGAUGE_DLPACK_INCLUDE}" "${FRAMEGAUGE_VULKAN_INCLUDE}")
list(REMOVE_ITEM header_folders ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
list(REMOVE_DUPLICATES header_folders)
list(TRANSFORM header_folders PREPEND " -I")
list(JOIN header_folders "" header_flags)
set(pkgconfig_folder "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH prefix_from_pkgconfig "${CMAKE_INSTALL_PREFIX}/${pkgconfig_folder}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig "${prefix_from_pkgconfig}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/framegauge.pc.in" "${generated}/framegauge.pc" @ONLY)
install(FILES "${generated}/framegauge.pc" DESTINATION "${pkgconfig_folder}" COMPONENT Development)
