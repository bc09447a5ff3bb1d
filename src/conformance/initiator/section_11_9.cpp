// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of Asynchronous Messages.
//= rfc7143#11.9

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"
#include "runtime/clock.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::uint8_t kScsiEvent = 0;
constexpr std::uint8_t kLogoutRequest = 1;
constexpr std::uint8_t kConnectionDrop = 2;
constexpr std::uint8_t kSessionDrop = 3;
constexpr std::uint8_t kNegotiationRequest = 4;
constexpr std::uint8_t kTaskTermination = 5;
constexpr std::uint8_t kVendorEvent = 0xf8;

/// A session in which a message came while commands were open.
struct Interrupted {
  ServedLink& link;
  std::vector<Pdu> commands;

  void answer() const {
    for (const Pdu& command : commands) link.answer(command);
  }
};

/// Commands that were under way before the message are no answer to it: it is sent when no more of them come.
Interrupted interrupt(InitiatorScript& s, std::uint8_t event, std::uint32_t parameter1 = 0,
                      std::uint32_t parameter2 = 0, std::uint32_t parameter3 = 0) {
  ServedLink& link = s.start();
  Interrupted session{link, {link.expect(Opcode::scsi_command)}};
  for (;;) {
    Arrival arrival = link.receive(s.patience().silence / 2);
    if (arrival.kind != Arrival::Kind::pdu) break;
    session.commands.push_back(std::move(arrival.pdu));
  }
  link.send(link.async_message(event, parameter1, parameter2, parameter3));
  return session;
}

std::uint32_t cid_of(const ServedLink& link) { return link.login().requests.front()[field::kCid]; }

/// The Logout Request that Parameter3 leaves a second for.
Pdu logout_after(InitiatorScript& s, const Interrupted& session) {
  session.answer();
  const Instant deadline = runtime::read_clock() + std::chrono::seconds(1);
  const Arrival arrival = session.link.serve_until(Opcode::logout_request);
  s.require(arrival.is(Opcode::logout_request), "a Logout Request", describe(arrival) + s.driver_state(), "11.9.1");
  s.require(runtime::read_clock() <= deadline, "a Logout Request within Parameter3 seconds", "later", "11.9.1");
  return arrival.pdu;
}

/// A drop that is announced and done. A driver that comes again does so no earlier than Parameter2 says.
template <std::uint8_t kEvent>
void drop_after_notice(InitiatorScript& s) {
  ServedLink& link = s.start();
  (void)link.expect(Opcode::scsi_command);
  link.send(link.async_message(kEvent, kEvent == kConnectionDrop ? cid_of(link) : 0, 2, 20));
  const Instant begin = runtime::read_clock();
  link.connection().close();
  const Connection* again = s.try_accept(std::chrono::seconds(2));
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(runtime::read_clock() - begin);
  s.require(again == nullptr || waited >= std::chrono::milliseconds(1900), "no connection before Parameter2 is over",
            "a connection after " + std::to_string(waited.count()) + " ms", "11.9.1");
}

/// A message that asks for nothing.
void go_on_after(InitiatorScript& s, std::uint8_t event, Bytes data) {
  ServedLink& link = s.start();
  const Pdu command = link.expect(Opcode::scsi_command);
  link.send(link.async_message(event).with_data(data));
  link.answer(command);
  s.expect_success("the session goes on");
}

