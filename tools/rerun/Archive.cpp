// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tensors.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <utility>

namespace reproaudit {
namespace {

// -- zip ---------------------------------------------------------------------

/// What an archive may grow to: a few bytes can stand for any number of them.
constexpr std::size_t kMaxUnpacked = std::size_t{256} << 20;

/// The \p size bytes that \p packed, a deflate stream, stands for.
std::optional<std::string> inflated(std::string_view packed, std::size_t size) {
  std::string result(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return std::nullopt;
  // zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef *>(result.data());
  stream.avail_out = static_cast<uInt>(size);
  const int status = inflate(&stream, Z_FINISH);
  const bool complete = status == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return complete ? std::optional(std::move(result)) : std::nullopt;
}

/// A file in an archive, as the directory at the end describes it.
struct Member {
  std::uint16_t method;
  std::size_t packedSize, size, nameSize, local;
};

Member memberAt(std::string_view bytes, std::size_t at) {
  return {
      load<std::uint16_t>(bytes, at + 10), load<std::uint32_t>(bytes, at + 20),
      load<std::uint32_t>(bytes, at + 24), load<std::uint16_t>(bytes, at + 28),
      load<std::uint32_t>(bytes, at + 42)};
}

/// Its bytes in the archive; nothing if they are not in there.
std::optional<std::string_view> packedBytes(std::string_view bytes,
                                            const Member &member) {
  constexpr std::size_t kHeader = 30;
  if (member.local > bytes.size() || bytes.size() - member.local < kHeader)
    return std::nullopt;
  const std::size_t data = member.local + kHeader +
                           load<std::uint16_t>(bytes, member.local + 26) +
                           load<std::uint16_t>(bytes, member.local + 28);
  if (data > bytes.size() || member.packedSize > bytes.size() - data)
    return std::nullopt;
  return bytes.substr(data, member.packedSize);
}

/// The files in the archive \p bytes; compressed ones are kept in \p unpacked.
std::optional<std::map<std::string, std::string_view>>
readZip(std::string_view bytes, std::list<std::string> &unpacked) {
  constexpr std::size_t kEnd = 22, kEntry = 46;
  constexpr std::uint16_t kStored = 0, kDeflated = 8;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (!bytes.starts_with("PK") || end == bytes.npos ||
      bytes.size() - end < kEnd)
    return std::nullopt;
  const auto count = load<std::uint16_t>(bytes, end + 10);
  std::size_t at = load<std::uint32_t>(bytes, end + 16), room = kMaxUnpacked;
  std::map<std::string, std::string_view> members;
  for (unsigned i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntry ||
        bytes.substr(at, 4) != "PK\x01\x02")
      return std::nullopt;
    const Member member = memberAt(bytes, at);
    const auto packed = packedBytes(bytes, member);
    if (!packed || member.nameSize > bytes.size() - at - kEntry ||
        (member.method != kStored && member.method != kDeflated))
      return std::nullopt;
    std::string_view content = *packed;
    if (member.method == kDeflated) {
      auto whole =
          member.size <= room ? inflated(*packed, member.size) : std::nullopt;
      if (!whole)
        return std::nullopt;
      room -= member.size;
      content = unpacked.emplace_back(std::move(*whole));
    }
    members[std::string(bytes.substr(at + kEntry, member.nameSize))] = content;
    at += kEntry + member.nameSize + load<std::uint16_t>(bytes, at + 30) +
          load<std::uint16_t>(bytes, at + 32);
  }
  return members;
}

// -- PyTorch -----------------------------------------------------------------

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

}  // namespace

std::optional<Tensors> readArchive(std::string_view bytes) {
  Tensors tensors;
  const auto members = readZip(bytes, tensors.unpacked);
  if (!members)
    return std::nullopt;
  std::string type = "f4";
  for (const auto &[name, content] : *members)
    if (name.ends_with("data.pkl"))
      type = storageType(content);
  for (const auto &[name, content] : *members) {
    if (auto array = readNpy(content))
      tensors.byName[name] = std::move(array->byName.begin()->second);
    else if (name.find("/data/") != name.npos)
      tensors.byName[name] = {type, fmt::format("{} bytes", content.size()),
                              content};
    else  // Whatever else: one byte each.
      tensors.byName[name] = {"u1", fmt::format("{} bytes", content.size()),
                              content};
  }
  return tensors;
}

}  // namespace reproaudit
