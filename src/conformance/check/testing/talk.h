// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// For the tests of the checker: two sides that talk as they should, so that a test can bend one thing.

#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "conformance/check/checker.h"
#include "conformance/peer/cdb.h"
#include "conformance/target/link.h"

namespace lunway::conformance {

/// Numbers what it sends as both sides should. `script` is the side whose mistakes are meant.
class Talk {
 public:
  explicit Talk(wire::Role judged) : checker_(judged), script_(judged == wire::Role::target ? initiator : target) {}
  /// Both sides are judged.
  Talk() = default;

  static constexpr wire::Role initiator = wire::Role::initiator;
  static constexpr wire::Role target = wire::Role::target;

  std::uint32_t cmd_sn = 10;
  std::uint32_t stat_sn = 100;
  /// Sent with each PDU of the target beyond the next CmdSN.
  std::uint32_t window = 31;
  wire::Digests digests{};

  void say(wire::Role sender, Pdu pdu, unsigned connection = 0) {
    wire::set_data_segment_length(pdu.header, static_cast<std::uint32_t>(pdu.data.size()));
    wire::set_total_ahs_length_words(pdu.header, static_cast<std::uint8_t>(pdu.ahs.size() / wire::kWordSize));
    Event event{.kind = Event::Kind::pdu, .when = Instant()};
    event.connection = connection;
    event.sender = sender;
    event.pdu = std::move(pdu);
    event.digests = digests;
    event.by_script = script_ == sender;
    checker_.on_event(event);
  }
  void ask(Pdu pdu) { say(initiator, std::move(pdu)); }
  void answer(Pdu pdu) { say(target, std::move(pdu)); }

  void happen(Event::Kind kind, wire::Role sender, unsigned connection = 0) {
    Event event{.kind = kind, .when = Instant()};
    event.connection = connection;
    event.sender = sender;
    event.by_script = script_ == sender;
    checker_.on_event(event);
  }

  // What each side would send now.

  Pdu request(wire::Opcode opcode, std::uint32_t itt, bool immediate = false) {
    Pdu pdu = Pdu(opcode, immediate)
                  .set(field::kFinal, 1)
                  .set(field::kItt, itt)
                  .set(field::kCmdSn, cmd_sn)
                  .set(field::kExpStatSn, stat_sn);
    if (!immediate) ++cmd_sn;
    return pdu;
  }
  Pdu command(std::uint32_t itt, const Cdb& cdb, std::uint32_t read = 0, std::uint32_t write = 0) {
    Pdu pdu = request(wire::Opcode::scsi_command, itt)
                  .set(field::kRead, read != 0 ? 1 : 0)
                  .set(field::kWrite, write != 0 ? 1 : 0)
                  .set(field::kExpectedLength, write != 0 ? write : read);
    copy_bytes(MutableBytes(pdu.header).subspan(32), cdb);
    return pdu;
  }
  /// Without the number of a status: Data-In, R2T, unsolicited NOP-In.
  Pdu unnumbered(wire::Opcode opcode, std::uint32_t itt) {
    return Pdu(opcode)
        .set(field::kFinal, 1)
        .set(field::kItt, itt)
        .set(field::kTtt, kNoTag)
        .set(field::kExpCmdSn, cmd_sn)
        .set(field::kMaxCmdSn, cmd_sn + window);
  }
  Pdu response(wire::Opcode opcode, std::uint32_t itt) {
    return Pdu(opcode)
        .set(field::kFinal, 1)
        .set(field::kItt, itt)
        .set(field::kStatSn, stat_sn++)
        .set(field::kExpCmdSn, cmd_sn)
        .set(field::kMaxCmdSn, cmd_sn + window);
  }
  Pdu nop_out(std::uint32_t itt) { return request(wire::Opcode::nop_out, itt).set(field::kTtt, kNoTag); }
  Pdu nop_in(std::uint32_t itt) { return response(wire::Opcode::nop_in, itt).set(field::kTtt, kNoTag); }
  Pdu r2t(std::uint32_t itt, std::uint32_t ttt, std::uint32_t offset, std::uint32_t length) {
    return unnumbered(wire::Opcode::ready_to_transfer, itt)
        .set(field::kTtt, ttt)
        .set(field::kStatSn, stat_sn)
        .set(field::kBufferOffset, offset)
        .set(field::kDesiredLength, length);
  }
  Pdu login_request() {
    return Pdu(wire::Opcode::login_request, true)
        .set(field::kTransit, 1)
        .set(field::kCsg, 1)
        .set(field::kNsg, 3)
        .set(field::kIsid, 0x800001020304)
        .set(field::kItt, 1)
        .set(field::kCmdSn, cmd_sn)
        .set(field::kExpStatSn, stat_sn);
  }
  Pdu login_response() {
    return Pdu(wire::Opcode::login_response)
        .set(field::kTransit, 1)
        .set(field::kCsg, 1)
        .set(field::kNsg, 3)
        .set(field::kIsid, 0x800001020304)
        .set(field::kTsih, 7)
        .set(field::kItt, 1)
        .set(field::kStatSn, stat_sn++)
        .set(field::kExpCmdSn, cmd_sn)
        .set(field::kMaxCmdSn, cmd_sn + window);
  }

  static Text names() {
    return {{"InitiatorName", "iqn.2026-11.io.lunway:initiator"}, {"TargetName", "iqn.2026-11.io.lunway:target"}};
  }
  /// A normal session, with these keys beside the names.
  void log_in(const Text& offers = {}, const Text& answers = {}) {
    Text asked = names();
    asked.insert(asked.end(), offers.begin(), offers.end());
    Text answered = {{"TargetPortalGroupTag", "1"}};
    answered.insert(answered.end(), answers.begin(), answers.end());
    ask(login_request().with_text(asked));
    answer(login_response().with_text(answered));
  }

  std::span<const Violation> violations() const { return checker_.violations(); }
  bool blames(std::string_view rule) const {
    return std::ranges::any_of(violations(), [&](const Violation& found) { return found.rule->id == rule; });
  }
  /// Every violation, for the message of an assertion.
  std::string findings() const {
    std::string text;
    for (const Violation& found : violations()) {
      text += std::string(found.rule->id) + ": " + found.finding.expected + " / " + found.finding.got + "\n";
    }
    return text;
  }

 private:
  InvariantChecker checker_;
  std::optional<wire::Role> script_;
};

}  // namespace lunway::conformance
