// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Capabilities.h"

#include "Environment.h"
#include "Namespaces.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>

namespace reproaudit {
namespace fs = std::filesystem;

Capabilities probe(Workspace &workspace, bool namespaces) {
  Capabilities result;
  const uid_t user = getuid();
  const gid_t group = getgid();
  const unsigned long userFlag = user == 0 ? 0 : CLONE_NEWUSER;
  const auto mounts = [&] {
    if (userFlag)
      keepIdentity(user, group);
    return makeMountsPrivate() && workspace.mount(false);
  };
  const auto procs = [&] {
    return mounts() && mount("proc", "/proc", "proc", 0, nullptr) == 0;
  };
  constexpr unsigned long kMounts = CLONE_NEWNS | CLONE_NEWNET;
  workspace.prepare(false);
  result.mounts = namespaces && tryIn(userFlag | kMounts, mounts);
  workspace.collect(false);  // Layers are good for one mount.
  workspace.prepare(false);
  result.processes =
      result.mounts &&
      tryIn(userFlag | kMounts | CLONE_NEWPID | CLONE_NEWIPC, procs);
  result.uncovered = workspace.uncovered();
  workspace.collect(false);
  result.fixedAddresses =
      tryIn(0, [] { return personality(ADDR_NO_RANDOMIZE) != -1; });
  result.realtime = tryIn(0, [] { return pinToOneProcessor(true); });
  return result;
}

namespace {

/// The source of a locale in which numbers look different. It refers to no
/// other, because those come in a package that may be missing.
constexpr const char *kLocaleSource = R"(escape_char /
LC_CTYPE
upper <U0041>..<U005A>
lower <U0061>..<U007A>
space <U0009>..<U000D>;<U0020>
blank <U0009>;<U0020>
cntrl <U0000>..<U001F>;<U007F>
punct <U0021>..<U002F>;<U003A>..<U0040>;<U005B>..<U0060>;<U007B>..<U007E>
toupper (<U0061>,<U0041>);(<U0062>,<U0042>);(<U0063>,<U0043>);(<U0064>,<U0044>);/
(<U0065>,<U0045>);(<U0066>,<U0046>);(<U0067>,<U0047>);(<U0068>,<U0048>);/
(<U0069>,<U0049>);(<U006A>,<U004A>);(<U006B>,<U004B>);(<U006C>,<U004C>);/
(<U006D>,<U004D>);(<U006E>,<U004E>);(<U006F>,<U004F>);(<U0070>,<U0050>);/
(<U0071>,<U0051>);(<U0072>,<U0052>);(<U0073>,<U0053>);(<U0074>,<U0054>);/
(<U0075>,<U0055>);(<U0076>,<U0056>);(<U0077>,<U0057>);(<U0078>,<U0058>);/
(<U0079>,<U0059>);(<U007A>,<U005A>)
END LC_CTYPE
LC_NUMERIC
decimal_point ","
thousands_sep "."
grouping 3;3
END LC_NUMERIC
LC_COLLATE
order_start forward
<U0061>
<U0041>
<U0062>
<U0042>
UNDEFINED
order_end
END LC_COLLATE
LC_TIME
abday "xa";"xb";"xc";"xd";"xe";"xf";"xg"
day "xaa";"xbb";"xcc";"xdd";"xee";"xff";"xgg"
abmon "ya";"yb";"yc";"yd";"ye";"yf";"yg";"yh";"yi";"yj";"yk";"yl"
mon "yaa";"ybb";"ycc";"ydd";"yee";"yff";"ygg";"yhh";"yii";"yjj";"ykk";"yll"
d_t_fmt "%d.%m.%Y %T"
d_fmt "%d.%m.%Y"
t_fmt "%T"
am_pm "";""
t_fmt_ampm ""
END LC_TIME
)";

/// The characters of ASCII, for the same reason.
void writeCharacterMap(const fs::path &path) {
  std::ofstream file(path);
  file << "<code_set_name> ANSI_X3.4-1968\n<comment_char> %\n"
          "<escape_char> /\nCHARMAP\n";
  for (int i = 0; i < 128; ++i)
    file << fmt::format("<U{:04X}> /x{:02x} C{}\n", i, i, i);
  file << "END CHARMAP\n";
}

}  // namespace

bool compileLocale(const fs::path &directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path source = directory / "source";
  const fs::path characters = directory / "characters";
  std::ofstream(source) << kLocaleSource;
  writeCharacterMap(characters);
  const fs::path result = directory / kLocaleName;
  return tryIn(0,
               [&] {
                 const int nothing = open("/dev/null", O_RDWR);
                 dup2(nothing, 1);
                 dup2(nothing, 2);
                 const pid_t child = fork();
                 if (child == 0) {
                   execlp("localedef", "localedef", "--no-archive", "-c", "-f",
                          characters.c_str(), "-i", source.c_str(),
                          result.c_str(), nullptr);
                   _exit(127);
                 }
                 // It complains about what the source leaves out.
                 return waitpid(child, nullptr, 0) == child;
               }) &&
         fs::exists(result / "LC_NUMERIC", error);
}

}  // namespace reproaudit
