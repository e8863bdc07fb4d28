// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <tuple>

namespace reproaudit {
namespace {

constexpr std::size_t kMaxCells = 4;  // Debug registers of a processor.

/// As the number that it most likely is.
std::string show(std::uint32_t word) {
  const auto value = std::bit_cast<float>(word);
  const float size = value < 0 ? -value : value;
  if (word == 0 || (size > 1e-20F && size < 1e20F))
    return fmt::format("{:.9g}", value);
  return fmt::format("0x{:08x}", word);
}

bool looksLikeAddress(std::uint64_t word) {
  const std::uint64_t top = word >> 40;
  return top == 0x7f || top == 0x55 || top == 0x56;
}

std::uint64_t wordAt(const std::string &bytes, std::size_t offset) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset,
              std::min(sizeof word, bytes.size() - offset));
  return word;
}

/// The offset of the first four bytes that differ and are no part of an
/// address.
std::optional<std::uint64_t> firstDifference(const std::string &a,
                                             const std::string &b) {
  for (std::size_t i = 0; i + 4 <= a.size() && i + 4 <= b.size(); i += 4)
    if (a.compare(i, 4, b, i, 4) != 0 &&
        !looksLikeAddress(wordAt(a, i / 8 * 8)) &&
        !looksLikeAddress(wordAt(b, i / 8 * 8)))
      return i;
  return std::nullopt;
}

std::uint32_t halfWord(const std::string &bytes, std::uint64_t offset) {
  return static_cast<std::uint32_t>(wordAt(bytes, offset));
}

/// The first epoch in which blocks that both runs have, with the same size,
/// hold something else; and these blocks.
struct FirstEpoch {
  std::uint64_t number = 0;  ///< 0: none.
  std::vector<BlockState> blocks;
};

FirstEpoch firstEpoch(const Trail &a, const Trail &b) {
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  std::map<Key, BlockState> other;
  for (const BlockState &state : b.blocks)
    other[{state.epoch, state.id}] = state;
  FirstEpoch first;
  for (const BlockState &state : a.blocks) {
    if (first.number != 0 && state.epoch > first.number)
      break;
    const auto found = other.find({state.epoch, state.id});
    if (found == other.end() || found->second.size != state.size ||
        found->second.hash == state.hash)
      continue;
    first.number = state.epoch;
    first.blocks.push_back(state);
  }
  return first;
}

}  // namespace

Trail DivergenceSearch::ask(const Intervention &intervention,
                            const Probe &probe) {
  return trial_.probed(intervention, probe).trail;
}

DivergenceSearch::Pair
DivergenceSearch::askBoth(const Intervention &intervention,
                          const Probe &probe) {
  // Both name sites, so that both look for them in the same way.
  Intervention reference = intervention;
  reference.seeds.clear();
  return {ask(reference, probe), ask(intervention, probe)};
}

std::optional<SourcePlace>
DivergenceSearch::placeOf(const std::vector<Frame> &stack) {
  const auto places = symbols_.placesOf(stack);
  return places.empty() ? std::nullopt : std::optional(places.front());
}

/// Records are matched by name: those that only one run has of other names do
/// not count.
void DivergenceSearch::findValue(const Intervention &intervention,
                                 FirstDivergence &result) {
  Probe probe;
  probe.values = true;
  const auto [a, b] = askBoth(intervention, probe);
  std::map<std::string, std::vector<const TracedValue *>> others;
  for (const TracedValue &value : b.values)
    others[value.name].push_back(&value);
  std::map<std::string, std::size_t> seen;
  for (const TracedValue &value : a.values) {
    const std::size_t i = seen[value.name]++;
    const auto &other = others[value.name];
    if (i >= other.size() || other[i]->hash == value.hash)
      continue;
    const std::size_t colon = value.place.rfind(':');
    result.value =
        SourcePlace{value.place.substr(0, colon),
                    static_cast<unsigned>(std::strtoul(
                        value.place.c_str() + colon + 1, nullptr, 10)),
                    0, ""};
    result.valueName = value.name;
    result.occurrence = i + 1;
    return;
  }
}

