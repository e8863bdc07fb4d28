// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Fingerprint.h"

#include "Concat.h"
#include "reproaudit/report/Unicode.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <map>

namespace reproaudit {
namespace {

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits;
  const auto [end, error] =
      std::to_chars(digits.begin(), digits.end(), number, 16);
  return {digits.begin(), end};
}

/// GitHub's rolling hash: a polynomial modulo 2^64 over the last 100 UTF-16
/// units, in which every line start waits until 100 units have followed it.
class LineHasher {
public:
  void add(std::uint16_t unit) {
    if (unit == ' ' || unit == '\t' || (afterReturn_ && unit == '\n')) {
      afterReturn_ = false;
      return;
    }
    afterReturn_ = unit == '\r';
    if (unit == '\r')
      unit = '\n';
    emitWaiting();
    if (atLineStart_)
      waiting_[next_] = true;
    atLineStart_ = unit == '\n';
    push(unit);
  }

  std::vector<std::string> finish() {
    add(kEndOfFile);
    for (std::size_t i = 0; i < kBlock; ++i) {
      emitWaiting();
      push(0);
    }
    return std::move(hashes_);
  }

private:
  static constexpr std::size_t kBlock = 100;
  static constexpr std::uint64_t kBase = 37;
  static constexpr std::uint16_t kEndOfFile = 0xFFFF;
  static constexpr std::uint64_t kBaseToBlock = [] {
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < kBlock; ++i)
      power *= kBase;
    return power;
  }();

  void emitWaiting() {
    if (!waiting_[next_])
      return;
    waiting_[next_] = false;
    hashes_.push_back(concat(hexadecimal(hash_), ":", ++seen_[hash_]));
  }

  void push(std::uint16_t unit) {
    hash_ = kBase * hash_ + unit - kBaseToBlock * window_[next_];
    window_[next_] = unit;
    next_ = (next_ + 1) % kBlock;
  }

  std::array<std::uint16_t, kBlock> window_{};
  std::array<bool, kBlock> waiting_{};  ///< Is this unit the first of a line?
  std::size_t next_ = 0;
  std::uint64_t hash_ = 0;
  bool atLineStart_ = true;
  bool afterReturn_ = false;
  std::map<std::uint64_t, unsigned> seen_;
  std::vector<std::string> hashes_;
};

/// FNV-1a. The terminator keeps ("ab", "c") apart from ("a", "bc").
std::uint64_t mix(std::uint64_t hash, std::string_view part) {
  constexpr std::uint64_t kPrime = 0x100000001B3;
  for (const char c : part)
    hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return (hash ^ 0xFF) * kPrime;
}

}  // namespace

std::vector<std::string> lineHashes(std::string_view text) {
  LineHasher hasher;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    text.remove_prefix(point.size);
    if (point.value < 0x10000) {
      hasher.add(static_cast<std::uint16_t>(point.value));
      continue;
    }
    const char32_t above = point.value - 0x10000;
    hasher.add(static_cast<std::uint16_t>(0xD800 + (above >> 10)));
    hasher.add(static_cast<std::uint16_t>(0xDC00 + (above & 0x3FF)));
  }
  return hasher.finish();
}

std::string contextHash(const Finding &finding) {
  constexpr std::uint64_t kOffset = 0xCBF29CE484222325;
  std::uint64_t hash = mix(kOffset, finding.rule);
  hash = mix(hash, finding.function);
  // A project file has no statements; what is said about it identifies it.
  hash = mix(hash,
             finding.statement.empty() ? finding.message : finding.statement);
  const std::string digits = hexadecimal(hash);
  return std::string(16 - digits.size(), '0') + digits;
}

std::vector<std::string>
contextFingerprints(const std::vector<Finding> &findings) {
  std::map<std::string, unsigned> seen;
  std::vector<std::string> fingerprints;
  for (const Finding &finding : findings) {
    const std::string hash = contextHash(finding);
    fingerprints.push_back(concat(hash, ":", ++seen[hash]));
  }
  return fingerprints;
}

}  // namespace reproaudit
