# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# reproaudit_add_scan(TARGET [FAIL_ON LEVEL] [ARGS ARGUMENT...])
#
# Adds the target `TARGET-reproaudit`, which scans the C, C++ and CUDA sources of
# TARGET and the headers that they include, and the test `reproaudit/TARGET`,
# which does the same. Needs CMAKE_EXPORT_COMPILE_COMMANDS and a generator that
# honours it (Ninja or Makefiles).

# As a script: keeps of the compile database what belongs to the SOURCES, then
# scans that.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  cmake_minimum_required(VERSION 3.25)
  file(READ "${DATABASE}" entries)
  string(JSON count LENGTH "${entries}")
  set(kept "")
  set(i 0)
  while(i LESS count)
    string(JSON entry GET "${entries}" ${i})
    string(JSON file GET "${entry}" file)
    if(file IN_LIST SOURCES)
      string(APPEND kept "${comma}${entry}")
      set(comma ",\n")
    endif()
    math(EXPR i "${i} + 1")
  endwhile()
  file(WRITE "${FOLDER}/compile_commands.json" "[${kept}]\n")
  execute_process(COMMAND "${REPROAUDIT}" scan -p "${FOLDER}" --fail-on "${FAIL_ON}" --ignore deps,build,data ${ARGS}
    RESULT_VARIABLE code)
  if(code)
    message(FATAL_ERROR "reproaudit scan ended with exit code ${code}")
  endif()
  return()
endif()

set(_reproaudit_scan "${CMAKE_CURRENT_LIST_FILE}")

function(reproaudit_add_scan target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FAIL_ON" "ARGS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "reproaudit_add_scan: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  elseif(NOT TARGET ${target})
    message(FATAL_ERROR "reproaudit_add_scan: there is no target ${target}")
  elseif(NOT CMAKE_EXPORT_COMPILE_COMMANDS)
    message(FATAL_ERROR "reproaudit_add_scan needs -DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
  endif()
  if(NOT arg_FAIL_ON)
    set(arg_FAIL_ON warning)
  endif()
  # Sources may still be added until the folder has been read.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _reproaudit_add_scan
    [[${target}]] [[${arg_FAIL_ON}]] [[${arg_ARGS}]])")
endfunction()

function(_reproaudit_add_scan target fail_on args)
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  set(units "")
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.(c|cc|cpp|cxx|c\\+\\+|C|cu)$")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${folder}" NORMALIZE)
      list(APPEND units "${source}")
    endif()
  endforeach()
  # A list as one argument.
  string(REPLACE ";" "$<SEMICOLON>" units "${units}")
  string(REPLACE ";" "$<SEMICOLON>" args "${args}")
  set(command ${CMAKE_COMMAND} "-DREPROAUDIT=${REPROAUDIT_EXECUTABLE}" "-DDATABASE=${CMAKE_BINARY_DIR}/compile_commands.json"
    "-DFOLDER=${CMAKE_BINARY_DIR}/reproaudit/${target}" "-DSOURCES=${units}" "-DFAIL_ON=${fail_on}" "-DARGS=${args}"
    -P "${_reproaudit_scan}")
  add_custom_target(${target}-reproaudit COMMAND ${command} VERBATIM USES_TERMINAL)
  add_test(NAME reproaudit/${target} COMMAND ${command})
endfunction()
