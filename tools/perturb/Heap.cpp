// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// malloc: fills fresh memory, and can hand out blocks in random address order.
///
/// The order matters to std::set<T *>, to sorts by address and to pointer
/// hashes. Other randomisation does not change it: ASLR moves the whole heap.
#include "Perturb.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

extern "C" {
void *__libc_malloc(std::size_t);
void __libc_free(void *);
void *__libc_calloc(std::size_t, std::size_t);
void *__libc_realloc(void *, std::size_t);
void *__libc_memalign(std::size_t, std::size_t);
}

namespace reproaudit::perturb {
namespace {

// -- Blocks in random order --------------------------------------------------

constexpr std::size_t kGranule = 1 << 16;
constexpr std::size_t kArena = std::size_t{1} << 36;  // Reserved, not used.
constexpr std::size_t kLargest = 1 << 20;

/// Sizes up to 1 KiB in steps of 16 bytes, above four per power of two.
constexpr unsigned kSteps = 64;
constexpr unsigned kClasses = kSteps + 4 * 10;

unsigned classOf(std::size_t size) {
  if (size <= 16 * kSteps)
    return size == 0 ? 0 : static_cast<unsigned>((size + 15) / 16 - 1);
  const auto log = static_cast<unsigned>(63 - __builtin_clzll(size - 1));
  return kSteps + 4 * (log - 10) +
         static_cast<unsigned>(((size - 1) >> (log - 2)) & 3);
}

std::size_t sizeOf(unsigned sizeClass) {
  if (sizeClass < kSteps)
    return 16 * (sizeClass + 1);
  const unsigned log = 10 + (sizeClass - kSteps) / 4;
  return std::size_t{5 + (sizeClass - kSteps) % 4} << (log - 2);
}

void *reserve(std::size_t size, int access) {
  void *memory = mmap(nullptr, size, access,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

/// The free blocks of one size.
struct Pool {
  void **blocks;
  std::size_t count, capacity;

  void push(void *block) {
    if (count == capacity)
      grow();
    if (count < capacity)
      blocks[count++] = block;
  }
  void *take(std::uint64_t random) {
    const std::size_t i = random % count;
    void *block = blocks[i];
    blocks[i] = blocks[--count];
    return block;
  }

private:
  void grow() {
    const std::size_t wanted = capacity == 0 ? 8192 : 2 * capacity;
    auto **bigger = static_cast<void **>(
        reserve(wanted * sizeof(void *), PROT_READ | PROT_WRITE));
    if (!bigger)
      return;
    if (blocks) {
      std::memcpy(bigger, blocks, count * sizeof(void *));
      munmap(blocks, capacity * sizeof(void *));
    }
    blocks = bigger;
    capacity = wanted;
  }
};

struct ShuffledHeap {
  Lock lock;
  char *arena;
  std::size_t used;
  unsigned char *classOfGranule;
  std::uint64_t random;
  Pool pools[kClasses];

  bool owns(const void *block) const {
    return arena != nullptr && block >= arena && block < arena + kArena;
  }
  unsigned classAt(const void *block) const {
    return classOfGranule[(static_cast<const char *>(block) - arena) /
                          kGranule];
  }
  void *allocate(std::size_t size);
  void release(void *block) {
    const Locked locked(lock);
    pools[classAt(block)].push(block);
  }

private:
  bool start();
  void refill(unsigned sizeClass);
} heap;

bool ShuffledHeap::start() {
  classOfGranule = static_cast<unsigned char *>(
      reserve(kArena / kGranule, PROT_READ | PROT_WRITE));
  arena = static_cast<char *>(reserve(kArena, PROT_NONE));
  random = mix(seedOf(Factor::HeapOrder));
  return arena != nullptr && classOfGranule != nullptr;
}

void ShuffledHeap::refill(unsigned sizeClass) {
  const std::size_t size = sizeOf(sizeClass);
  const std::size_t chunk =
      8 * size < kGranule ? kGranule
                          : (8 * size + kGranule - 1) / kGranule * kGranule;
  // Only what is in use counts against a limit of memory.
  if (used + chunk > kArena ||
      mprotect(arena + used, chunk, PROT_READ | PROT_WRITE) != 0)
    return;
  std::memset(classOfGranule + used / kGranule, static_cast<int>(sizeClass),
              chunk / kGranule);
  for (std::size_t i = 0; i < chunk / size; ++i)
    pools[sizeClass].push(arena + used + i * size);
  used += chunk;
}

void *ShuffledHeap::allocate(std::size_t size) {
  const Locked locked(lock);
  if (!arena && !start())
    return nullptr;
  const unsigned sizeClass = classOf(size);
  Pool &pool = pools[sizeClass];
  if (pool.count < 8)
    refill(sizeClass);
  if (pool.count == 0)
    return nullptr;
  random = mix(random + 0x9e3779b97f4a7c15ULL);
  return pool.take(random);
}

// -- Fresh memory ------------------------------------------------------------

std::size_t usableSize(void *block) {
  if (heap.owns(block))
    return sizeOf(heap.classAt(block));
  // The word before a block of glibc: its size and three flags.
  return block ? (static_cast<std::size_t *>(block)[-1] & ~std::size_t{7}) - 8
               : 0;
}

constexpr std::size_t kFillLimit = 1 << 26;

/// Large blocks come zeroed from the kernel; touching them costs memory.
bool isZeroed(void *block) {
  return !heap.owns(block) && (static_cast<std::size_t *>(block)[-1] & 2) != 0;
}

void fill(void *block, std::size_t from, std::size_t to, unsigned char byte) {
  if (to <= from || (byte == 0 && isZeroed(block)))
    return;
  const std::size_t size = to - from < kFillLimit ? to - from : kFillLimit;
  std::memset(static_cast<char *>(block) + from, byte, size);
}

/// What the current allocation is to be given.
struct Request {
  bool shuffled = false;
  unsigned char byte = 0;
};

Request request() {
  Request result;
  if (self.busy != 0)
    return result;
  const Inside inside;
  Site site;
  if (config().siteCount != 0 &&
      (seedOf(Factor::HeapFill) != 0 || seedOf(Factor::HeapOrder) != 0))
    site = callSite(seedOf(Factor::HeapFill) != 0 ? Factor::HeapFill
                                                  : Factor::HeapOrder,
                    "malloc");
  if (perturbs(Factor::HeapFill, site))
    result.byte = fillByte(Factor::HeapFill);
  result.shuffled = perturbs(Factor::HeapOrder, site);
  return result;
}

void *provide(std::size_t size) {
  const Request wanted = request();
  void *block = nullptr;
  if (wanted.shuffled && size <= kLargest)
    block = heap.allocate(size);
  if (!block)
    block = __libc_malloc(size);
  if (block)
    fill(block, 0, size, wanted.byte);
  return block;
}

void *allocate(std::size_t size) {
  if (!config().active || !config().pinned)
    return __libc_malloc(size);
  void *block = provide(size);
  noteAllocation(block, size);
  return block;
}

void release(void *block) {
  noteRelease(block);
  if (heap.owns(block))
    heap.release(block);
  else
    __libc_free(block);
}

void *allocateAligned(std::size_t alignment, std::size_t size) {
  void *block = __libc_memalign(alignment, size);
  if (block && config().active && config().pinned)
    fill(block, 0, size, request().byte);
  noteAllocation(block, size);
  return block;
}

void *moveTo(void *old, std::size_t size) {
  const std::size_t oldSize = usableSize(old);
  void *block = allocate(size);
  if (!block)
    return nullptr;
  std::memcpy(block, old, oldSize < size ? oldSize : size);
  release(old);
  return block;
}

}  // namespace

HOOK(void *, malloc, std::size_t size) { return cleanBelow(allocate(size)); }

HOOK(void, free, void *block) {
  release(block);
  cleanBelow<void>(nullptr);
}

HOOK(void *, calloc, std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (seedOf(Factor::HeapOrder) == 0 ||
      __builtin_mul_overflow(count, size, &bytes) || bytes > kLargest) {
    void *block = __libc_calloc(count, size);
    noteAllocation(block, count * size);
    return block;
  }
  void *block = allocate(bytes);
  if (block)
    std::memset(block, 0, bytes);
  return block;
}

HOOK(void *, realloc, void *old, std::size_t size) {
  if (!old)
    return allocate(size);
  if (size == 0) {
    release(old);
    return nullptr;
  }
  if (heap.owns(old))
    return moveTo(old, size);
  if (!config().active || !config().pinned)
    return __libc_realloc(old, size);
  const std::size_t oldSize = usableSize(old);
  noteRelease(old);
  void *block = __libc_realloc(old, size);
  if (block)
    fill(block, oldSize, size, request().byte);
  noteAllocation(block, size);
  return block;
}

HOOK(void *, memalign, std::size_t alignment, std::size_t size) {
  return allocateAligned(alignment, size);
}

HOOK(void *, aligned_alloc, std::size_t alignment, std::size_t size) {
  return allocateAligned(alignment, size);
}

HOOK(int, posix_memalign, void **result, std::size_t alignment,
     std::size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0)
    return EINVAL;
  *result = allocateAligned(alignment, size);
  return *result ? 0 : ENOMEM;
}

HOOK(std::size_t, malloc_usable_size, void *block) { return usableSize(block); }

}  // namespace reproaudit::perturb
