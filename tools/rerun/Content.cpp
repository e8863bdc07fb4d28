// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Content.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

namespace reproaudit {
namespace {

/// Numbers of one type in a row, as a file holds them.
struct Tensor {
  std::string type;   ///< `f4`, `f8`, `f2`, `bf16` or `i4` and the like.
  std::string shape;  ///< As written in the file.
  std::string_view data;
};
using Tensors = std::map<std::string, Tensor>;

template <class T> T load(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// -- .npy --------------------------------------------------------------------

/// The value of \p key in the header, a Python dictionary.
std::string_view entryOf(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(key);
  if (at == std::string_view::npos)
    return {};
  std::string_view rest = header.substr(at + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of("': "), rest.size()));
  const std::size_t end =
      rest.starts_with('(') ? rest.find(')') + 1 : rest.find_first_of("',");
  return rest.substr(0, end);
}

std::optional<Tensors> readNpy(std::string_view bytes) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  if (!bytes.starts_with(kMagic) || bytes.size() < 12)
    return std::nullopt;
  const bool isLong = bytes[6] >= 2;
  const std::size_t start = isLong ? 12 : 10;
  const std::size_t length =
      isLong ? load<std::uint32_t>(bytes, 8) : load<std::uint16_t>(bytes, 8);
  if (length > bytes.size() - start)
    return std::nullopt;
  const std::string_view header = bytes.substr(start, length);
  const std::string_view type = entryOf(header, "descr'");
  if (type.size() < 3 || type[0] == '>')
    return std::nullopt;
  return Tensors{
      {"array",
       {std::string(type.substr(1)), std::string(entryOf(header, "shape'")),
        bytes.substr(start + length)}}};
}

// -- safetensors -------------------------------------------------------------

std::string shortType(const std::string &type) {
  static const std::map<std::string, std::string> kTypes = {
      {"F64", "f8"},    {"F32", "f4"}, {"F16", "f2"},
      {"BF16", "bf16"}, {"I64", "i8"}, {"I32", "i4"},
      {"I16", "i2"},    {"I8", "i1"},  {"U8", "u1"}};
  const auto found = kTypes.find(type);
  return found == kTypes.end() ? type : found->second;
}

std::optional<Tensors> readSafetensors(std::string_view bytes) {
  if (bytes.size() < 10 || bytes[8] != '{')
    return std::nullopt;
  const auto length = load<std::uint64_t>(bytes, 0);
  if (length > bytes.size() - 8)
    return std::nullopt;
  const auto header = nlohmann::json::parse(bytes.substr(8, length), nullptr,
                                            /*allow_exceptions=*/false);
  if (!header.is_object())
    return std::nullopt;
  const std::string_view data = bytes.substr(8 + length);
  Tensors tensors;
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      continue;
    if (!entry.is_object() ||
        !entry.value("dtype", nlohmann::json()).is_string() ||
        !entry.contains("shape") || !entry.contains("data_offsets"))
      return std::nullopt;
    const auto &range = entry["data_offsets"];
    if (!range.is_array() || range.size() != 2 ||
        !range[0].is_number_unsigned() || !range[1].is_number_unsigned())
      return std::nullopt;
    const auto from = range[0].get<std::uint64_t>();
    const auto to = range[1].get<std::uint64_t>();
    if (from > to || to > data.size())
      return std::nullopt;
    tensors[name] = {shortType(entry["dtype"].get<std::string>()),
                     entry["shape"].dump(), data.substr(from, to - from)};
  }
  return tensors;
}

std::optional<Tensors> readTensors(std::string_view bytes) {
  if (auto tensors = readNpy(bytes))
    return tensors;
  return readSafetensors(bytes);
}

// -- Numbers -----------------------------------------------------------------

std::size_t widthOf(const std::string &type) {
  return type == "bf16" ? 2 : static_cast<std::size_t>(type.back() - '0');
}

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
  return half & 0x8000 ? -value : value;
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
  const bool negative = (bits >> shift) & 1;
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
  return fmt::format("{} tensors", tensors.size());
}

}  // namespace

std::optional<ContentDifference> compareContent(std::string_view a,
                                                std::string_view b) {
  const auto x = readTensors(a), y = readTensors(b);
  if (!x || !y)
    return std::nullopt;
  ContentDifference result;
  result.onlyNumbers = true;
  for (const auto &[name, tensor] : *x) {
    const auto other = y->find(name);
    if (x->size() != y->size() || other == y->end())
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
