// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomApi.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

constexpr GlobalGenerator Rand{"rand()", "srand", false, false};
constexpr GlobalGenerator Random{"random()", "srandom", false, false};
constexpr GlobalGenerator Drand48{"drand48()", "srand48", false, false};
constexpr GlobalGenerator OpenCv{"cv::theRNG()", "cv::setRNGSeed", false, true};
constexpr GlobalGenerator Armadillo{"Armadillo's generator",
                                    "arma::arma_rng::set_seed", false, true};
constexpr GlobalGenerator Mlpack{"mlpack's generator", "mlpack::RandomSeed",
                                 false, true};
constexpr GlobalGenerator Torch{"torch's default generator",
                                "torch::manual_seed", true, false};

constexpr llvm::StringLiteral Clock = "the clock";
constexpr llvm::StringLiteral Process = "the process id";
constexpr llvm::StringLiteral System = "the system's entropy";
constexpr llvm::StringLiteral Cycles = "the cycle counter";
constexpr llvm::StringLiteral Host = "the host name";
constexpr llvm::StringLiteral Uuid = "a random UUID";
constexpr llvm::StringLiteral ThreadNumber = "the thread number";
constexpr llvm::StringLiteral ThreadIdentity = "the thread id";

constexpr RandomFunction entropy(llvm::StringLiteral name,
                                 llvm::StringLiteral source) {
  return {name, RandomRole::Entropy, source, nullptr, 0};
}
constexpr RandomFunction thread(llvm::StringLiteral name,
                                llvm::StringLiteral source) {
  return {name, RandomRole::ThreadId, source, nullptr, 0};
}
constexpr RandomFunction seeds(llvm::StringLiteral name,
                               const GlobalGenerator *generator,
                               unsigned argument = 0) {
  return {name, RandomRole::Seed, "", generator, argument};
}
constexpr RandomFunction draws(llvm::StringLiteral name,
                               const GlobalGenerator &generator) {
  return {name, RandomRole::Draw, "", &generator, 0};
}

