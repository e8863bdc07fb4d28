// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// ONNX models are messages of protocol buffers. Of these only the weights are
/// read: ModelProto.graph (7), GraphProto.initializer (5) and, of each
/// TensorProto, dims (1), data_type (2), float_data (4), name (8), raw_data
/// (9).
#include "Tensors.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace reproaudit {
namespace {

/// A base-128 number; no more than ten bytes.
std::uint64_t varint(Reader &reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && reader.good(); shift += 7) {
    const auto byte = reader.number<std::uint8_t>();
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80)
      return value;
  }
  reader.take(~std::uint64_t{0});  // Too long: fails.
  return 0;
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  ///< Of numbers.
  std::string_view bytes;   ///< Of texts and messages.
};

Field nextField(Reader &reader) {
  const std::uint64_t key = varint(reader);
  Field field{key >> 3, 0, {}};
  switch (key & 7) {
  case 0:
    field.value = varint(reader);
    break;
  case 1:
    field.value = reader.number<std::uint64_t>();
    break;
  case 2:
    field.bytes = reader.take(varint(reader));
    break;
  case 5:
    field.value = reader.number<std::uint32_t>();
    break;
  default:
    reader.take(~std::uint64_t{0});  // No such type: fails.
  }
  return field;
}

/// TensorProto.DataType; "": compared by bytes.
const char *typeOf(std::uint64_t type) {
  constexpr std::array kTypes = {"",   "f4", "u1", "i1", "u2",  "i2",
                                 "i4", "i8", "",   "",   "f2",  "f8",
                                 "u4", "u8", "",   "",   "bf16"};
  return type < kTypes.size() ? kTypes[type] : "";
}

/// Adds the tensor that \p message describes; false: damaged.
bool addTensor(std::string_view message, Tensors &tensors) {
  Reader reader(message);
  Tensor tensor;
  std::string name;
  while (reader.good() && !reader.atEnd()) {
    const Field field = nextField(reader);
    if (field.number == 1)
      tensor.shape +=
          fmt::format("{}{}", tensor.shape.empty() ? "" : "x", field.value);
    else if (field.number == 2)
      tensor.type = typeOf(field.value);
    else if (field.number == 8)
      name = field.bytes;
    else if (field.number == 4 || field.number == 9)
      tensor.data = field.bytes;
  }
  if (!reader.good())
    return false;
  if (tensor.type.empty())
    tensor.type = "u1";
  tensors.byName[name] = std::move(tensor);
  return true;
}

bool addGraph(std::string_view message, Tensors &tensors) {
  Reader reader(message);
  while (reader.good() && !reader.atEnd())
    if (const Field field = nextField(reader);
        field.number == 5 && !addTensor(field.bytes, tensors))
      return false;
  return reader.good();
}

}  // namespace

std::optional<Tensors> readOnnx(std::string_view bytes) {
  constexpr std::uint64_t kVersion = 1, kGraph = 7, kLargest = 25;
  Reader reader(bytes);
  Tensors tensors;
  bool hasVersion = false;
  while (reader.good() && !reader.atEnd()) {
    const Field field = nextField(reader);
    if (field.number == 0 || field.number > kLargest)
      return std::nullopt;
    hasVersion |= field.number == kVersion && field.bytes.empty();
    if (field.number == kGraph && !addGraph(field.bytes, tensors))
      return std::nullopt;
  }
  if (!reader.good() || !hasVersion || tensors.byName.empty())
    return std::nullopt;
  return tensors;
}

}  // namespace reproaudit
