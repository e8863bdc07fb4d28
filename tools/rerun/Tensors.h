// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The numbers in files of known formats. Each reader returns nothing for what
/// is not of its format, or damaged: then bytes are compared.
#pragma once

#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reproaudit {

/// Numbers of one type in a row, as a file holds them.
struct Tensor {
  std::string type;   ///< `f4`, `f8`, `f2`, `bf16` or `i4` and the like.
  std::string shape;  ///< As written in the file.
  std::string_view data;
};

struct Tensors {
  std::map<std::string, Tensor> byName;
  std::list<std::string> unpacked;  ///< What is not in the file as it is.
};

std::optional<Tensors> readNpy(std::string_view bytes);
std::optional<Tensors> readSafetensors(std::string_view bytes);
std::optional<Tensors> readGguf(std::string_view bytes);
/// .npz and PyTorch archives; pickles are searched and never executed.
std::optional<Tensors> readArchive(std::string_view bytes);
/// The weights of an ONNX model.
std::optional<Tensors> readOnnx(std::string_view bytes);
/// Files that hold floating-point numbers and nothing else.
std::optional<Tensors> readRaw(std::string_view bytes);

template <class T> T load(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Bytes of a number of \p type.
inline std::size_t widthOf(const std::string &type) {
  return type == "bf16" ? 2 : static_cast<std::size_t>(type.back() - '0');
}

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
  bool atEnd() const { return at_ == bytes_.size(); }
  std::size_t position() const { return at_; }

private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace reproaudit