constexpr RandomFunction kFunctions[] = {
    entropy("time", Clock),
    entropy("clock", Clock),
    entropy("times", Clock),
    entropy("ftime", Clock),
    entropy("gettimeofday", Clock),
    entropy("clock_gettime", Clock),
    entropy("timespec_get", Clock),
    entropy("GetTickCount", Clock),
    entropy("GetTickCount64", Clock),
    entropy("QueryPerformanceCounter", Clock),
    entropy("GetSystemTimeAsFileTime", Clock),
    entropy("mach_absolute_time", Clock),
    entropy("omp_get_wtime", Clock),
    entropy("MPI_Wtime", Clock),
    entropy("std::chrono::system_clock::now", Clock),
    entropy("std::chrono::steady_clock::now", Clock),
    entropy("std::chrono::utc_clock::now", Clock),
    entropy("std::chrono::file_clock::now", Clock),
    entropy("std::chrono::tai_clock::now", Clock),
    entropy("std::chrono::gps_clock::now", Clock),
    entropy("std::chrono::high_resolution_clock::now", Clock),
    entropy("boost::chrono::system_clock::now", Clock),
    entropy("boost::chrono::steady_clock::now", Clock),
    entropy("boost::chrono::high_resolution_clock::now", Clock),
    entropy("boost::posix_time::second_clock::local_time", Clock),
    entropy("boost::posix_time::second_clock::universal_time", Clock),
    entropy("boost::posix_time::microsec_clock::local_time", Clock),
    entropy("boost::posix_time::microsec_clock::universal_time", Clock),
    entropy("boost::date_time::second_clock::local_time", Clock),
    entropy("boost::date_time::second_clock::universal_time", Clock),
    entropy("boost::date_time::microsec_clock::local_time", Clock),
    entropy("boost::date_time::microsec_clock::universal_time", Clock),
    entropy("absl::Now", Clock),
    entropy("absl::GetCurrentTimeNanos", Clock),
    entropy("cv::getTickCount", Clock),
    entropy("cv::getCPUTickCount", Clock),
    entropy("tbb::tick_count::now", Clock),
    entropy("tbb::detail::d1::tick_count::now", Clock),
    entropy("QTime::currentTime", Clock),
    entropy("QDateTime::currentDateTime", Clock),
    entropy("QDateTime::currentMSecsSinceEpoch", Clock),
    entropy("getpid", Process),
    entropy("getppid", Process),
    entropy("_getpid", Process),
    entropy("GetCurrentProcessId", Process),
    entropy("gethostname", Host),
    entropy("gethostid", Host),
    entropy("uname", Host),
    entropy("getrandom", System),
    entropy("getentropy", System),
    entropy("arc4random", System),
    entropy("arc4random_buf", System),
    entropy("arc4random_uniform", System),
    entropy("RAND_bytes", System),
    entropy("RAND_pseudo_bytes", System),
    entropy("BCryptGenRandom", System),
    entropy("CryptGenRandom", System),
    entropy("rand_s", System),
    entropy("_rdrand16_step", System),
    entropy("_rdrand32_step", System),
    entropy("_rdrand64_step", System),
    entropy("_rdseed16_step", System),
    entropy("_rdseed32_step", System),
    entropy("_rdseed64_step", System),
    entropy("__builtin_ia32_rdrand16_step", System),
    entropy("__builtin_ia32_rdrand32_step", System),
    entropy("__builtin_ia32_rdrand64_step", System),
    entropy("c10::detail::getNonDeterministicRandom", System),
    entropy("at::detail::getNonDeterministicRandom", System),
    entropy("__rdtsc", Cycles),
    entropy("_rdtsc", Cycles),
    entropy("__rdtscp", Cycles),
    entropy("__builtin_ia32_rdtsc", Cycles),
    entropy("__builtin_ia32_rdtscp", Cycles),
    entropy("__builtin_readcyclecounter", Cycles),
    entropy("__builtin_readsteadycounter", Clock),
    entropy("clock64", Cycles),
    entropy("uuid_generate", Uuid),
    entropy("uuid_generate_random", Uuid),
    entropy("uuid_generate_time", Uuid),

    thread("omp_get_thread_num", ThreadNumber),
    thread("tbb::this_task_arena::current_thread_index", ThreadNumber),
    thread("tbb::detail::d1::this_task_arena::current_thread_index",
           ThreadNumber),
    thread("tbb::detail::d1::current_thread_index", ThreadNumber),
    thread("at::get_thread_num", ThreadNumber),
    thread("cv::getThreadNum", ThreadNumber),
    thread("std::this_thread::get_id", ThreadIdentity),
    thread("std::thread::get_id", ThreadIdentity),
    thread("std::jthread::get_id", ThreadIdentity),
    thread("boost::this_thread::get_id", ThreadIdentity),
    thread("pthread_self", ThreadIdentity),
    thread("gettid", ThreadIdentity),
    thread("thrd_current", ThreadIdentity),
    thread("GetCurrentThreadId", ThreadIdentity),

    seeds("srand", &Rand),
    seeds("srandom", &Random),
    seeds("initstate", &Random),
    seeds("srand48", &Drand48),
    seeds("seed48", &Drand48),
    seeds("lcong48", &Drand48),
    seeds("srandom_r", nullptr),
    seeds("initstate_r", nullptr),
    seeds("srand48_r", nullptr),
    seeds("rand_r", nullptr),
    seeds("erand48", nullptr),
    seeds("nrand48", nullptr),
    seeds("jrand48", nullptr),
    seeds("cv::setRNGSeed", &OpenCv),
    seeds("arma::arma_rng::set_seed", &Armadillo),
    {"arma::arma_rng::set_seed_random", RandomRole::EntropicSeed, System,
     &Armadillo, 0},
    seeds("mlpack::RandomSeed", &Mlpack),
    seeds("mlpack::FixedRandomSeed", &Mlpack),
    seeds("mlpack::math::RandomSeed", &Mlpack),
    seeds("at::manual_seed", &Torch),
    seeds("torch::manual_seed", &Torch),
    seeds("torch::cuda::manual_seed", nullptr),
    seeds("torch::cuda::manual_seed_all", nullptr),
    seeds("at::detail::createCPUGenerator", nullptr),
    seeds("at::Generator::set_current_seed", nullptr),
    {"at::Generator::seed", RandomRole::EntropicSeed, System, nullptr, 0},
    seeds("gsl_rng_set", nullptr, 1),
    seeds("curandSetPseudoRandomGeneratorSeed", nullptr, 1),
    seeds("hiprandSetPseudoRandomGeneratorSeed", nullptr, 1),
    seeds("rocrand_set_seed", nullptr, 1),
    seeds("curand_init", nullptr),
    seeds("hiprand_init", nullptr),
    seeds("vslNewStream", nullptr, 2),
    seeds("init_genrand", nullptr),
    seeds("dsfmt_init_gen_rand", nullptr, 1),
    seeds("sfmt_init_gen_rand", nullptr, 1),
    seeds("af::setSeed", nullptr),
    seeds("dlib::rand::set_seed", nullptr),
    seeds("TRandom::SetSeed", nullptr),

    draws("rand", Rand),
    draws("Eigen::DenseBase::Random", Rand),
    draws("Eigen::DenseBase::setRandom", Rand),
    draws("Eigen::PlainObjectBase::setRandom", Rand),
    draws("Eigen::internal::random", Rand),
    draws("random", Random),
    draws("drand48", Drand48),
    draws("lrand48", Drand48),
    draws("mrand48", Drand48),
    draws("cv::randu", OpenCv),
    draws("cv::randn", OpenCv),
    draws("cv::randShuffle", OpenCv),
    draws("arma::randu", Armadillo),
    draws("arma::randn", Armadillo),
    draws("arma::randi", Armadillo),
    draws("arma::randg", Armadillo),
    draws("arma::randperm", Armadillo),
    draws("arma::shuffle", Armadillo),
    draws("arma::Mat::randu", Armadillo),
    draws("arma::Mat::randn", Armadillo),
    draws("arma::Col::randu", Armadillo),
    draws("arma::Col::randn", Armadillo),
    draws("mlpack::Random", Mlpack),
    draws("mlpack::RandInt", Mlpack),
    draws("mlpack::RandNormal", Mlpack),
    draws("mlpack::RandBernoulli", Mlpack),
    draws("mlpack::math::Random", Mlpack),
    draws("mlpack::math::RandInt", Mlpack),
    draws("mlpack::math::RandNormal", Mlpack),
    draws("at::rand", Torch),
    draws("at::randn", Torch),
    draws("at::randint", Torch),
    draws("at::randperm", Torch),
    draws("at::bernoulli", Torch),
    draws("at::multinomial", Torch),
    draws("at::normal", Torch),
    draws("torch::rand", Torch),
    draws("torch::randn", Torch),
    draws("torch::randint", Torch),
    draws("torch::randperm", Torch),
    draws("torch::rand_like", Torch),
    draws("torch::randn_like", Torch),
    draws("torch::normal", Torch),
};

