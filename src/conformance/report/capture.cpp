// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/capture.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "capture/conversation.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

constexpr std::uint16_t kFirstPort = 49152;
// A comment of pcapng has a length of 16 bits; nobody reads that much beside a packet.
constexpr std::size_t kLongestComment = 2000;

bool is_packet(const Event& event) { return event.kind == Event::Kind::pdu || event.kind == Event::Kind::bytes; }

bool is_remark(const Event& event) { return event.kind == Event::Kind::note || event.kind == Event::Kind::finding; }

std::optional<std::size_t> packet_before(std::span<const Event> events, std::size_t place) {
  while (place-- > 0) {
    if (is_packet(events[place])) return place;
  }
  return std::nullopt;
}

std::optional<std::size_t> packet_after(std::span<const Event> events, std::size_t place) {
  while (++place < events.size()) {
    if (is_packet(events[place])) return place;
  }
  return std::nullopt;
}

/// A finding speaks of what came, a note of what is to come.
std::optional<std::size_t> packet_of(std::span<const Event> events, std::size_t place) {
  const bool finding = events[place].kind == Event::Kind::finding;
  const auto first = finding ? packet_before(events, place) : packet_after(events, place);
  if (first) return first;
  return finding ? packet_after(events, place) : packet_before(events, place);
}

/// One for each event; empty beside most.
std::vector<std::string> comments_of(std::span<const Event> events) {
  std::vector<std::string> comments(events.size());
  for (std::size_t place = 0; place < events.size(); ++place) {
    if (!is_remark(events[place])) continue;
    const auto packet = packet_of(events, place);
    if (!packet) continue;
    std::string& comment = comments[*packet];
    if (comment.size() >= kLongestComment) continue;
    if (!comment.empty()) comment += "; ";
    if (events[place].kind == Event::Kind::finding) comment += "FINDING: ";
    comment += visible(events[place].text, kLongestComment);
  }
  return comments;
}

}  // namespace

capture::PcapngFile capture_of(std::span<const Event> events) {
  capture::PcapngFile file;
  const std::vector<std::string> comments = comments_of(events);
  std::map<unsigned, capture::Conversation> conversations;
  for (std::size_t place = 0; place < events.size(); ++place) {
    const Event& event = events[place];
    const bool opens = event.kind == Event::Kind::opened;
    if (!opens && !is_packet(event)) continue;
    const Instant when = Instant() + (event.when - events.front().when);
    const auto port = static_cast<std::uint16_t>(kFirstPort + event.connection);
    const auto found = conversations.try_emplace(event.connection, file, when, port).first;
    if (opens) continue;
    capture::Conversation& conversation = found->second;
    conversation.set_time(when);
    if (event.sender == wire::Role::initiator) {
      conversation.from_initiator(event.bytes, comments[place]);
    } else {
      conversation.from_target(event.bytes, comments[place]);
    }
  }
  return file;
}

std::string capture_name(std::string_view test_id) {
  std::string name(test_id);
  std::ranges::replace(name, '/', '-');
  return name + ".pcapng";
}

}  // namespace lunway::conformance
