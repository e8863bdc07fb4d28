// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where do two runs part? What one run can tell about itself, so that the
/// audit can lay two of them side by side:
///
///     printed FRAME...              who wrote byte N of stdout
///     epoch N                       one for each write to stdout, and the end
///     block ID SIZE HASH SITE       its content has changed since
///     content ID HEX                of the blocks that were asked for
///     store CELL VALUE FRAME        into one of the watched cells
///     no-watch ERRNO                no hardware breakpoints here
///
/// A block is known by who allocated it and the how-manieth of that place it
/// is. Addresses do not count: words that look like one are left out.
#include "Perturb.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

const TrailConfig &wanted() { return config().trail; }

bool trailing() { return enabled() && wanted().any; }

Lock lock;

// -- The file ----------------------------------------------------------------

char text[1 << 16];
std::size_t used = 0;

void flush() {
  char path[sizeof(Config::log) + 8];
  std::snprintf(path, sizeof path, "%s-trail", config().log);
  const long file = kernel(SYS_openat, AT_FDCWD, path,
                           O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file >= 0) {
    kernel(SYS_write, file, text, used);
    kernel(SYS_close, file);
  }
  used = 0;
}

template <class... Values> void add(const char *format, Values... values) {
  constexpr std::size_t kLongest = 1024;
  if (used + kLongest > sizeof text)
    flush();
  const int size = std::snprintf(text + used, kLongest, format, values...);
  used += static_cast<std::size_t>(size) < kLongest ? size : kLongest - 1;
}

void addFrame(std::uintptr_t pc) {
  char frame[700];
  if (frameAt(pc, frame, sizeof frame))
    add(" %s", frame);
}

// -- Blocks ------------------------------------------------------------------

struct Block {
  std::uintptr_t address;  ///< 0: free, 1: was used.
  std::size_t size;
  std::uint64_t id, site, hash;
};

constexpr std::size_t kBlocks = 1 << 17;
constexpr std::size_t kSmallest = 4;
Block *blocks = nullptr;
std::size_t live = 0;
std::uint32_t *ordinals = nullptr;  ///< By site: allocated there so far.
std::uint64_t epoch = 0;
std::size_t hashedBytes = 0;
constexpr std::size_t kMaxHashed = std::size_t{4} << 30;

void *zeroed(std::size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

bool ready() {
  if (!blocks)
    blocks = static_cast<Block *>(zeroed(kBlocks * sizeof(Block)));
  if (!ordinals)
    ordinals =
        static_cast<std::uint32_t *>(zeroed(kBlocks * sizeof(*ordinals)));
  return blocks != nullptr && ordinals != nullptr;
}

/// Heap, libraries and stack, as they lie with and without randomisation.
bool looksLikeAddress(std::uint64_t word) {
  return word >> 40 == 0x7f || word >> 40 == 0x55 || word >> 40 == 0x56;
}

std::uint64_t hashOf(const Block &block) {
  const auto *words = reinterpret_cast<const std::uint64_t *>(block.address);
  std::uint64_t hash = block.size;
  for (std::size_t i = 0; i < block.size / 8; ++i)
    hash = mix(hash ^ (looksLikeAddress(words[i]) ? 0 : words[i]));
  std::uint64_t rest = 0;
  std::memcpy(&rest, words + block.size / 8, block.size % 8);
  hashedBytes += block.size;
  return mix(hash ^ rest);
}

void addContent(const Block &block) {
  constexpr std::size_t kMost = 1 << 22;
  const auto *bytes = reinterpret_cast<const unsigned char *>(block.address);
  add("content %llx ", static_cast<unsigned long long>(block.id));
  for (std::size_t i = 0; i < block.size && i < kMost; ++i)
    add("%02x", bytes[i]);
  add("%c", '\n');
}

bool isAskedFor(std::uint64_t id) {
  for (unsigned i = 0; i < wanted().cellCount; ++i)
    if (wanted().cells[i].block == id)
      return true;
  return false;
}

// -- Stores ------------------------------------------------------------------

struct Watch {
  long file = -1;
  std::uintptr_t address = 0;
};
constinit Watch watches[TrailConfig::kMaxCells] = {};
struct sigaction otherTraps;
unsigned storeCount = 0;
constexpr unsigned kMaxStores = 50'000;

void onStore(int signal, siginfo_t *details, void *raw) {
  constexpr int kPerf = 6;  // TRAP_PERF
  if (details->si_code != kPerf) {
    if ((otherTraps.sa_flags & SA_SIGINFO) != 0)
      otherTraps.sa_sigaction(signal, details, raw);
    return;
  }
  const Inside inside;
  std::uint64_t cell =
      0;  // perf_event_attr::sig_data; glibc has no name for it.
  std::memcpy(&cell, reinterpret_cast<char *>(&details->si_addr) + 8,
              sizeof cell);
  if (cell >= TrailConfig::kMaxCells || storeCount >= kMaxStores)
    return;
  const Locked locked(lock);
  ++storeCount;
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<void *>(watches[cell].address),
              sizeof value);
  add("store %llu %08x", static_cast<unsigned long long>(cell), value);
#ifdef __x86_64__
  addFrame(static_cast<std::uintptr_t>(
               static_cast<ucontext_t *>(raw)->uc_mcontext.gregs[REG_RIP]) -
           1);
#endif
  add("%c", '\n');
}

