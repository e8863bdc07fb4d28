# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# find_package(reproaudit) gives a project
#   reproaudit::reproaudit        the command
#   reproaudit_TIDY_PLUGIN        what clang-tidy-22 loads
#   reproaudit_add_scan()         ReproauditScan.cmake
#   reproaudit_add_rerun_test()   ReproauditRerun.cmake
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH _lib)
cmake_path(GET _lib PARENT_PATH _lib)
cmake_path(GET _lib PARENT_PATH _prefix)

find_program(REPROAUDIT_EXECUTABLE reproaudit HINTS "${_prefix}/bin" NO_DEFAULT_PATH)
if(NOT REPROAUDIT_EXECUTABLE)
  set(reproaudit_FOUND FALSE)
  set(reproaudit_NOT_FOUND_MESSAGE "${_prefix}/bin/reproaudit does not exist")
  return()
endif()
if(NOT TARGET reproaudit::reproaudit)
  add_executable(reproaudit::reproaudit IMPORTED GLOBAL)
  set_target_properties(reproaudit::reproaudit PROPERTIES IMPORTED_LOCATION "${REPROAUDIT_EXECUTABLE}")
endif()
set(reproaudit_TIDY_PLUGIN "${_lib}/libreproaudit_tidy.so")
include("${CMAKE_CURRENT_LIST_DIR}/ReproauditScan.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ReproauditRerun.cmake")
unset(_lib)
unset(_prefix)
