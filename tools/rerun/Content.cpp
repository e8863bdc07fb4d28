// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Content.h"

#include "Tensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

namespace reproaudit {
namespace {

std::optional<Tensors> readTensors(std::string_view bytes) {
  for (const auto read :
       {readNpy, readSafetensors, readGguf, readArchive, readOnnx, readRaw})
    if (auto tensors = read(bytes))
      return tensors;
  return std::nullopt;
}

// -- Numbers -----------------------------------------------------------------

bool isKnown(const std::string &type) {
  static const std::map<std::string, int> kKnown = {
      {"f8", 0}, {"f4", 0}, {"f2", 0}, {"bf16", 0}, {"i8", 0}, {"i4", 0},
      {"i2", 0}, {"i1", 0}, {"u1", 0}, {"u2", 0},   {"u4", 0}, {"u8", 0}};
  return kKnown.contains(type);
}

std::int64_t bitsAt(const Tensor &tensor, std::size_t i, std::size_t width) {
  switch (width) {
  case 1:
    return load<std::int8_t>(tensor.data, i);
  case 2:
    return load<std::int16_t>(tensor.data, 2 * i);
  case 4:
    return load<std::int32_t>(tensor.data, 4 * i);
  default:
    return load<std::int64_t>(tensor.data, 8 * i);
  }
}

double halfToDouble(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const double fraction = half & 1023;
  double value = std::ldexp(fraction, -24);
  if (exponent == 31)
    value = fraction == 0 ? HUGE_VAL : std::nan("");
  else if (exponent > 0)
    value = std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -value : value;
}

double valueOf(const std::string &type, std::int64_t bits) {
  if (type == "f8")
    return std::bit_cast<double>(bits);
  if (type == "f4")
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  if (type == "bf16")
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  if (type == "f2")
    return halfToDouble(static_cast<std::uint16_t>(bits));
  return static_cast<double>(bits);
}

/// Floating-point bits as an integer that counts representable numbers.
double ordinal(std::int64_t bits, std::size_t width) {
  const int shift = static_cast<int>(8 * width - 1);
  const std::int64_t magnitude =
      bits & ((std::int64_t{1} << (shift - 1)) * 2 - 1);
  const bool negative = ((bits >> shift) & 1) != 0;
  return negative ? -static_cast<double>(magnitude)
                  : static_cast<double>(magnitude);
}

/// Compares two tensors of the same name, type and shape.
void compareValues(const std::string &name, const Tensor &a, const Tensor &b,
                   ContentDifference &result) {
  const std::size_t width = widthOf(a.type);
  const bool isFloat = a.type[0] == 'f' || a.type == "bf16";
  for (std::size_t i = 0; i < a.data.size() / width; ++i) {
    const std::int64_t x = bitsAt(a, i, width), y = bitsAt(b, i, width);
    if (x == y)
      continue;
    const double p = valueOf(a.type, x), q = valueOf(b.type, y);
    if (result.where.empty()) {
      result.where = fmt::format("tensor {}[{}]", name, i);
      result.a = fmt::format("{}", p);
      result.b = fmt::format("{}", q);
    }
    result.magnitude.add(p, q,
                         isFloat
                             ? std::fabs(ordinal(x, width) - ordinal(y, width))
                             : std::fabs(p - q));
  }
}

std::string describe(const Tensor &tensor) {
  return fmt::format("{} {}", tensor.type, tensor.shape);
}

std::string namesOf(const Tensors &tensors) {
  return fmt::format("{} tensors", tensors.byName.size());
}

}  // namespace

std::optional<ContentDifference> compareContent(std::string_view a,
                                                std::string_view b) {
  const auto x = readTensors(a), y = readTensors(b);
  if (!x || !y)
    return std::nullopt;
  ContentDifference result;
  result.onlyNumbers = true;
  for (const auto &[name, tensor] : x->byName) {
    const auto other = y->byName.find(name);
    if (x->byName.size() != y->byName.size() || other == y->byName.end())
      return ContentDifference{
          "set of tensors", namesOf(*x), namesOf(*y), false, {}};
    if (tensor.type != other->second.type ||
        tensor.shape != other->second.shape ||
        tensor.data.size() != other->second.data.size())
      return ContentDifference{"tensor " + name,
                               describe(tensor),
                               describe(other->second),
                               false,
                               {}};
    if (!isKnown(tensor.type))
      return std::nullopt;
    compareValues(name, tensor, other->second, result);
  }
  if (result.where.empty())
    return std::nullopt;  // Metadata or padding.
  return result;
}

}  // namespace reproaudit
