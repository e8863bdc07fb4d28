// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace reproaudit {

// -- .npy --------------------------------------------------------------------

namespace {

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

}  // namespace

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
  Tensors tensors;
  tensors.byName["array"] = {std::string(type.substr(1)),
                             std::string(entryOf(header, "shape'")),
                             bytes.substr(start + length)};
  return tensors;
}

// -- safetensors -------------------------------------------------------------

namespace {

std::string shortType(const std::string &type) {
  static const std::map<std::string, std::string> kTypes = {
      {"F64", "f8"},    {"F32", "f4"}, {"F16", "f2"},
      {"BF16", "bf16"}, {"I64", "i8"}, {"I32", "i4"},
      {"I16", "i2"},    {"I8", "i1"},  {"U8", "u1"}};
  const auto found = kTypes.find(type);
  return found == kTypes.end() ? type : found->second;
}

}  // namespace

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
    tensors.byName[name] = {shortType(entry["dtype"].get<std::string>()),
                            entry["shape"].dump(),
                            data.substr(from, to - from)};
  }
  return tensors;
}

// -- GGUF --------------------------------------------------------------------

namespace {

void skipGgufValue(Reader &reader, std::uint32_t type) {
  constexpr std::array<std::uint64_t, 13> kWidths = {1, 1, 2, 2, 4, 4, 4,
                                                     1, 0, 0, 8, 8, 8};
  constexpr std::uint32_t kString = 8, kArray = 9;
  if (type == kString) {
    reader.text();
  } else if (type == kArray) {
    const auto element = reader.number<std::uint32_t>();
    const auto count = reader.number<std::uint64_t>();
    for (std::uint64_t i = 0; i < count && element != kArray && reader.good();
         ++i)
      skipGgufValue(reader, element);
  } else {
    reader.take(type < kWidths.size() ? kWidths[type] : ~std::uint64_t{0});
  }
}

struct GgufEntry {
  std::string_view name;
  std::string shape;
  std::uint64_t elements = 1, offset = 0;
  std::uint32_t type = 0;
};

/// What the header says; ends at the padding before the numbers.
std::vector<GgufEntry> readGgufHeader(Reader &reader) {
  reader.number<std::uint32_t>();
  const auto tensorCount = reader.number<std::uint64_t>();
  const auto entryCount = reader.number<std::uint64_t>();
  for (std::uint64_t i = 0; i < entryCount && reader.good(); ++i) {
    reader.text();
    skipGgufValue(reader, reader.number<std::uint32_t>());
  }
  std::vector<GgufEntry> entries;
  for (std::uint64_t i = 0; i < tensorCount && reader.good(); ++i) {
    GgufEntry entry;
    entry.name = reader.text();
    const auto dimensions = reader.number<std::uint32_t>();
    for (std::uint32_t k = 0; k < dimensions && reader.good(); ++k) {
      const auto extent = reader.number<std::uint64_t>();
      entry.elements *= extent;
      entry.shape += fmt::format("{}{}", k == 0 ? "" : "x", extent);
    }
    entry.type = reader.number<std::uint32_t>();
    entry.offset = reader.number<std::uint64_t>();
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

std::optional<Tensors> readGguf(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.take(4) != "GGUF")
    return std::nullopt;
  const std::vector<GgufEntry> entries = readGgufHeader(reader);
  constexpr std::size_t kAlignment = 32;
  const std::size_t start =
      (reader.position() + kAlignment - 1) / kAlignment * kAlignment;
  if (!reader.good() || start > bytes.size())
    return std::nullopt;
  const std::string_view data = bytes.substr(start);
  Tensors tensors;
  for (const GgufEntry &entry : entries) {
    // Quantised types are compared by their bytes.
    const std::string type = entry.type == 0    ? "f4"
                             : entry.type == 1  ? "f2"
                             : entry.type == 30 ? "bf16"
                                                : "";
    if (type.empty() || entry.offset > data.size() ||
        entry.elements > (data.size() - entry.offset) / widthOf(type))
      return std::nullopt;
    tensors.byName[std::string(entry.name)] = {
        type, entry.shape,
        data.substr(entry.offset, entry.elements * widthOf(type))};
  }
  return tensors;
}

// -- Numbers and nothing else ------------------------------------------------

namespace {

/// Whether nearly all of \p bytes, read as \p Float, are of a size that results
/// have.
template <class Float> bool looksLike(std::string_view bytes) {
  constexpr std::size_t kFew = 4;
  const std::size_t count = bytes.size() / sizeof(Float);
  if (count < kFew || bytes.size() % sizeof(Float) != 0)
    return false;
  std::size_t usual = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double size = std::fabs(load<Float>(bytes, i * sizeof(Float)));
    usual += size == 0 || (size > 1e-12 && size < 1e12);
  }
  return usual >= count - count / 20;
}

}  // namespace

std::optional<Tensors> readRaw(std::string_view bytes) {
  const bool isSingle = looksLike<float>(bytes);
  if (!isSingle && !looksLike<double>(bytes))
    return std::nullopt;
  Tensors tensors;
  tensors.byName["values"] = {isSingle ? "f4" : "f8",
                              fmt::format("{} bytes", bytes.size()), bytes};
  return tensors;
}

}  // namespace reproaudit
