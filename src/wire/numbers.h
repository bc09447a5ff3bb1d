// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The numbers of the protocol, each a type of its own.

#pragma once

#include <cstdint>

#include "base/serial32.h"
#include "base/tagged.h"
#include "wire/isid.h"
#include "wire/lun.h"

namespace lunway::wire {

//= rfc7143#4.2.2
using CmdSN = Serial32<struct CmdSNTag>;
using StatSN = Serial32<struct StatSNTag>;
/// Data-In and R2T PDUs of a bidirectional command share one sequence: convert where that rule is applied.
using DataSN = Serial32<struct DataSNTag>;
using R2TSN = Serial32<struct R2TSNTag>;

/// Initiator Task Tag.
//= rfc7143#11.2.1.8
using Itt = Tagged<struct IttTag, std::uint32_t>;
/// Target Transfer Tag.
using Ttt = Tagged<struct TttTag, std::uint32_t>;
/// What an R-Data SNACK asks the target to repeat in its SCSI Response.
//= rfc7143#11.16.5
using SnackTag = Tagged<struct SnackTagTag, std::uint32_t>;

/// The reserved tags: no task, no transfer.
inline constexpr Itt kNoItt{0xffffffff};
inline constexpr Ttt kNoTtt{0xffffffff};
/// A response that answers no R-Data SNACK.
inline constexpr SnackTag kNoSnackTag{0};

/// Connection ID.
//= rfc7143#11.12.7
using Cid = Tagged<struct CidTag, std::uint16_t>;
/// Target Session Identifying Handle.
//= rfc7143#11.12.6
using Tsih = Tagged<struct TsihTag, std::uint16_t>;

/// What a login that opens a new session carries.
inline constexpr Tsih kNewSession{0};

}  // namespace lunway::wire
