// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/replay.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

struct Known {
  std::uint8_t operation_code;
  std::string_view name;
  bool is_repeatable;
};

// SPC-4 and SBC-3. Operation codes below 20h mean other things to tapes, so of these only the ones that ask are here.
constexpr std::array kKnown{
    Known{0x00, "TEST UNIT READY", true},
    Known{0x12, "INQUIRY", true},
    Known{0x16, "RESERVE(6)", false},
    Known{0x17, "RELEASE(6)", false},
    Known{0x1a, "MODE SENSE(6)", true},
    Known{0x25, "READ CAPACITY(10)", true},
    Known{0x28, "READ(10)", true},
    Known{0x2a, "WRITE(10)", true},
    Known{0x2e, "WRITE AND VERIFY(10)", true},
    Known{0x2f, "VERIFY(10)", true},
    Known{0x34, "PRE-FETCH(10)", true},
    Known{0x35, "SYNCHRONIZE CACHE(10)", true},
    Known{0x41, "WRITE SAME(10)", true},
    Known{0x42, "UNMAP", true},
    Known{0x5a, "MODE SENSE(10)", true},
    Known{0x5e, "PERSISTENT RESERVE IN", true},
    Known{0x5f, "PERSISTENT RESERVE OUT", false},
    Known{0x83, "EXTENDED COPY", false},
    Known{0x88, "READ(16)", true},
    Known{0x89, "COMPARE AND WRITE", false},
    Known{0x8a, "WRITE(16)", true},
    Known{0x8e, "WRITE AND VERIFY(16)", true},
    Known{0x8f, "VERIFY(16)", true},
    Known{0x90, "PRE-FETCH(16)", true},
    Known{0x91, "SYNCHRONIZE CACHE(16)", true},
    Known{0x93, "WRITE SAME(16)", true},
    Known{0x9e, "SERVICE ACTION IN(16)", true},  // READ CAPACITY(16), GET LBA STATUS
    Known{0xa0, "REPORT LUNS", true},
    Known{0xa8, "READ(12)", true},
    Known{0xaa, "WRITE(12)", true},
};

const Known* find(Bytes cdb) {
  if (cdb.empty()) return nullptr;
  const auto* known = std::ranges::find(kKnown, load_u8(cdb.data()), &Known::operation_code);
  return known == kKnown.end() ? nullptr : known;
}

}  // namespace

bool is_repeatable(Bytes cdb) {
  const Known* const known = find(cdb);
  return known != nullptr && known->is_repeatable;
}

std::string command_name(Bytes cdb) {
  if (const Known* const known = find(cdb)) return std::string(known->name);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const unsigned code = cdb.empty() ? 0U : load_u8(cdb.data());
  return std::string("command ") + kDigits[code >> 4] + kDigits[code & 0xf] + "h";
}

}  // namespace lunway::initiator
