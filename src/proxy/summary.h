// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One PDU as a line of a log has it: what it is, and its fields by name.
//= rfc7143#11

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/header.h"

namespace lunway::proxy {

struct Summary {
  struct Field {
    std::string_view name;
    std::uint64_t value = 0;
    /// Not 0 for tags and the like, which people know by their hexadecimal form.
    unsigned hex_digits = 0;
    /// What the number means, where the RFC has a word for it.
    std::string_view word{};
  };

  /// The RFC's name of the PDU.
  std::string_view name;
  /// The letters of the bits that are set, as the RFC draws them: "I", "F", "R", ...
  std::string flags;
  std::vector<Field> fields;
  /// Of a SCSI Command, as far as the header has it.
  Bytes cdb{};
};

/// Of any 48 bytes. The CDB points into them.
Summary summarize(wire::HeaderView header);

}  // namespace lunway::proxy
