// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Who called? Stacks by module-relative addresses, and the log that tells the
/// audit about them. One line per fact, appended with one write, so that
/// threads and child processes can share the file:
///
///     process PATH
///     ack FACTOR
///     site FACTOR ID KIND[:DETAIL] MODULE+0xOFFSET...
#include "Perturb.h"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

namespace reproaudit::perturb {

namespace {

constexpr int kMaxFrames = 32;

struct Stack {
  std::uintptr_t pc[kMaxFrames];
  int depth = 0;
};

_Unwind_Reason_Code collect(_Unwind_Context *context, void *argument) {
  auto &stack = *static_cast<Stack *>(argument);
  int beforeInstruction = 0;
  const std::uintptr_t ip = _Unwind_GetIPInfo(context, &beforeInstruction);
  if (ip == 0)
    return _URC_END_OF_STACK;
  // A return address belongs to the line after the call.
  stack.pc[stack.depth++] = beforeInstruction != 0 ? ip : ip - 1;
  return stack.depth == kMaxFrames ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/// Not set in a constructor: those of other libraries ask earlier.
const char *executable() {
  static char path[512];
  if (path[0] == 0)
    kernel(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
  return path;
}

struct Module {
  const char *path = nullptr;  ///< Null: not in a module.
  std::uintptr_t base = 0;
  bool isProgram = false;
};

Module moduleOf(std::uintptr_t pc) {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void *>(pc), &found) != 0)
    return {};
  const link_map *map = found.dlfo_link_map;
  const bool isProgram = map->l_name[0] == 0;
  return {isProgram ? executable() : map->l_name, map->l_addr, isProgram};
}

const char *baseName(const char *path) {
  const char *slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

std::uint64_t hashText(std::uint64_t hash, const char *text) {
  for (; *text != 0; ++text)
    hash = mix(hash ^ static_cast<unsigned char>(*text));
  return hash;
}

/// A line of the log under construction.
class Line {
public:
  template <class... Values> void add(const char *format, Values... values) {
    const int room = static_cast<int>(sizeof text_) - 1 - size_;
    const int n = std::snprintf(text_ + size_, static_cast<std::size_t>(room),
                                format, values...);
    size_ += n < room ? n : room - 1;
  }
  void write() {
    text_[size_++] = '\n';
    // Opened anew for every line: a descriptor that stays open would change
    // the numbers the program gets, and daemons close them all.
    const long fd = kernel(SYS_openat, AT_FDCWD, config().log,
                           O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
      return;
    kernel(SYS_write, fd, text_, size_);
    kernel(SYS_close, fd);
  }

private:
  char text_[8192];
  int size_ = 0;
};

/// A set of ids that only grows, without locks.
class SeenIds {
public:
  /// True the first time.
  bool add(std::uint64_t id) {
    id |= 1;  // 0 is a free slot.
    for (std::size_t i = mix(id) % kSlots, n = 0; n < kSlots;
         ++n, i = (i + 1) % kSlots) {
      std::uint64_t seen = 0;
      if (__atomic_compare_exchange_n(&slots_[i], &seen, id, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return true;
      if (seen == id)
        return false;
    }
    return false;
  }

private:
  static constexpr std::size_t kSlots = 1 << 15;
  std::uint64_t slots_[kSlots] = {};
};

SeenIds loggedSites;
bool acknowledged[kFactors.size()];

void logSite(Factor factor, std::uint64_t id, const char *kind,
             const char *detail, const Stack &stack, const Module &own) {
  Line line;
  line.add("site %s %016llx %s%s%s", name(factor).data(),
           static_cast<unsigned long long>(id), kind, *detail != 0 ? ":" : "",
           detail);
  for (int i = 0; i < stack.depth; ++i)
    if (const Module module = moduleOf(stack.pc[i]);
        module.path && module.base != own.base)
      line.add(" %s+0x%lx", module.path,
               static_cast<unsigned long>(stack.pc[i] - module.base));
  line.write();
}

/// The C and C++ run-time libraries are not who asked.
bool isSystem(const char *path) {
  constexpr const char *kNames[] = {"libc.so",  "libstdc++.so", "libc++.so",
                                    "libm.so",  "libgcc_s.so",  "libpthread.so",
                                    "ld-linux", "libc++abi.so"};
  const char *base = baseName(path);
  for (const char *known : kNames)
    if (std::strncmp(base, known, std::strlen(known)) == 0)
      return true;
  return false;
}

/// Thread pools that OMP_NUM_THREADS and its relatives configure.
bool isThreadPool(const char *path) {
  constexpr const char *kNames[] = {"libgomp", "libomp",      "libiomp",
                                    "libmkl",  "libopenblas", "libblis"};
  const char *base = baseName(path);
  for (const char *known : kNames)
    if (std::strncmp(base, known, std::strlen(known)) == 0)
      return true;
  return false;
}

/// How long thread pools wait for work is their own business.
bool isPrivate(Factor factor, Site site) {
  return factor == Factor::Entropy && site.inThreadPool;
}

__attribute__((noinline)) Site walk(Factor factor, const char *kind,
                                    const char *detail) {
  Stack stack;
  _Unwind_Backtrace(collect, &stack);
  const Module own = moduleOf(reinterpret_cast<std::uintptr_t>(&walk));
  Site site;
  site.id = hashText(hashText(1, kind), detail);
  bool callerKnown = false;
  for (int i = 0; i < stack.depth; ++i) {
    const Module module = moduleOf(stack.pc[i]);
    if (!module.path || module.base == own.base)
      continue;
    site.id = mix(site.id ^ (stack.pc[i] - module.base));
    if (!callerKnown && !isSystem(module.path)) {
      callerKnown = true;
      site.inProgram = module.isProgram;
      site.inThreadPool = isThreadPool(module.path);
    }
  }
  if (!isPrivate(factor, site) && loggedSites.add(site.id))
    logSite(factor, site.id, kind, detail, stack, own);
  return site;
}

}  // namespace

int callStack(std::uintptr_t *stack, int capacity) {
  Stack all;
  _Unwind_Backtrace(collect, &all);
  const Module own = moduleOf(reinterpret_cast<std::uintptr_t>(&walk));
  int count = 0;
  for (int i = 0; i < all.depth && count < capacity; ++i)
    if (moduleOf(all.pc[i]).base != own.base)
      stack[count++] = all.pc[i];
  return count;
}

bool frameAt(std::uintptr_t pc, char *text, std::size_t capacity) {
  const Module module = moduleOf(pc);
  if (module.path)
    std::snprintf(text, capacity, "%s+0x%lx", module.path,
                  static_cast<unsigned long>(pc - module.base));
  return module.path != nullptr;
}

Site callSite(Factor factor, const char *kind, const char *detail) {
  const Site site = walk(factor, kind, detail);
  fillStack(16384);  // What the unwinder left below must not reach the program.
  return site;
}

bool perturbs(Factor factor, Site site) {
  const Config &settings = config();
  if (isPrivate(factor, site))
    return false;
  acknowledge(factor);
  if (seedOf(factor) == 0)
    return false;
  if (settings.siteCount == 0)
    return true;
  unsigned low = 0;
  for (unsigned high = settings.siteCount; low < high;) {
    const unsigned middle = (low + high) / 2;
    if (settings.sites[middle] < site.id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < settings.siteCount && settings.sites[low] == site.id;
}

void acknowledge(Factor factor) {
  bool &done = acknowledged[static_cast<std::size_t>(factor)];
  if (done || !config().active)
    return;
  done = true;
  const Inside inside;
  Line line;
  line.add("ack %s", name(factor).data());
  line.write();
}

namespace {

int lookAtModule(dl_phdr_info *module, std::size_t, void *hasMaths) {
  if (isThreadPool(module->dlpi_name))
    acknowledge(Factor::Threads);
  if (std::strncmp(baseName(module->dlpi_name), "libm.so", 7) == 0)
    *static_cast<bool *>(hasMaths) = true;
  return 0;
}

/// libm chooses code paths by processor. Which ones shows in the last bits.
void logDispatch() {
  constexpr const char *kFunctions[] = {"exp", "log", "sin", "atan"};
  std::uint64_t hash = 1;
  for (const char *name : kFunctions) {
    const auto function = next<double(double)>(name);
    for (int i = 1; function && i < 200; ++i) {
      const double result = function(i * 0.37);
      std::uint64_t bits = 0;
      std::memcpy(&bits, &result, sizeof bits);
      hash = mix(hash ^ bits);
    }
  }
  Line line;
  line.add("dispatch %016llx", static_cast<unsigned long long>(hash));
  line.write();
}

__attribute__((constructor)) void start() {
  if (!config().active)
    return;
  const Inside inside;
  Line line;
  line.add("process %s", executable());
  line.write();
  bool hasMaths = false;
  dl_iterate_phdr(lookAtModule, &hasMaths);
  if (hasMaths) {
    acknowledge(Factor::CpuDispatch);
    logDispatch();
  }
  fillStack(32768);
}

/// Libraries may have been loaded since.
__attribute__((destructor)) void finish() {
  if (!config().active)
    return;
  const Inside inside;
  bool hasMaths = false;
  dl_iterate_phdr(lookAtModule, &hasMaths);
}

}  // namespace

}  // namespace reproaudit::perturb