void watch(unsigned cell, std::uintptr_t address) {
  if (watches[cell].file >= 0)
    return;
  struct sigaction handler{};
  handler.sa_sigaction = onStore;
  handler.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (!otherTraps.sa_handler)
    next<int(int, const struct sigaction *, struct sigaction *)>("sigaction")(
        SIGTRAP, &handler, &otherTraps);
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_BREAKPOINT;
  attributes.size = sizeof attributes;
  attributes.bp_type = HW_BREAKPOINT_W;
  attributes.bp_addr = address;
  attributes.bp_len = HW_BREAKPOINT_LEN_4;
  attributes.sample_period = 1;
  attributes.exclude_kernel = attributes.exclude_hv = 1;
  attributes.sigtrap = attributes.remove_on_exec = 1;
  attributes.inherit = attributes.inherit_thread = 1;
  attributes.sig_data = cell;
  watches[cell].address = address;
  watches[cell].file =
      kernel(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (watches[cell].file < 0)
    add("no-watch %d\n", errno);
}

void watchBlock(const Block &block) {
  for (unsigned i = 0; i < wanted().cellCount; ++i)
    if (wanted().cells[i].block == block.id && wanted().watch)
      watch(i, block.address + wanted().cells[i].offset);
}

void unwatch(const Block &block) {
  for (unsigned i = 0; i < wanted().cellCount; ++i)
    if (wanted().cells[i].block == block.id && watches[i].file >= 0) {
      kernel(SYS_close, watches[i].file);
      watches[i].file = -1;
    }
}

// -- Epochs ------------------------------------------------------------------

/// Where `watch` and `contents` begin to count.
bool isTime() { return epoch >= wanted().epoch; }

void takeStock() {
  add("epoch %llu\n", static_cast<unsigned long long>(++epoch));
  const bool contents = wanted().contents && epoch == wanted().epoch;
  for (std::size_t i = 0; blocks && i < kBlocks; ++i) {
    Block &block = blocks[i];
    if (block.address <= 1)
      continue;
    if (contents && isAskedFor(block.id))
      addContent(block);
    if (wanted().watch && epoch == wanted().epoch)
      watchBlock(block);
    if (!wanted().blocks || hashedBytes > kMaxHashed)
      continue;
    if (const std::uint64_t hash = hashOf(block); hash != block.hash) {
      block.hash = hash;
      add("block %llx %zu %llx %llx\n",
          static_cast<unsigned long long>(block.id), block.size,
          static_cast<unsigned long long>(hash),
          static_cast<unsigned long long>(block.site));
    }
  }
}

// -- stdout ------------------------------------------------------------------

FILE *original = nullptr, *replacement = nullptr;
std::uint64_t written = 0;

/// glibc's stdio does not call write() through its symbol, so stdout becomes a
/// stream of ours.
ssize_t onWrite(void *, const char *data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const long n = kernel(SYS_write, 1, data + done, size - done);
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  if (self.busy == 0) {
    const Inside inside;
    const Locked locked(lock);
    if (wanted().print && wanted().printed >= written &&
        wanted().printed < written + size) {
      add("%s", "printed");
      std::uintptr_t stack[32];
      const int depth = callStack(stack, 32);
      for (int i = 0; i < depth; ++i)
        addFrame(stack[i]);
      add("%c", '\n');
    }
    if (!wanted().print)
      takeStock();
  }
  written += size;
  return static_cast<ssize_t>(done);
}

__attribute__((constructor)) void start() {
  if (!config().active || !wanted().any)
    return;
  const Inside inside;
  original = stdout;
  cookie_io_functions_t functions{};
  functions.write = onWrite;
  replacement = fopencookie(nullptr, "w", functions);
  if (!replacement)
    return;
  // Each call by itself to find its caller, each line to take stock.
  setvbuf(replacement, nullptr, wanted().print ? _IONBF : _IOLBF, 1 << 12);
  stdout = replacement;
}

__attribute__((destructor)) void finish() {
  if (!config().active || !wanted().any)
    return;
  if (replacement)
    std::fflush(replacement);
  const Inside inside;
  const Locked locked(lock);
  takeStock();
  flush();
}

FILE *redirected(FILE *stream) {
  return stream == original && replacement ? replacement : stream;
}

}  // namespace

void noteAllocation(void *address, std::size_t size) {
  if (!address || size < kSmallest || !trailing())
    return;
  const Inside inside;
  const Site site = callSite(Factor::HeapFill, "malloc");
  const Locked locked(lock);
  if (!ready() || live > kBlocks / 2)
    return;
  const std::uint32_t ordinal = ++ordinals[site.id % kBlocks];
  std::size_t i = mix(reinterpret_cast<std::uintptr_t>(address)) % kBlocks;
  while (blocks[i].address > 1)
    i = (i + 1) % kBlocks;
  blocks[i] = {reinterpret_cast<std::uintptr_t>(address), size,
               mix(site.id ^ mix(ordinal)), site.id, 0};
  ++live;
  if (isTime())
    watchBlock(blocks[i]);
}

void noteRelease(void *address) {
  if (!address || !blocks || !trailing())
    return;
  const Inside inside;
  const Locked locked(lock);
  std::size_t i = mix(reinterpret_cast<std::uintptr_t>(address)) % kBlocks;
  for (; blocks[i].address != 0; i = (i + 1) % kBlocks)
    if (blocks[i].address == reinterpret_cast<std::uintptr_t>(address)) {
      unwatch(blocks[i]);
      blocks[i].address = 1;
      --live;
      return;
    }
}

// std::cout has remembered the stream before it was replaced.

HOOK(std::size_t, fwrite, const void *data, std::size_t size, std::size_t count,
     FILE *stream) {
  return REAL(fwrite)(data, size, count, redirected(stream));
}

HOOK(int, putc, int character, FILE *stream) {
  return REAL(putc)(character, redirected(stream));
}

}  // namespace reproaudit::perturb
