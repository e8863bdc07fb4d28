// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What is known about libraries: which of their calls and settings do not give
/// the same result again, and which other calls mend that. The knowledge is
/// data: `checks/catalogue/*.yaml` and files of the user. docs/dev/catalogue.md
/// tells how a file is written.
///
/// Layer 2, but the standard library only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit::catalogue {

/// The rules that an entry can belong to; CatalogueCheck executes each.
inline constexpr std::array<std::string_view, 5> kRules = {
    "repro-gpu-library-algo", "repro-gpu-timed-algo", "repro-library-entropy",
    "repro-nondeterministic-library-call", "repro-platform-dependent-library"};

/// A place in the arguments of a call.
inline constexpr int kAny = -1;
/// The object that a method is called on or a field belongs to.
inline constexpr int kThis = -2;

/// What an argument must be. All conditions that are given must hold. Patterns
/// are regular expressions of ECMAScript.
struct ArgumentTest {
  int at = kAny;
  std::vector<std::string> is;     ///< Enumerators, integers, `true`, `false`:
  std::vector<std::string> isNot;  ///< the value can be (is not) one of them.
  std::optional<std::int64_t> below;
  std::string text;       ///< A string literal that this pattern is found in.
  std::string type;       ///< A pattern found in its canonical type.
  bool floating = false;  ///< It is, points to or holds floats.
  std::vector<std::string> mentions;  ///< It names one of these.
};

/// A place in a program where a library is used.
struct Use {
  enum class Kind : std::uint8_t {
    Call,     ///< Of a function, method, operator or pointer in a record.
    Make,     ///< An object of the class is constructed.
    Store,    ///< Something is assigned to the field or variable.
    Mention,  ///< An enumerator or variable is named, not in a comparison.
  };
  Kind kind = Kind::Call;
  /// As the compiler knows them: after macros, without inline namespaces.
  std::vector<std::string> names;
  std::vector<ArgumentTest> arguments;  ///< All hold. Of a Store: its value, 0.
  std::vector<ArgumentTest> unless;     ///< None holds.
  std::optional<int> object;  ///< The argument that a guard must share.
};

/// `CCCL_VERSION >= 3005000`.
struct VersionTest {
  std::string macro;
  std::string relation;
  std::int64_t number = 0;
};

/// What makes a use repeatable.
struct Guard {
  enum class Scope : std::uint8_t {
    Process,   ///< Holds for all that follows, in any unit.
    Object,    ///< Holds for the handle, descriptor or session it was given.
    Function,  ///< Stands in the same function.
    Call,      ///< Is part of the call, or of a variable given to it.
  };
  std::string id;
  Scope scope = Scope::Process;
  bool partial = false;  ///< Leaves some of it open: findings become notes.
  std::optional<VersionTest> version;
  std::vector<Use> when;
};

struct Entry {
  std::string id;
  std::string rule;
  std::vector<Use> when;
  std::vector<Use> needs;  ///< Matters only if the program has one of these.
  std::vector<std::string> guards;
  int times = 1;  ///< How often one object must be used like this.
  bool isNote = false;
  bool reportsUnknown = false;  ///< As a note, where a value is not known.
  std::optional<VersionTest> version;
  std::string message;  ///< {name}, {value} and {object} are filled in.
  std::string cure;
};

/// How the names of a library were checked.
enum class Verified : std::uint8_t {
  Headers,  ///< `headers` declare every name.
  Names,    ///< Its headers cannot be installed here; names were copied.
};

struct Library {
  std::string name;
  std::vector<std::string> headers;
  std::vector<std::string> flags;  ///< What the headers need to be parsed.
  std::string package;  ///< Of Debian, or where else the headers come from.
  Verified verified = Verified::Headers;
  std::vector<Guard> guards;
  std::vector<Entry> entries;

  const Guard *guard(std::string_view id) const;
};

/// The libraries of one file; the error is `NAME:LINE: what is wrong`.
std::expected<std::vector<Library>, std::string> read(std::string_view text,
                                                      std::string_view name);

/// A file of checks/catalogue, as it was when the program was built.
struct File {
  std::string_view name;
  std::string_view text;
};
std::span<const File> builtInFiles();

/// What they say.
const std::vector<Library> &builtIn();

/// Calls \p visit for every Use of \p library.
template <class VisitT>
void forEachUse(const Library &library, const VisitT &visit) {
  for (const Guard &guard : library.guards)
    for (const Use &use : guard.when)
      visit(use);
  for (const Entry &entry : library.entries) {
    for (const Use &use : entry.when)
      visit(use);
    for (const Use &use : entry.needs)
      visit(use);
  }
}

}  // namespace reproaudit::catalogue
