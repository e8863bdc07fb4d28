# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cpack` makes: a Debian package, which takes its libraries from Debian,
# and a tarball that carries everything but the C library.

# An unreleased version sorts before the release and names its commit.
execute_process(COMMAND git describe --tags --exact-match --match v${PROJECT_VERSION}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} RESULT_VARIABLE unreleased OUTPUT_QUIET ERROR_QUIET)
execute_process(COMMAND git log -1 --format=%cd.%h --date=format:%Y%m%d --abbrev=8
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
if(unreleased AND commit)
  string(APPEND CPACK_PACKAGE_VERSION "~git${commit}")
endif()

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME reproaudit)
set(CPACK_PACKAGE_VENDOR reproaudit)
set(CPACK_PACKAGE_CONTACT "reproaudit <reproaudit@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "finds what keeps a C++ or CUDA program from repeating its results")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/PackagingOfGenerator.cmake)
set(CPACK_COMPONENTS_ALL Unspecified bundle)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE https://github.com/reproaudit/reproaudit)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Scans the sources and the project files, and runs the program under
controlled perturbations, to name the line that makes results differ.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Shared libraries are found by themselves; these are headers, read at run time.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libclang-common-22-dev, libstdc++-12-dev")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git, libomp-22-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "clang-tidy-22")

# Documentation that the command writes about itself.
set(generated ${CMAKE_BINARY_DIR}/generated)
add_custom_command(OUTPUT ${generated}/reproaudit.1 ${generated}/reproaudit.bash ${generated}/_reproaudit ${generated}/reproaudit.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
  COMMAND reproaudit man > ${generated}/reproaudit.1
  COMMAND reproaudit completion bash > ${generated}/reproaudit.bash
  COMMAND reproaudit completion zsh > ${generated}/_reproaudit
  COMMAND reproaudit completion fish > ${generated}/reproaudit.fish
  DEPENDS reproaudit VERBATIM)
add_custom_target(command-docs ALL DEPENDS ${generated}/reproaudit.1)
install(FILES ${generated}/reproaudit.1 TYPE MAN RENAME man1/reproaudit.1)
install(FILES ${generated}/reproaudit.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME reproaudit)
install(FILES ${generated}/_reproaudit DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${generated}/reproaudit.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md TYPE DOC)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs/guide docs/rules docs/schema TYPE DOC)

# The tarball's own copies of the libraries and of clang's headers.
install(CODE [[
  file(GET_RUNTIME_DEPENDENCIES RESOLVED_DEPENDENCIES_VAR libraries
    EXECUTABLES "$<TARGET_FILE:reproaudit>" $<$<TARGET_EXISTS:reproaudit-clangd>:"$<TARGET_FILE:reproaudit-clangd>">
    POST_EXCLUDE_REGEXES "/ld-linux.*" "/lib(c|m|dl|rt|pthread|resolv)\\.so.*")
  foreach(library IN LISTS libraries)
    file(INSTALL "${library}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib" FOLLOW_SYMLINK_CHAIN)
  endforeach()]] COMPONENT bundle)
install(DIRECTORY ${LLVM_LIBRARY_DIR}/clang/${LLVM_VERSION_MAJOR}/include
  DESTINATION lib/clang/${LLVM_VERSION_MAJOR} COMPONENT bundle)

include(CPack)