constexpr Test kTests[] = {
    {.id = "11.9.1/logout-request-is-honoured",
     .title = "A request for logout is followed by a Logout Request within Parameter3 seconds",
     .proves = "R7143-11.9.1-02",
     .about = "Sends AsyncEvent 1 with Parameter3=1 while the first command is open, and answers that command. A "
              "Logout Request must come within a second.",
     .script = [](InitiatorScript& s) { (void)logout_after(s, interrupt(s, kLogoutRequest, 0, 0, 1)); }},
    {.id = "11.9.1/logout-request-has-a-right-reason",
     .title = "The Logout Request closes the connection or the session",
     .proves = "R7143-11.9.1-03",
     .about = "Sends AsyncEvent 1 and looks at the reason code of the Logout Request: 0 or 1, not 2.",
     .script =
         [](InitiatorScript& s) {
           const Pdu logout = logout_after(s, interrupt(s, kLogoutRequest, 0, 0, 1));
           s.require(logout[field::kLogoutReason] <= 1, "reason 0 or 1", summary_of(logout));
         }},
    {.id = "11.9.1/no-commands-after-logout-request",
     .title = "No new commands come after a request for logout",
     .proves = "R7143-11.9.1-04",
     .about = "Sends AsyncEvent 1 and leaves the open command unanswered for a moment. Nothing but the Logout Request, "
              "and answers to pings, should come.",
     .script =
         [](InitiatorScript& s) {
           const Interrupted session = interrupt(s, kLogoutRequest, 0, 0, 1);
           const Arrival arrival = session.link.receive();
           s.should(!arrival.is(Opcode::scsi_command), "no new command before the logout", describe(arrival));
         }},
    {.id = "11.9.1/connection-drop-wait",
     .title = "After a notice of a dropped connection, nobody reconnects before Parameter2",
     .proves = "R7143-11.9.1-10",
     .needs = {Need::reconnects},
     .pace = Pace::slow,
     .about = "Sends AsyncEvent 2 with Parameter2=2, closes, and looks for a new connection in the two seconds.",
     .script = drop_after_notice<kConnectionDrop>},
    {.id = "11.9.1/session-drop-wait",
     .title = "After a notice of a dropped session, nobody reconnects before Parameter2",
     .proves = "R7143-11.9.1-10",
     .needs = {Need::reconnects},
     .pace = Pace::slow,
     .about = "Sends AsyncEvent 3 with Parameter2=2, closes, and looks for a new connection in the two seconds.",
     .script = drop_after_notice<kSessionDrop>},
    {.id = "11.9.1/negotiation-request-is-honoured",
     .title = "A request for negotiation is followed by a Text Request or a Logout Request",
     .proves = "R7143-11.9.1-06",
     .about = "Sends AsyncEvent 4 with Parameter3=1 while the first command is open. A Text Request, which may be "
              "empty, or a Logout Request must come within a second.",
     .script =
         [](InitiatorScript& s) {
           const Interrupted session = interrupt(s, kNegotiationRequest, 0, 0, 1);
           const Arrival arrival = session.link.receive(std::chrono::seconds(1));
           s.require(arrival.is(Opcode::text_request) || arrival.is(Opcode::logout_request),
                     "a Text Request or a Logout Request within Parameter3 seconds", describe(arrival));
           session.link.answer(arrival.pdu);
           session.answer();
           s.expect_survival("the driver comes to its end");
         }},
    {.id = "11.9.1/task-termination-is-acknowledged",
     .title = "Under FastAbort, a notice of terminated tasks is acknowledged by a NOP-Out with its LUN",
     .proves = "R7143-11.9.1-07 R7143-4.2.3.4-05 R7143-4.2.3.5-04",
     .about = "Agrees on TaskReporting=FastAbort, if it is offered, and sends AsyncEvent 5 for LUN 0 while the first "
              "command is open. A NOP-Out with the reserved Initiator Task Tag acknowledges its StatSN.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::any, {.values = {{"TaskReporting", "FastAbort"}}});
           const std::string* offered = find_value(link.login().offers, "TaskReporting");
           if (offered == nullptr || offered->find("FastAbort") == std::string::npos) {
             s.inapplicable("it does not offer TaskReporting=FastAbort");
           }
           const Pdu command = link.expect(Opcode::scsi_command);
           const Pdu message = link.async_message(kTaskTermination);
           link.send(message);
           const Pdu pong = link.expect(Opcode::nop_out, "in answer to AsyncEvent 5");
           s.require_field(pong, field::kItt, kReservedTag);
           s.require_field(pong, field::kLun, message.get(field::kLun));
           const auto ahead = static_cast<std::int32_t>(pong[field::kExpStatSn] - message[field::kStatSn]);
           s.require(ahead > 0, "ExpStatSN acknowledges the message", summary_of(pong));
         }},
    {.id = "11.9.4/scsi-event-passes",
     .title = "A SCSI event does not end the session",
     .proves = "R7143-11.9.4-01",
     .about = "Sends AsyncEvent 0 with sense data while the first command is open. The session goes on.",
     .script =
         [](InitiatorScript& s) {
           std::vector<std::byte> data = sense::fixed(0x062a09);
           data.insert(data.begin(), {std::byte{0}, static_cast<std::byte>(data.size())});
           go_on_after(s, kScsiEvent, data);
         }},
    {.id = "11.9.4/vendor-event-passes",
     .title = "A vendor specific event with data does not end the session",
     .proves = "R7143-11.9.4-01",
     .about = "Sends AsyncEvent 248 with data that nobody understands. Data may be ignored; the session goes on.",
     .script =
         [](InitiatorScript& s) {
           // SenseLength is 0.
           std::vector<std::byte> data(48, std::byte{0x5a});
           data[0] = data[1] = std::byte{0};
           go_on_after(s, kVendorEvent, data);
         }},
    {.id = "7.1.4.3/notice-without-a-drop",
     .title = "After a notice of a dropped connection the initiator does not count on it",
     .proves = "R7143-7.1.4.3-04",
     .about = "Sends AsyncEvent 2 with Parameter2=0 and Parameter3=0 and then keeps the connection, in silence. The "
              "notice is to be handled like a failed connection: the initiator closes, or logs out.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           (void)link.expect(Opcode::scsi_command);
           link.send(link.async_message(kConnectionDrop, cid_of(link), 0, 0));
           Arrival arrival = link.receive();
           // Commands that were under way already.
           while (arrival.is(Opcode::scsi_command)) arrival = link.receive();
           s.require(arrival.ended() || arrival.is(Opcode::logout_request), "the connection is given up",
                     describe(arrival));
         }},
};

}  // namespace

std::span<const Test> section_11_9() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
