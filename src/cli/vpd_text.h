// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Vital product data pages in words, for `lunway info`.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace lunway::cli {

/// "device identification"; "vendor specific" or "page" for one without a name here.
std::string_view vpd_page_name(std::uint8_t code);

/// One line for each thing that the page says. `bytes` is what the unit sent, header included: any bytes are safe.
std::vector<std::string> describe_vpd_page(Bytes bytes);

/// The MAXIMUM WRITE SAME LENGTH of a Block Limits page in blocks; zero when the page does not say.
std::uint64_t max_write_same_blocks(Bytes block_limits_page);

}  // namespace lunway::cli
