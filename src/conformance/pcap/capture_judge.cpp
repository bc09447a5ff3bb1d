// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/pcap/capture_judge.h"

#include <map>
#include <memory>
#include <utility>

#include "capture/packet_file.h"
#include "capture/tcp_packet.h"
#include "capture/tcp_stream.h"
#include "conformance/check/checker.h"
#include "conformance/pcap/pdu_cutter.h"

namespace lunway::conformance {
namespace {

using capture::TcpEnd;
using capture::TcpPacket;
using wire::Role;

/// More are passed over.
constexpr std::size_t kMostConversations = 65536;

struct Direction {
  capture::TcpStream stream;
  PduCutter cutter;
};

struct Conversation {
  TcpEnd initiator;
  TcpEnd target;
  unsigned number = 0;
  PerRole<Direction> sides;
  bool is_told = false;
  bool is_given_up = false;
};

using Ends = std::pair<TcpEnd, TcpEnd>;

/// The same for both directions.
Ends key_of(const TcpPacket& packet) {
  return packet.from < packet.to ? Ends(packet.from, packet.to) : Ends(packet.to, packet.from);
}

/// A Login Request is immediate, and no other PDU may come first.
//= rfc7143#11.12
bool begins_with_login(Bytes bytes) {
  constexpr std::byte kImmediateLogin{0x43};
  return !bytes.empty() && bytes[0] == kImmediateLogin;
}

class CaptureJudge {
 public:
  explicit CaptureJudge(const CaptureOptions& options) : options_(options) {}

  void take(const capture::Packet& packet);
  CaptureReport finish() &&;

 private:
  Conversation* conversation_of(const TcpPacket& packet);
  bool is_for_a_target(const TcpPacket& packet) const;
  void tell_opened(Conversation& conversation, std::uint64_t frame, Instant when);
  void tell_pdus(Conversation& conversation, Role sender, std::uint64_t frame, Instant when);
  void give_up(Conversation& conversation, std::string why);
  void tell(const Event& event, std::uint64_t frame);

