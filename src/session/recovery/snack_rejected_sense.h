// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a command ends with when data that was sent for it is lost and cannot be sent again.

#pragma once

#include <array>
#include <cstddef>

namespace lunway::session {

/// Fixed format, ABORTED COMMAND, "SNACK rejected": a read error.
//= rfc7143#11.4.7.2
inline constexpr std::array<std::byte, 18> kSnackRejectedSense{
    std::byte{0x70}, {}, std::byte{0x0b}, {}, {}, {}, {}, std::byte{10}, {}, {}, {}, {}, std::byte{0x11},
    std::byte{0x13}};

}  // namespace lunway::session
