// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CMakeKeywords.h"

#include "Text.h"

#include <algorithm>
#include <array>

namespace reproaudit {

using cmake::Argument;

namespace {

/// Any other word in capitals with an underscore is a keyword that ends the
/// values of the one before.
bool isOther(const Argument &one) {
  return !one.isQuoted && contains(one.text, "_") &&
         std::ranges::all_of(one.text, [](char c) {
           return c == '_' || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

Keywords::Keywords(const std::vector<Argument> &arguments, std::size_t from) {
  static constexpr std::array kKeys = {"GIT_REPOSITORY",
                                       "GIT_TAG",
                                       "URL",
                                       "URL_HASH",
                                       "URL_MD5",
                                       "SOURCE_DIR",
                                       "DOWNLOAD_COMMAND",
                                       "SVN_REPOSITORY",
                                       "SVN_REVISION",
                                       "HG_REPOSITORY",
                                       "HG_TAG",
                                       "CVS_REPOSITORY",
                                       "NAME",
                                       "VERSION",
                                       "GITHUB_REPOSITORY",
                                       "GITLAB_REPOSITORY",
                                       "BITBUCKET_REPOSITORY",
                                       "EXPECTED_HASH",
                                       "EXPECTED_MD5",
                                       "URI"};
  std::string key;
  for (std::size_t i = from; i < arguments.size(); ++i) {
    const Argument &one = arguments[i];
    if (!one.isQuoted && isOneOf(one.text, kKeys)) {
      key = one.text;
      values_.try_emplace(key);
    } else if (isOther(one)) {
      key.clear();
    } else if (!key.empty()) {
      values_[key].push_back(one.text);
    }
  }
}

std::string Keywords::operator[](const std::string &key) const {
  const auto found = values_.find(key);
  return found == values_.end() || found->second.empty() ? ""
                                                         : found->second[0];
}

}  // namespace reproaudit
