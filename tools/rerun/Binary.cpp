// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Binary.h"

#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"

#include <memory>

namespace reproaudit {
namespace fs = std::filesystem;
using namespace llvm;

fs::path executableOf(const std::string &command, const fs::path &directory) {
  if (command.find('/') != std::string::npos)
    return directory / command;
  const auto found = sys::findProgramByName(command);
  return found ? fs::path(*found) : fs::path();
}

namespace {

/// `0f c7 /6` and `/7` with a register: rdrand and rdseed, if an instruction
/// starts there or up to two prefixes before.
bool isDraw(ArrayRef<uint8_t> code) {
  std::size_t i = 0;
  while (i < code.size() && i < 2 && (code[i] == 0x66 || code[i] >> 4 == 4))
    ++i;
  return code.size() >= i + 3 && code[i] == 0x0f && code[i + 1] == 0xc7 &&
         code[i + 2] >= 0xf0;
}

bool mayHoldDraw(ArrayRef<uint8_t> code) {
  for (std::size_t i = 0; i + 3 <= code.size(); ++i)
    if (isDraw(code.slice(i, 3)))
      return true;
  return false;
}

/// Finds the borders of instructions.
class Disassembler {
public:
  Disassembler() {
    InitializeNativeTarget();
    InitializeNativeTargetDisassembler();
    const Triple triple("x86_64-unknown-linux-gnu");
    std::string error;
    const Target *target = TargetRegistry::lookupTarget(triple, error);
    if (!target)
      return;
    registers_.reset(target->createMCRegInfo(triple));
    assembly_.reset(target->createMCAsmInfo(*registers_, triple, {}));
    subtarget_.reset(target->createMCSubtargetInfo(triple, "", ""));
    context_ = std::make_unique<MCContext>(triple, assembly_.get(),
                                           registers_.get(), subtarget_.get());
    disassembler_.reset(target->createMCDisassembler(*subtarget_, *context_));
  }

  /// The length of the instruction at the start of \p code; 1 if it is none.
  std::uint64_t length(ArrayRef<uint8_t> code, std::uint64_t address) const {
    MCInst instruction;
    std::uint64_t size = 0;
    if (!disassembler_ ||
        disassembler_->getInstruction(instruction, size, code, address,
                                      nulls()) != MCDisassembler::Success)
      return 1;
    return size;
  }

private:
  std::unique_ptr<MCRegisterInfo> registers_;
  std::unique_ptr<MCAsmInfo> assembly_;
  std::unique_ptr<MCSubtargetInfo> subtarget_;
  std::unique_ptr<MCContext> context_;
  std::unique_ptr<MCDisassembler> disassembler_;
};

void findDraws(const object::SectionRef &section, Binary &binary) {
  auto bytes = section.getContents();
  if (!bytes)
    return consumeError(bytes.takeError());
  const ArrayRef<uint8_t> code = arrayRefFromStringRef(*bytes);
  if (!mayHoldDraw(code))
    return;
  const Disassembler disassembler;
  for (std::uint64_t i = 0; i < code.size();) {
    if (isDraw(code.slice(i)))
      binary.draws.push_back(section.getAddress() + i);
    i += disassembler.length(code.slice(i), section.getAddress() + i);
  }
}

}  // namespace

Binary readBinary(const fs::path &path) {
  Binary binary;
  auto file = object::ObjectFile::createObjectFile(path.string());
  if (!file) {
    consumeError(file.takeError());
    return binary;
  }
  const auto *elf = dyn_cast<object::ELF64LEObjectFile>(file->getBinary());
  if (!elf || elf->getArch() != Triple::x86_64)
    return binary;
  for (const object::SectionRef &section : elf->sections())
    if (section.isText())
      findDraws(section, binary);
  for (const object::SymbolRef &symbol : elf->symbols()) {
    auto name = symbol.getName();
    if (!name) {
      consumeError(name.takeError());
      continue;
    }
    binary.traces |= *name == "reproaudit_trace_put";
    if (*name == "__cpu_model")
      binary.processorModel = cantFail(symbol.getAddress());
  }
  return binary;
}

}  // namespace reproaudit
