// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the copy manager takes at most. RECEIVE COPY RESULTS and the Third-party Copy page tell these numbers.

#pragma once

#include <cstddef>
#include <cstdint>

namespace lunway::scsi {

inline constexpr std::size_t kCopyListHeader = 16;
inline constexpr std::size_t kCscdBytes = 32;
inline constexpr std::size_t kBlockSegmentBytes = 28;

inline constexpr std::size_t kMostCscds = 16;
inline constexpr std::size_t kMostSegments = 64;
/// MAXIMUM DESCRIPTOR LIST LENGTH: room for the most of both.
inline constexpr std::size_t kMostDescriptorBytes = kMostCscds * kCscdBytes + kMostSegments * kBlockSegmentBytes;
/// A parameter list that is longer than anything that could be right is not taken in at all.
inline constexpr std::size_t kMostCopyListBytes = 8192;
/// NUMBER OF BLOCKS of a segment descriptor has 16 bits.
inline constexpr std::uint32_t kMostSegmentBlocks = 0xffff;

/// Copies that one logical unit works on at the same time.
inline constexpr std::size_t kMostCopiesAtOnce = 16;
/// Copies that have ended and can still be asked about, of one initiator.
inline constexpr std::size_t kMostCopiesRemembered = 16;

// Tokens.

/// Windows hosts make none of more fragments of a file.
inline constexpr std::size_t kMostTokenRanges = 64;
/// What one token stands for, and what one command writes with it: hosts want an answer within four seconds.
inline constexpr std::uint64_t kMostTokenBytes = 256U << 20;
inline constexpr std::uint64_t kOptimalTokenBytes = 64U << 20;
/// Of one logical unit, valid at the same time; an initiator that makes more than its share loses its oldest.
inline constexpr std::size_t kMostTokens = 256;
inline constexpr std::size_t kMostTokensOfNexus = 64;
/// Of which it is remembered why they are no longer valid.
inline constexpr std::size_t kMostTokensRemembered = 256;
inline constexpr std::uint32_t kTokenLifetimeSeconds = 3600;
inline constexpr std::uint32_t kDefaultTokenTimeoutSeconds = 60;
inline constexpr std::uint32_t kMostTokenTimeoutSeconds = 600;

// What is implemented.
inline constexpr std::uint8_t kBlockToBlock = 0x02;
inline constexpr std::uint8_t kIdentificationCscd = 0xe4;
/// CSCD descriptor ID: the logical unit that has the command.
inline constexpr std::uint16_t kOwnUnit = 0xffff;

}  // namespace lunway::scsi
