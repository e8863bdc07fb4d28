// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Content.h"

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

std::size_t widthOf(const std::string &type) {
  return type == "bf16" ? 2 : static_cast<std::size_t>(type.back() - '0');
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

// -- GGUF --------------------------------------------------------------------

/// Reads little-endian values one after the other; at the end it fails for
/// good.
class Reader {
public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class T> T number() {
    const std::string_view bytes = take(sizeof(T));
    return good_ ? load<T>(bytes, 0) : T{};
  }
  std::string_view text() { return take(number<std::uint64_t>()); }
  std::string_view take(std::uint64_t count) {
    good_ = good_ && count <= bytes_.size() - at_;
    if (!good_)
      return {};
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  bool good() const { return good_; }
  std::size_t position() const { return at_; }

private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

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

std::optional<Tensors> readGguf(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.take(4) != "GGUF")
    return std::nullopt;
  reader.number<std::uint32_t>();
  const auto tensorCount = reader.number<std::uint64_t>();
  const auto entryCount = reader.number<std::uint64_t>();
  for (std::uint64_t i = 0; i < entryCount && reader.good(); ++i) {
    reader.text();
    skipGgufValue(reader, reader.number<std::uint32_t>());
  }
  struct Entry {
    std::string_view name;
    std::string shape;
    std::uint64_t elements, offset;
    std::uint32_t type;
  };
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < tensorCount && reader.good(); ++i) {
    Entry entry{reader.text(), "", 1, 0, 0};
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
  constexpr std::size_t kAlignment = 32;
  const std::size_t start =
      (reader.position() + kAlignment - 1) / kAlignment * kAlignment;
  if (!reader.good() || start > bytes.size())
    return std::nullopt;
  const std::string_view data = bytes.substr(start);
  Tensors tensors;
  for (const Entry &entry : entries) {
    // Quantised types are compared by their bytes.
    const std::string type = entry.type == 0    ? "f4"
                             : entry.type == 1  ? "f2"
                             : entry.type == 30 ? "bf16"
                                                : "";
    if (type.empty() || entry.offset > data.size() ||
        entry.elements > (data.size() - entry.offset) / widthOf(type))
      return std::nullopt;
    tensors[std::string(entry.name)] = {
        type, entry.shape,
        data.substr(entry.offset, entry.elements * widthOf(type))};
  }
  return tensors;
}

// -- zip: .npz and PyTorch ---------------------------------------------------

/// The files in the archive \p bytes that are stored as they are; nothing if
/// it is none or one is compressed.
std::optional<std::map<std::string, std::string_view>>
readZip(std::string_view bytes) {
  constexpr std::size_t kEnd = 22, kEntry = 46, kLocal = 30;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (!bytes.starts_with("PK") || end == bytes.npos ||
      bytes.size() - end < kEnd)
    return std::nullopt;
  const auto count = load<std::uint16_t>(bytes, end + 10);
  std::size_t at = load<std::uint32_t>(bytes, end + 16);
  std::map<std::string, std::string_view> members;
  for (unsigned i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntry ||
        bytes.substr(at, 4) != "PK\x01\x02" ||
        load<std::uint16_t>(bytes, at + 10) != 0)
      return std::nullopt;
    const std::size_t size = load<std::uint32_t>(bytes, at + 20);
    const std::size_t nameSize = load<std::uint16_t>(bytes, at + 28);
    const std::size_t local = load<std::uint32_t>(bytes, at + 42);
    if (local > bytes.size() || bytes.size() - local < kLocal)
      return std::nullopt;
    const std::size_t data = local + kLocal +
                             load<std::uint16_t>(bytes, local + 26) +
                             load<std::uint16_t>(bytes, local + 28);
    if (data > bytes.size() || size > bytes.size() - data ||
        nameSize > bytes.size() - at - kEntry)
      return std::nullopt;
    members[std::string(bytes.substr(at + kEntry, nameSize))] =
        bytes.substr(data, size);
    at += kEntry + nameSize + load<std::uint16_t>(bytes, at + 30) +
          load<std::uint16_t>(bytes, at + 32);
  }
  return members;
}

/// The type that \p pickle, which is searched and never executed, gives to all
/// storages; `f4` if it names several or none.
std::string storageType(std::string_view pickle) {
  constexpr std::array<std::pair<std::string_view, const char *>, 6> kTypes = {
      {{"DoubleStorage", "f8"},
       {"HalfStorage", "f2"},
       {"BFloat16Storage", "bf16"},
       {"LongStorage", "i8"},
       {"IntStorage", "i4"},
       {"FloatStorage", "f4"}}};
  std::string found;
  for (const auto &[name, type] : kTypes)
    if (pickle.find(name) != pickle.npos)
      found = found.empty() ? type : "f4";
  return found.empty() ? "f4" : found;
}

std::optional<Tensors> readArchive(std::string_view bytes) {
  const auto members = readZip(bytes);
  if (!members)
    return std::nullopt;
  std::string type = "f4";
  for (const auto &[name, content] : *members)
    if (name.ends_with("data.pkl"))
      type = storageType(content);
  Tensors tensors;
  for (const auto &[name, content] : *members) {
    if (auto array = readNpy(content))
      tensors[name] = std::move(array->begin()->second);
    else if (name.find("/data/") != name.npos)
      tensors[name] = {type, fmt::format("{} bytes", content.size()), content};
    else  // Whatever else: one byte each.
      tensors[name] = {"u1", fmt::format("{} bytes", content.size()), content};
  }
  return tensors;
}

// -- Numbers and nothing else ------------------------------------------------

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

std::optional<Tensors> readRaw(std::string_view bytes) {
  const bool isSingle = looksLike<float>(bytes);
  if (!isSingle && !looksLike<double>(bytes))
    return std::nullopt;
  return Tensors{
      {"values",
       {isSingle ? "f4" : "f8", fmt::format("{} bytes", bytes.size()), bytes}}};
}

std::optional<Tensors> readTensors(std::string_view bytes) {
  for (const auto read :
       {readNpy, readSafetensors, readGguf, readArchive, readRaw})
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