constexpr llvm::StringLiteral kEntropyClasses[] = {
    "std::random_device",
    "boost::random::random_device",
    "boost::random_device",
    "pcg_extras::seed_seq_from",
    "randutils::auto_seeded",
    "boost::uuids::random_generator",
    "boost::uuids::random_generator_pure",
};

/// Their default constructors seed with a constant that the code never shows.
constexpr llvm::StringLiteral kLibraryEngines[] = {
    "std::mersenne_twister_engine",
    "std::linear_congruential_engine",
    "std::subtract_with_carry_engine",
    "std::discard_block_engine",
    "std::shuffle_order_engine",
    "std::independent_bits_engine",
    "std::philox_engine",
    "boost::random::mersenne_twister_engine",
    "boost::random::linear_congruential_engine",
    "boost::random::subtract_with_carry_engine",
    "boost::random::lagged_fibonacci_01_engine",
    "boost::random::discard_block_engine",
    "boost::random::shuffle_order_engine",
    "boost::random::independent_bits_engine",
    "boost::random::additive_combine_engine",
    "boost::random::inversive_congruential_engine",
    "thrust::random::linear_congruential_engine",
    "thrust::random::subtract_with_carry_engine",
    "thrust::random::discard_block_engine",
    "thrust::random::xor_combine_engine",
    "cv::RNG",
    "cv::RNG_MT19937",
    "dlib::rand",
    "pcg_detail::engine",
    "pcg_detail::extended",
};

using FunctionTable =
    llvm::StringMap<llvm::SmallVector<const RandomFunction *, 2>>;

FunctionTable byLastName() {
  FunctionTable table;
  for (const RandomFunction &function : kFunctions) {
    const size_t colon = function.name.rfind(':');
    table[colon == StringRef::npos ? StringRef(function.name)
                                   : function.name.substr(colon + 1)]
        .push_back(&function);
  }
  return table;
}

const CXXRecordDecl *recordOf(QualType type) {
  return type.isNull() ? nullptr
                       : type.getNonReferenceType()->getAsCXXRecordDecl();
}

bool isAnyOf(const CXXRecordDecl *record,
             llvm::ArrayRef<llvm::StringLiteral> names) {
  const IdentifierInfo *id = record->getIdentifier();
  if (!id)
    return false;
  const auto sameLastName = [&](StringRef name) {
    return name.ends_with(id->getName());
  };
  if (llvm::none_of(names, sameLastName))
    return false;
  return llvm::is_contained(names, plainName(record));
}

/// True if \p record is the project's own uniform random bit generator.
bool hasGeneratorInterface(const CXXRecordDecl *record) {
  if (!record->hasDefinition() || !record->getIdentifier())
    return false;
  bool resultType = false;
  bool minimum = false;
  bool draw = false;
  for (const Decl *member : record->getDefinition()->decls()) {
    const auto *named = dyn_cast<NamedDecl>(member);
    if (!named)
      continue;
    if (isa<TypedefNameDecl>(named))
      resultType |= named->getName() == "result_type";
    const auto *method = dyn_cast<CXXMethodDecl>(named);
    if (!method)
      continue;
    minimum |= method->isStatic() && method->getIdentifier() &&
               method->getName() == "min";
    draw |= method->getOverloadedOperator() == OO_Call &&
            method->param_empty() && !method->isConst();
  }
  return resultType && minimum && draw;
}

