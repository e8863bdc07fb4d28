// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Orders that the C and C++ standards leave open: iteration over unordered
/// containers, elements that compare equal.
#include "Perturb.h"

#include <cstdlib>
#include <cstring>

namespace reproaudit::perturb {
namespace {

// -- libstdc++ ---------------------------------------------------------------
//
// A container keeps one list of elements; every rehash reorders it. Its rehash
// policy, a member, decides when that happens and how many buckets there are,
// and is compiled into libstdc++.so. Hash values themselves stay as they are:
// insert and find must agree, and policies belong to one container each.

struct RehashPolicy {
  float maxLoadFactor;
  std::size_t nextResize;
};

/// std::pair<bool, std::size_t>, as returned in registers.
struct Rehash {
  bool needed;
  std::size_t buckets;
};

struct Container {
  const void *policy;
  Site site;
  std::uint64_t events;
};

/// The containers seen last, by address. Two that share a slot, or an address
/// one after the other, are told apart by the first event of a new one.
Container containers[1 << 14];
Lock containersLock;

Container containerOf(const void *policy, bool isNew) {
  Container &slot = containers[mix(reinterpret_cast<std::uintptr_t>(policy)) %
                               (sizeof containers / sizeof *containers)];
  if (isNew || slot.policy != policy) {
    const Site site = callSite(Factor::HashOrder, "unordered-container");
    const Locked locked(containersLock);
    slot = {policy, site, 0};
  }
  const Locked locked(containersLock);
  ++slot.events;
  return slot;
}

std::uint64_t choice(const Container &container) {
  return mix(seedOf(Factor::HashOrder) * 31 ^ container.site.id ^
             container.events << 40);
}

constexpr std::size_t kSmall = 32;

/// Whether a container of \p elements is rehashed although it needs not: often
/// while it is small, so that four elements change places too.
bool rehashesAnyway(std::uint64_t random, std::size_t elements) {
  const std::size_t oneOf = elements < kSmall ? 2
                            : elements < 256  ? 16
                                              : 8 * elements;
  return elements > 0 && (random & 0xffffff) % oneOf == 0;
}

}  // namespace

// std::__detail::_Prime_rehash_policy::_M_next_bkt and _M_need_rehash.
HOOK(std::size_t, _ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm,
     const RehashPolicy *policy, std::size_t buckets) {
  const auto real = REAL(_ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm);
  if (!enabled() || !config().pinned || buckets == 0)
    return real(policy, buckets);
  const Inside inside;
  if (seedOf(Factor::HashOrder) == 0) {
    acknowledge(Factor::HashOrder);
    return real(policy, buckets);
  }
  const Container container = containerOf(policy, true);
  if (!perturbs(Factor::HashOrder, container.site))
    return real(policy, buckets);
  return real(policy, buckets + 1 + choice(container) % (buckets / 2 + 8));
}

HOOK(Rehash, _ZNKSt8__detail20_Prime_rehash_policy14_M_need_rehashEmmm,
     const RehashPolicy *policy, std::size_t buckets, std::size_t elements,
     std::size_t inserted) {
  const auto real =
      REAL(_ZNKSt8__detail20_Prime_rehash_policy14_M_need_rehashEmmm);
  if (!enabled() || !config().pinned)
    return real(policy, buckets, elements, inserted);
  const Inside inside;
  Rehash rehash = real(policy, buckets, elements, inserted);
  if (seedOf(Factor::HashOrder) == 0) {
    acknowledge(Factor::HashOrder);
    return rehash;
  }
  const Container container =
      containerOf(policy, buckets == 1 && elements == 0);
  if (!perturbs(Factor::HashOrder, container.site))
    return rehash;
  const std::uint64_t random = choice(container);
  const auto nextBuckets =
      REAL(_ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm);
  if (rehash.needed) {
    rehash.buckets = nextBuckets(
        policy, rehash.buckets + (random >> 8) % (rehash.buckets / 2 + 8));
  } else if (rehashesAnyway(random, elements)) {
    const std::size_t least = elements + inserted;
    const std::size_t wanted = elements < kSmall
                                   ? 1 + (random >> 24) % (least * 3)
                                   : least + buckets + (random >> 24) % 16;
    // Few buckets, down to a single one, are what moves the first element.
    rehash = {true, wanted <= 13 ? wanted : nextBuckets(policy, wanted)};
  }
  return rehash;
}

// -- Hash values -------------------------------------------------------------

/// std::_Hash_bytes: std::hash of strings and floating-point numbers. All calls
/// get the same salt, so there is one site, where the first call came from.
HOOK(std::size_t, _ZSt11_Hash_bytesPKvmm, const void *data, std::size_t size,
     std::size_t seed) {
  const std::size_t hash = REAL(_ZSt11_Hash_bytesPKvmm)(data, size, seed);
  if (!enabled() || !config().pinned || seedOf(Factor::HashOrder) == 0) {
    acknowledge(Factor::HashOrder);
    return hash;
  }
  static Site site;
  if (site.id == 0) {
    const Inside inside;
    site = callSite(Factor::HashOrder, "std::hash");
  }
  if (!perturbs(Factor::HashOrder, site))
    return hash;
  return mix(hash ^ mix(seedOf(Factor::HashOrder)));
}

// -- libc++ ------------------------------------------------------------------

/// std::__1::__next_prime. libc++ asks whenever a container changes its number
/// of buckets; it moves all elements to the answer, even a smaller one.
HOOK(std::size_t, _ZNSt3__112__next_primeEm, std::size_t buckets) {
  const auto real = REAL(_ZNSt3__112__next_primeEm);
  if (!enabled() || !config().pinned || buckets == 0)
    return real(buckets);
  const Inside inside;
  if (seedOf(Factor::HashOrder) == 0) {
    acknowledge(Factor::HashOrder);
    return real(buckets);
  }
  const Site site = callSite(Factor::HashOrder, "unordered-container");
  if (!perturbs(Factor::HashOrder, site))
    return real(buckets);
  const std::uint64_t random =
      mix(seedOf(Factor::HashOrder) * 131 ^ site.id ^ ++self.draws);
  if (buckets <= 4096 && random % 2 == 0)
    return real(2 + (random >> 8) % (buckets / 2 + 2));
  return real(buckets + (random >> 8) % (buckets / 2 + 40));
}

// -- qsort -------------------------------------------------------------------

namespace {

void swapBytes(unsigned char *a, unsigned char *b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned char byte = a[i];
    a[i] = b[i];
    b[i] = byte;
  }
}

/// glibc's qsort is stable, others are not: present the elements in an order
/// that leaves another of the equal ones in front.
void shuffleBeforeSort(void *base, std::size_t count, std::size_t size) {
  if (!enabled() || !config().pinned)
    return;
  const Inside inside;
  const Site site = callSite(Factor::SortTies, "qsort");
  if (!perturbs(Factor::SortTies, site))
    return;
  auto *bytes = static_cast<unsigned char *>(base);
  std::uint64_t random = mix(seedOf(Factor::SortTies) * 77 + 1);
  for (std::size_t i = count; i > 1; --i) {
    random = mix(random + i);
    swapBytes(bytes + (i - 1) * size, bytes + random % i * size, size);
  }
}

}  // namespace

HOOK(void, qsort, void *base, std::size_t count, std::size_t size,
     int (*compare)(const void *, const void *)) {
  shuffleBeforeSort(base, count, size);
  REAL(qsort)(base, count, size, compare);
}

HOOK(void, qsort_r, void *base, std::size_t count, std::size_t size,
     int (*compare)(const void *, const void *, void *), void *argument) {
  shuffleBeforeSort(base, count, size);
  REAL(qsort_r)(base, count, size, compare, argument);
}

}  // namespace reproaudit::perturb
