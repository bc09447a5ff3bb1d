// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Mode pages (SPC-4, 7.5; SBC-3, 6.4): what they say now, what of it can change, and what a MODE SELECT changes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace lunway::scsi {

class UnitState;

/// PC of MODE SENSE.
enum class PageControl : std::uint8_t { current = 0, changeable = 1, defaults = 2, saved = 3 };

struct ModePage {
  std::uint8_t code = 0;
  std::uint8_t subpage = 0;
  /// With the header of two bytes, or four for a subpage.
  std::uint8_t length = 0;
  /// Writes what follows the header.
  void (*write)(std::byte* page, const UnitState& unit, PageControl control) = nullptr;
  /// Takes over what can change. Null when nothing can.
  void (*apply)(const std::byte* page, UnitState& unit) = nullptr;
};

/// In ascending order of code and subpage.
std::span<const ModePage> mode_pages();

inline constexpr std::uint8_t kAllPages = 0x3f;
inline constexpr std::uint8_t kAllSubpages = 0xff;
inline constexpr std::size_t kMaxModePageBytes = 32;

/// The page with its header; kMaxModePageBytes are enough. Returns its length.
std::size_t write_mode_page(const ModePage& page, const UnitState& unit, PageControl control, MutableBytes to);

/// Where a page that an initiator sent changes what cannot change: the byte inside the page, or nothing.
std::optional<std::uint16_t> first_unchangeable_byte(const ModePage& page, const UnitState& unit, Bytes sent);

}  // namespace lunway::scsi