void DivergenceSearch::findPrint(const Difference &first,
                                 FirstDivergence &result) {
  if (first.artifact != "stdout")
    return;
  Probe probe;
  probe.printed = first.offset;
  result.print = placeOf(ask({}, probe).printer);
}

/// Blocks that differ at the end of the first epoch in which any does. Leaves
/// that epoch in \p probe.
std::vector<DivergenceSearch::Candidate>
DivergenceSearch::findBlocks(const Intervention &intervention, Probe &probe) {
  Probe all;
  all.blocks = true;
  const auto [a, b] = askBoth(intervention, all);
  const FirstEpoch first = firstEpoch(a, b);
  probe.epoch = first.number;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0;
       i < first.blocks.size() && candidates.empty() && i < 2 * kMaxCells;
       i += kMaxCells) {
    Probe contents;
    contents.contents = true;
    contents.epoch = first.number;
    for (std::size_t k = i; k < first.blocks.size() && k < i + kMaxCells; ++k)
      contents.cells.push_back({first.blocks[k].id, 0});
    const auto [x, y] = askBoth(intervention, contents);
    for (std::size_t k = 0; k < contents.cells.size(); ++k) {
      const std::uint64_t id = contents.cells[k].block;
      const auto p = x.contents.find(id), q = y.contents.find(id);
      if (p == x.contents.end() || q == y.contents.end())
        continue;
      if (const auto at = firstDifference(p->second, q->second))
        candidates.push_back({{id, *at},
                              first.blocks[i + k].site,
                              halfWord(p->second, *at),
                              halfWord(q->second, *at)});
    }
  }
  return candidates;
}

/// Watches the words of \p candidates in both runs; false: not possible here.
bool DivergenceSearch::findStore(const Intervention &intervention, Probe probe,
                                 const std::vector<Candidate> &candidates,
                                 FirstDivergence &result) {
  probe.watch = true;
  // From the end of the epoch before, when all was still equal.
  probe.epoch = probe.epoch == 0 ? 0 : probe.epoch - 1;
  for (const Candidate &candidate : candidates)
    probe.cells.push_back(candidate.cell);
  const auto [a, b] = askBoth(intervention, probe);
  if (a.watchError != 0 || b.watchError != 0) {
    result.reason = fmt::format("no hardware breakpoints here: {}",
                                std::strerror(a.watchError | b.watchError));
    return false;
  }
  const std::size_t common = std::min(a.stores.size(), b.stores.size());
  for (std::size_t i = 0; i < common; ++i) {
    const Store &x = a.stores[i], &y = b.stores[i];
    if (x.cell == y.cell && x.value == y.value)
      continue;
    result.storeA = placeOf({x.at});
    result.storeB = placeOf({y.at});
    result.a = show(x.value);
    result.b = show(y.value);
    const Candidate &candidate =
        candidates[std::min(x.cell, candidates.size() - 1)];
    result.index = candidate.cell.offset / 4;
    if (const auto site = trial_.site(candidate.site))
      result.block = placeOf(site->stack);
    return result.storeA.has_value();
  }
  result.reason = "no watched store differed";
  return false;
}

FirstDivergence DivergenceSearch::find(const Intervention &intervention,
                                       const Difference &first) {
  FirstDivergence result;
  const unsigned before = trial_.runs();
  if (trial_.tracesValues())
    findValue(intervention, result);
  findPrint(first, result);
  if (result.print)
    result.level = "print";
  Probe probe;
  const auto candidates = findBlocks(intervention, probe);
  if (!candidates.empty()) {
    const Candidate &candidate = candidates.front();
    result.level = "block";
    if (const auto site = trial_.site(candidate.site))
      result.block = placeOf(site->stack);
    result.index = candidate.cell.offset / 4;
    result.a = show(candidate.a);
    result.b = show(candidate.b);
    if (findStore(intervention, probe, candidates, result))
      result.level = "store";
  } else {
    result.reason = "no heap block differed at a line of output";
  }
  result.runs = trial_.runs() - before;
  return result;
}

}  // namespace reproaudit
