// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Where each field of each PDU stands, as data. What is sent, what is read, what must be reserved and what a report
// shows all come from these tables, which are taken from the figures of section 11 and from nothing else of this
// project.
//= rfc7143#11
//= rfc7144#5

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/opcode.h"

namespace lunway::conformance {

/// Bits of a Basic Header Segment, at most 64 and counted as the figures count them: bit 0 is the highest of byte 0.
struct Field {
  std::string_view name;
  std::uint16_t first_bit;
  std::uint16_t bits;

  constexpr std::size_t first_byte() const { return first_bit / 8U; }
  friend constexpr bool operator==(const Field&, const Field&) = default;
};

/// Bytes of the header: `at` and `count` as the figures have them.
constexpr Field bytes_at(std::string_view name, unsigned at, unsigned count) {
  return {name, static_cast<std::uint16_t>(at * 8), static_cast<std::uint16_t>(count * 8)};
}

namespace field {

// What all PDUs have.
inline constexpr Field kImmediate{"I", 1, 1};
inline constexpr Field kOpcode{"Opcode", 2, 6};
inline constexpr Field kFinal{"F", 8, 1};
inline constexpr Field kTotalAhsLength = bytes_at("TotalAHSLength", 4, 1);
inline constexpr Field kDataSegmentLength = bytes_at("DataSegmentLength", 5, 3);
inline constexpr Field kLun = bytes_at("LUN", 8, 8);
inline constexpr Field kItt = bytes_at("Initiator Task Tag", 16, 4);
inline constexpr Field kTtt = bytes_at("Target Transfer Tag", 20, 4);
// Of an initiator.
inline constexpr Field kCmdSn = bytes_at("CmdSN", 24, 4);
inline constexpr Field kExpStatSn = bytes_at("ExpStatSN", 28, 4);
// Of a target.
inline constexpr Field kStatSn = bytes_at("StatSN", 24, 4);
inline constexpr Field kExpCmdSn = bytes_at("ExpCmdSN", 28, 4);
inline constexpr Field kMaxCmdSn = bytes_at("MaxCmdSN", 32, 4);

// Login, and C of text.
inline constexpr Field kTransit{"T", 8, 1};
inline constexpr Field kContinue{"C", 9, 1};
inline constexpr Field kCsg{"CSG", 12, 2};
inline constexpr Field kNsg{"NSG", 14, 2};
inline constexpr Field kVersionMax = bytes_at("Version-max", 2, 1);
inline constexpr Field kVersionMin = bytes_at("Version-min", 3, 1);
inline constexpr Field kVersionActive = bytes_at("Version-active", 3, 1);
inline constexpr Field kIsid = bytes_at("ISID", 8, 6);
inline constexpr Field kTsih = bytes_at("TSIH", 14, 2);
inline constexpr Field kCid = bytes_at("CID", 20, 2);
inline constexpr Field kStatusClass = bytes_at("Status-Class", 36, 1);
inline constexpr Field kStatusDetail = bytes_at("Status-Detail", 37, 1);

// SCSI Command and Response.
inline constexpr Field kRead{"R", 9, 1};
inline constexpr Field kWrite{"W", 10, 1};
inline constexpr Field kAttribute{"ATTR", 13, 3};
inline constexpr Field kPriority{"PRI", 16, 4};
inline constexpr Field kExpectedLength = bytes_at("Expected Data Transfer Length", 20, 4);
inline constexpr Field kCdb0 = bytes_at("CDB", 32, 8);
inline constexpr Field kCdb8 = bytes_at("CDB, byte 8", 40, 8);
inline constexpr Field kBidiOverflow{"o", 11, 1};
inline constexpr Field kBidiUnderflow{"u", 12, 1};
inline constexpr Field kOverflow{"O", 13, 1};
inline constexpr Field kUnderflow{"U", 14, 1};
inline constexpr Field kResponse = bytes_at("Response", 2, 1);
inline constexpr Field kStatus = bytes_at("Status", 3, 1);
inline constexpr Field kStatusQualifier = bytes_at("Status Qualifier", 8, 2);
inline constexpr Field kSnackTag = bytes_at("SNACK Tag", 20, 4);
inline constexpr Field kExpDataSn = bytes_at("ExpDataSN", 36, 4);
inline constexpr Field kBidiResidual = bytes_at("Bidirectional Read Residual Count", 40, 4);
inline constexpr Field kResidual = bytes_at("Residual Count", 44, 4);

// Task management.
inline constexpr Field kFunction{"Function", 9, 7};
inline constexpr Field kReferencedTag = bytes_at("Referenced Task Tag", 20, 4);
inline constexpr Field kRefCmdSn = bytes_at("RefCmdSN", 32, 4);
inline constexpr Field kAdditionalInformation = bytes_at("Additional Response Information", 8, 3);

// Data and R2T.
inline constexpr Field kDataSn = bytes_at("DataSN", 36, 4);
inline constexpr Field kR2tSn = bytes_at("R2TSN", 36, 4);
inline constexpr Field kBufferOffset = bytes_at("Buffer Offset", 40, 4);
inline constexpr Field kDesiredLength = bytes_at("Desired Data Transfer Length", 44, 4);
inline constexpr Field kAcknowledge{"A", 9, 1};
inline constexpr Field kHasStatus{"S", 15, 1};

// Asynchronous Message, Logout, SNACK, Reject.
inline constexpr Field kAsyncEvent = bytes_at("AsyncEvent", 36, 1);
inline constexpr Field kAsyncVCode = bytes_at("AsyncVCode", 37, 1);
inline constexpr Field kParameter1 = bytes_at("Parameter1", 38, 2);
inline constexpr Field kParameter2 = bytes_at("Parameter2", 40, 2);
inline constexpr Field kParameter3 = bytes_at("Parameter3", 42, 2);
inline constexpr Field kLogoutReason{"Reason Code", 9, 7};
inline constexpr Field kTime2Wait = bytes_at("Time2Wait", 40, 2);
inline constexpr Field kTime2Retain = bytes_at("Time2Retain", 42, 2);
inline constexpr Field kSnackType{"Type", 12, 4};
inline constexpr Field kBegRun = bytes_at("BegRun", 40, 4);
inline constexpr Field kRunLength = bytes_at("RunLength", 44, 4);
inline constexpr Field kRejectReason = bytes_at("Reason", 2, 1);

}  // namespace field

/// The figure of one PDU. Bits that no field covers are reserved.
struct Layout {
  wire::Opcode opcode;
  std::string_view name;     // as the RFC calls the PDU
  std::string_view section;  // "11.3"
  std::span<const Field> fields;
  /// Bits of byte 1 that are always 1, as a mask.
  std::uint8_t ones = 0;
};

/// All PDUs of section 11, in the order of their opcodes.
std::span<const Layout> layouts();

/// nullptr for an opcode without a meaning.
const Layout* layout_of(wire::Opcode opcode);

}  // namespace lunway::conformance