/// `rngSeed`, `rng_seed` and `RNG_SEED` are the words rng and seed.
llvm::SmallVector<std::string, 4> wordsOf(StringRef name) {
  llvm::SmallVector<std::string, 4> words;
  char before = '_';
  for (const char c : name) {
    const bool starts =
        llvm::isAlpha(c) && (!llvm::isAlpha(before) ||
                             (llvm::isUpper(c) && !llvm::isUpper(before)));
    if (starts)
      words.emplace_back();
    if (llvm::isAlpha(c))
      words.back() += llvm::toLower(c);
    before = c;
  }
  return words;
}

bool hasWord(StringRef name, llvm::ArrayRef<llvm::StringLiteral> wanted) {
  const auto words = wordsOf(name);
  return llvm::any_of(words, [&](const std::string &word) {
    return llvm::is_contained(wanted, StringRef(word));
  });
}

}  // namespace

std::string plainName(const NamedDecl *decl) {
  PrintingPolicy policy(decl->getASTContext().getPrintingPolicy());
  policy.SuppressInlineNamespace =
      llvm::to_underlying(PrintingPolicy::SuppressInlineNamespaceMode::All);
  policy.SuppressUnwrittenScope = true;
  std::string name;
  llvm::raw_string_ostream out(name);
  decl->printQualifiedName(out, policy);
  // Specialisations print their arguments; the template is what we list.
  if (const size_t angle = name.find('<'); angle != std::string::npos)
    if (const size_t close = name.rfind('>'); close != std::string::npos)
      name.erase(angle, close - angle + 1);
  return name;
}

const RandomFunction *randomFunction(const FunctionDecl *function) {
  static const FunctionTable kTable = byLastName();
  const IdentifierInfo *id = function->getIdentifier();
  if (!id)
    return nullptr;
  const auto found = kTable.find(id->getName());
  if (found == kTable.end())
    return nullptr;
  const std::string name = plainName(function);
  for (const RandomFunction *candidate : found->second)
    if (candidate->name == name)
      return candidate;
  return nullptr;
}

const GlobalGenerator &cGenerator() { return Rand; }

bool isEntropyClass(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record && isAnyOf(record, kEntropyClasses);
}

bool isLibraryEngine(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record && isAnyOf(record, kLibraryEngines);
}

bool isEngine(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record && !isAnyOf(record, kEntropyClasses) &&
         (isAnyOf(record, kLibraryEngines) || hasGeneratorInterface(record));
}

bool isDistribution(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  const IdentifierInfo *id = record ? record->getIdentifier() : nullptr;
  if (!id || !id->getName().ends_with("_distribution"))
    return false;
  return llvm::any_of(record->decls(), [](const Decl *member) {
    const auto *named = dyn_cast<TypedefNameDecl>(member);
    return named && named->getName() == "result_type";
  });
}

bool isRandomShuffle(const FunctionDecl *function) {
  const IdentifierInfo *id = function->getIdentifier();
  return id && id->isStr("random_shuffle") && function->isInStdNamespace();
}

bool soundsLikeSeed(StringRef name) {
  if (hasWord(name, {"seed", "randomseed", "rngseed", "srand"}))
    return true;
  const auto words = wordsOf(name);
  return words.size() == 2 && words[0] == "random" && words[1] == "state";
}

bool wantsUnpredictable(const Decl *decl) {
  constexpr llvm::StringLiteral kPurposes[] = {
      "crypto", "uuid", "guid",   "nonce",   "token",    "salt",
      "secret", "ssl",  "tls",    "session", "password", "cookie",
      "temp",   "tmp",  "jitter", "backoff", "suffix",   "tempfile"};
  constexpr llvm::StringLiteral kKey[] = {"key", "keys"};
  constexpr llvm::StringLiteral kMakesKey[] = {
      "generate", "make", "new", "private", "secret", "api", "encryption"};
  while (decl) {
    if (const auto *named = dyn_cast<NamedDecl>(decl))
      if (const IdentifierInfo *id = named->getIdentifier()) {
        const StringRef name = id->getName();
        if (hasWord(name, kPurposes) ||
            (hasWord(name, kKey) && hasWord(name, kMakesKey)))
          return true;
      }
    const DeclContext *around = decl->getDeclContext();
    decl = around ? cast<Decl>(around) : nullptr;
  }
  return false;
}

}  // namespace reproaudit
