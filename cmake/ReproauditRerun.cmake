# reproaudit_add_rerun_test(NAME name COMMAND program argument...
#                           [LEVEL L4] [FACTORS factor...] [OUTPUTS glob...])
#
# Adds a test that fails if the output of the program does not repeat. LEVEL and
# the others are the options of `reproaudit rerun`; REPROAUDIT_EXECUTABLE says
# where that is, if it is not on the PATH.
function(reproaudit_add_rerun_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;LEVEL" "COMMAND;FACTORS;OUTPUTS")
  if(NOT arg_NAME OR NOT arg_COMMAND)
    message(FATAL_ERROR "reproaudit_add_rerun_test needs NAME and COMMAND")
  endif()
  if(NOT REPROAUDIT_EXECUTABLE)
    find_program(REPROAUDIT_EXECUTABLE NAMES reproaudit REQUIRED)
  endif()
  set(options)
  if(arg_LEVEL)
    list(APPEND options --level ${arg_LEVEL})
  endif()
  foreach(factor IN LISTS arg_FACTORS)
    list(APPEND options --factors ${factor})
  endforeach()
  foreach(output IN LISTS arg_OUTPUTS)
    list(APPEND options --outputs ${output})
  endforeach()
  add_test(NAME ${arg_NAME} COMMAND ${REPROAUDIT_EXECUTABLE} rerun ${options} -- ${arg_COMMAND})
endfunction()
