// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Log.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace reproaudit {
namespace fs = std::filesystem;

namespace {

std::optional<Factor> factorCalled(std::string_view word) {
  for (const FactorInfo &factor : kFactors)
    if (factor.name == word)
      return factor.factor;
  return std::nullopt;
}

std::optional<Frame> parseFrame(const std::string &word) {
  const std::size_t plus = word.rfind("+0x");
  if (plus == std::string::npos)
    return std::nullopt;
  return Frame{word.substr(0, plus),
               std::strtoull(word.c_str() + plus + 3, nullptr, 16)};
}

std::optional<SiteRecord> parseSite(std::istringstream &line) {
  std::string factor, id, word;
  SiteRecord site;
  if (!(line >> factor >> id >> site.kind))
    return std::nullopt;
  const auto known = factorCalled(factor);
  if (!known)
    return std::nullopt;
  site.factor = *known;
  site.id = std::strtoull(id.c_str(), nullptr, 16);
  while (line >> word)
    if (const auto frame = parseFrame(word))
      site.stack.push_back(*frame);
  return site;
}

}  // namespace

void readLog(const fs::path &path, Observation &observation) {
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    std::string word;
    line >> word;
    if (word == "process" && line >> word) {
      observation.loaded = true;
      observation.programs.insert(word);
    } else if (word == "ack" && line >> word) {
      if (const auto factor = factorCalled(word))
        observation.acknowledged.insert(*factor);
    } else if (word == "dispatch") {
      line >> observation.dispatch;
    } else if (word == "site") {
      if (auto site = parseSite(line))
        observation.sites.push_back(std::move(*site));
    }
  }
}

namespace {

std::string bytesOf(const std::string &hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes +=
        static_cast<char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  return bytes;
}

}  // namespace

Trail readTrail(const fs::path &path) {
  Trail trail;
  std::uint64_t epoch = 0;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    std::string word;
    line >> word;
    if (word == "epoch") {
      line >> epoch;
    } else if (word == "block") {
      BlockState state;
      state.epoch = epoch;
      line >> std::hex >> state.id >> std::dec >> state.size >> std::hex >>
          state.hash >> state.site;
      trail.blocks.push_back(state);
    } else if (word == "content") {
      std::uint64_t id = 0;
      line >> std::hex >> id >> word;
      trail.contents[id] = bytesOf(word);
    } else if (word == "store") {
      Store store;
      line >> store.cell >> std::hex >> store.value >> word;
      if (const auto frame = parseFrame(word))
        store.at = *frame;
      trail.stores.push_back(std::move(store));
    } else if (word == "printed") {
      while (line >> word)
        if (const auto frame = parseFrame(word))
          trail.printer.push_back(*frame);
    } else if (word == "no-watch") {
      line >> trail.watchError;
    }
  }
  return trail;
}

std::vector<TracedValue> readValues(const fs::path &path) {
  std::vector<TracedValue> values;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    TracedValue value;
    std::size_t count = 0;
    if (line >> value.name >> value.place >> count >> value.size >> std::hex >>
        value.hash >> value.first)
      values.push_back(std::move(value));
  }
  return values;
}

}  // namespace reproaudit
