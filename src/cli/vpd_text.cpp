// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/vpd_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/big_endian.h"

namespace lunway::cli {
namespace {

constexpr std::size_t kHeaderBytes = 4;

/// A page that was cut short reads as zeros beyond its end.
class PageView {
 public:
  explicit PageView(Bytes bytes) : bytes_(bytes) {}

  std::uint64_t number(std::size_t at, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + count; ++i) value = value << 8 | byte(i);
    return value;
  }
  std::uint8_t byte(std::size_t at) const { return at < bytes_.size() ? load_u8(&bytes_[at]) : std::uint8_t{0}; }
  Bytes part(std::size_t at, std::size_t count) const {
    if (at >= bytes_.size()) return {};
    return bytes_.subspan(at, std::min(count, bytes_.size() - at));
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

std::string ascii(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    const auto c = std::to_integer<char>(b);
    if (c != '\0') text += c >= 0x20 && c < 0x7f ? c : '?';
  }
  const std::size_t first = text.find_first_not_of(' ');
  const std::size_t last = text.find_last_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

std::string designator_text(Bytes designator, unsigned code_set, unsigned type) {
  constexpr std::array<const char*, 11> kTypes = {"vendor specific",
                                                  "T10 vendor id",
                                                  "EUI-64",
                                                  "NAA",
                                                  "relative target port",
                                                  "target port group",
                                                  "logical unit group",
                                                  "MD5",
                                                  "SCSI name",
                                                  "protocol specific",
                                                  "UUID"};
  const bool readable = code_set == 2 || code_set == 3;
  return fmt::format("{} {}", type < kTypes.size() ? kTypes[type] : "reserved",
                     readable ? ascii(designator) : hex(designator));
}

std::vector<std::string> describe_device_identification(const PageView& page) {
  constexpr std::array<const char*, 4> kAssociations = {"unit", "port", "device", "reserved"};
  std::vector<std::string> lines;
  for (std::size_t at = kHeaderBytes; at + 4 <= page.size();) {
    const std::size_t length = page.byte(at + 3);
    const unsigned code_set = page.byte(at) & 0x0fU;
    const unsigned type = page.byte(at + 1) & 0x0fU;
    const unsigned association = (page.byte(at + 1) >> 4) & 0x03U;
    lines.push_back(
        fmt::format("{}: {}", kAssociations[association], designator_text(page.part(at + 4, length), code_set, type)));
    at += 4 + length;
  }
  return lines;
}

std::vector<std::string> describe_block_limits(const PageView& page) {
  const auto line = [&](const char* name, std::size_t at, std::size_t count) {
    const std::uint64_t value = page.number(at, count);
    return value == 0 ? fmt::format("{}: not reported", name) : fmt::format("{}: {}", name, value);
  };
  std::vector<std::string> lines = {
      line("maximum compare and write length", 5, 1),
      line("optimal transfer length granularity", 6, 2),
      line("maximum transfer length", 8, 4),
      line("optimal transfer length", 12, 4),
  };
  if (page.size() >= 44) {
    lines.push_back(line("maximum unmap LBA count", 20, 4));
    lines.push_back(line("optimal unmap granularity", 28, 4));
    lines.push_back(line("maximum write same length", 36, 8));
  }
  return lines;
}

std::vector<std::string> describe_block_device(const PageView& page) {
  const std::uint64_t rate = page.number(4, 2);
  if (rate == 1) return {"non-rotating medium"};
  return {rate == 0 ? "rotation rate not reported" : fmt::format("{} rotations a minute", rate)};
}

std::vector<std::string> describe_provisioning(const PageView& page) {
  constexpr std::array<const char*, 3> kKinds = {"full or not reported", "resource", "thin"};
  const unsigned kind = page.byte(6) & 0x07U;
  const std::uint8_t flags = page.byte(5);
  std::string commands;
  if ((flags & 0x80) != 0) commands += " UNMAP";
  if ((flags & 0x40) != 0) commands += " WRITE SAME(16)";
  if ((flags & 0x20) != 0) commands += " WRITE SAME(10)";
  return {fmt::format("provisioning: {}", kind < kKinds.size() ? kKinds[kind] : "reserved"),
          "unmaps by:" + (commands.empty() ? " nothing" : commands),
          (flags & 0x1c) == 0x04 ? "unmapped blocks read as zero" : "unmapped blocks read as anything"};
}

}  // namespace

std::string_view vpd_page_name(std::uint8_t code) {
  constexpr std::array<std::pair<std::uint8_t, std::string_view>, 9> kNames = {{
      {0x00, "supported VPD pages"},
      {0x80, "unit serial number"},
      {0x83, "device identification"},
      {0x86, "extended inquiry data"},
      {0x88, "SCSI ports"},
      {0x8f, "third-party copy"},
      {0xb0, "block limits"},
      {0xb1, "block device characteristics"},
      {0xb2, "logical block provisioning"},
  }};
  for (const auto& [known, name] : kNames) {
    if (known == code) return name;
  }
  return code >= 0xc0 ? "vendor specific" : "page";
}

std::vector<std::string> describe_vpd_page(Bytes bytes) {
  const PageView page(bytes.first(std::min<std::size_t>(bytes.size(), kHeaderBytes + PageView(bytes).number(2, 2))));
  switch (page.byte(1)) {
    case 0x80:
      return {ascii(page.part(kHeaderBytes, page.size()))};
    case 0x83:
      return describe_device_identification(page);
    case 0xb0:
      return describe_block_limits(page);
    case 0xb1:
      return describe_block_device(page);
    case 0xb2:
      return describe_provisioning(page);
    default:
      return {hex(page.part(kHeaderBytes, page.size()))};
  }
}

std::uint64_t max_write_same_blocks(Bytes block_limits_page) { return PageView(block_limits_page).number(36, 8); }

}  // namespace lunway::cli
