// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Fact.h"

#include <nlohmann/json.hpp>

namespace reproaudit {

void to_json(nlohmann::ordered_json &json, const Fact &fact) {
  json = {{"name", fact.name},
          {"subject", fact.subject},
          {"object", fact.object},
          {"finding", fact.finding}};
}

void from_json(const nlohmann::ordered_json &json, Fact &fact) {
  json.at("name").get_to(fact.name);
  json.at("subject").get_to(fact.subject);
  json.at("object").get_to(fact.object);
  json.at("finding").get_to(fact.finding);
}

}  // namespace reproaudit