  CaptureOptions options_;
  CaptureReport report_;
  InvariantChecker checker_;
  /// Knows which digests are in force.
  Model model_;
  std::map<Ends, std::unique_ptr<Conversation>> conversations_;
  std::vector<std::uint64_t> frame_of_event_;
};

void CaptureJudge::take(const capture::Packet& packet) {
  report_.frames = packet.number;
  const std::optional<TcpPacket> tcp = capture::tcp_of(packet);
  if (!tcp) return;
  Conversation* conversation = conversation_of(*tcp);
  if (conversation == nullptr || conversation->is_given_up) return;
  if (packet.is_cut)
    return give_up(*conversation, "frame " + std::to_string(packet.number) + " was not captured whole");
  const Role sender = tcp->from == conversation->initiator ? Role::initiator : Role::target;
  Direction& side = conversation->sides[sender];
  Direction& other = conversation->sides[other_side(sender)];
  // Whoever answers to what was not captured must not be blamed for it.
  if (tcp->is_ack) other.stream.acknowledge(tcp->acknowledged);
  if (other.stream.is_broken()) return give_up(*conversation, "packets are missing from the capture");
  side.stream.take(*tcp, side.cutter.buffer());
  if (side.stream.is_broken()) return give_up(*conversation, "packets are missing from the capture");
  tell_pdus(*conversation, sender, packet.number, packet.when);
  if (tcp->ends && conversation->is_told) {
    Event closed{.kind = Event::Kind::closed, .when = packet.when};
    closed.connection = conversation->number;
    closed.sender = sender;
    tell(closed, packet.number);
  }
}

bool CaptureJudge::is_for_a_target(const TcpPacket& packet) const {
  return packet.to.port == options_.port || begins_with_login(packet.payload);
}

/// Null for what is not iSCSI, as far as it can be told now.
Conversation* CaptureJudge::conversation_of(const TcpPacket& packet) {
  const Ends key = key_of(packet);
  const auto known = conversations_.find(key);
  const bool is_new = packet.is_syn && !packet.is_ack;
  // The same ports again are another connection; the same SYN again is not.
  if (known != conversations_.end() && !(is_new && known->second->is_told)) return known->second.get();
  if (conversations_.size() >= kMostConversations) return nullptr;
  const bool is_from_target = !is_new && packet.from.port == options_.port && packet.to.port != options_.port;
  // Who opens a connection is the initiator, wherever it goes: whether it is iSCSI shows in its first bytes.
  if (!is_new && !is_from_target && !is_for_a_target(packet)) return nullptr;
  auto conversation = std::make_unique<Conversation>();
  conversation->initiator = is_from_target ? packet.to : packet.from;
  conversation->target = is_from_target ? packet.from : packet.to;
  Conversation* added = conversation.get();
  conversations_.insert_or_assign(key, std::move(conversation));
  return added;
}

void CaptureJudge::tell_opened(Conversation& conversation, std::uint64_t frame, Instant when) {
  conversation.is_told = true;
  conversation.number = static_cast<unsigned>(report_.conversations.size());
  report_.conversations.push_back(
      {.initiator = to_string(conversation.initiator), .target = to_string(conversation.target), .first_frame = frame});
  Event opened{.kind = Event::Kind::opened, .when = when};
  opened.connection = conversation.number;
  tell(opened, frame);
}

void CaptureJudge::tell_pdus(Conversation& conversation, Role sender, std::uint64_t frame, Instant when) {
  Direction& side = conversation.sides[sender];
  if (!conversation.is_told) {
    const std::vector<std::byte>& bytes = side.cutter.buffer();
    if (bytes.empty()) return;
    if (sender != Role::initiator || !begins_with_login(bytes)) {
      const bool expected = conversation.target.port == options_.port;
      conversation.is_given_up = true;
      if (!expected) return;
      tell_opened(conversation, frame, when);
      return give_up(conversation, "the capture does not show its login");
    }
    tell_opened(conversation, frame, when);
  }
  for (;;) {
    const wire::Digests digests = model_.connection(conversation.number).digests().value_or(wire::Digests{});
    std::optional<Pdu> pdu = side.cutter.next(digests);
    if (!pdu) break;
    ++report_.conversations[conversation.number].pdus;
    const bool sound = pdu->header_digest_ok && pdu->data_digest_ok;
    Event event{.kind = Event::Kind::pdu, .when = when};
    event.connection = conversation.number;
    event.sender = sender;
    event.pdu = std::move(*pdu);
    event.digests = digests;
    tell(event, frame);
    if (!sound) return give_up(conversation, "a digest is wrong, so what follows is in doubt");
  }
  if (side.cutter.is_lost()) give_up(conversation, "a PDU would be longer than any");
}

void CaptureJudge::give_up(Conversation& conversation, std::string why) {
  conversation.is_given_up = true;
  conversation.sides = {};
  if (!conversation.is_told) return;
  report_.conversations[conversation.number].remark = std::move(why);
  // What it has said is missing from now on, for the other connections of its session too.
  model_.connection(conversation.number).session->is_known = false;
  Event lost{.kind = Event::Kind::bytes, .when = {}};
  lost.connection = conversation.number;
  for (const Role role : {Role::initiator, Role::target}) {
    lost.sender = role;
    tell(lost, report_.frames);
  }
}

void CaptureJudge::tell(const Event& event, std::uint64_t frame) {
  frame_of_event_.push_back(frame);
  checker_.on_event(event);
  model_.follow(event);
}

CaptureReport CaptureJudge::finish() && {
  for (auto& [ends, conversation] : conversations_) {
    if (conversation->sides[Role::initiator].stream.has_hole() || conversation->sides[Role::target].stream.has_hole()) {
      give_up(*conversation, "packets are missing from the capture");
    }
  }
  for (const Violation& violation : checker_.violations()) {
    report_.findings.push_back({.violation = violation, .frame = frame_of_event_[violation.finding.at - 1]});
  }
  return std::move(report_);
}

}  // namespace

Result<CaptureReport> judge_capture(Bytes file, const CaptureOptions& options) {
  Result<capture::PacketFile> packets = capture::PacketFile::open(file);
  if (!packets) return std::unexpected(packets.error());
  CaptureJudge judge(options);
  while (const std::optional<capture::Packet> packet = packets->next()) judge.take(*packet);
  CaptureReport report = std::move(judge).finish();
  report.is_damaged = packets->is_damaged();
  return report;
}

}  // namespace lunway::conformance
