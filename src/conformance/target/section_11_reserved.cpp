// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reserved bits of each request: a target ignores them.
//= rfc7143#11

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

/// The highest bit of byte 0 has no name in any figure and is left alone: it is no field of its PDU.
constexpr unsigned kFirstBit = 1;

/// Sets every bit that no field of the figure covers.
Pdu with_reserved_bits(Pdu pdu) {
  const Layout* layout = layout_of(pdu.opcode());
  for (unsigned bit = kFirstBit; bit < wire::kHeaderSize * 8; ++bit) {
    const bool named = std::ranges::any_of(layout->fields, [&](const Field& field) {
      return bit >= field.first_bit && bit < unsigned{field.first_bit} + field.bits;
    });
    if (!named) pdu.set({.name = "reserved", .first_bit = static_cast<std::uint16_t>(bit), .bits = 1}, 1);
  }
  return pdu;
}

constexpr std::string_view kAbout =
    "Sends that request with every bit set that its figure calls reserved. A receiver ignores reserved bits, so the "
    "answer is as "
    "always, and a ping is answered afterwards.";

constexpr Test kTests[] = {
    {.id = "11/reserved-bits-of-a-login-request",
     .title = "Reserved bits of a Login Request are ignored",
     .proves = "R7143-11-02",
     .needs = {Need::no_authentication},
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           c.send(with_reserved_bits(s.login_request()));
           const Pdu response = s.expect(c, Opcode::login_response);
           s.require_equal(response[field::kStatusClass], 0, "Status-Class");
         }},
    {.id = "11/reserved-bits-of-a-scsi-command",
     .title = "Reserved bits of a SCSI Command are ignored",
     .proves = "R7143-11-02",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = link.run(with_reserved_bits(link.command(cdb::inquiry(36), {.read = 36})));
           s.require(done.good(), "GOOD", summary_of(done.status));
           link.ping();
         }},
    {.id = "11/reserved-bits-of-a-function",
     .title = "Reserved bits of a Task Management Function Request are ignored",
     .proves = "R7143-11-02",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request =
               with_reserved_bits(link.task_management(1, 0x7fffff00).set(field::kRefCmdSn, link.cmd_sn() - 1));
           link.send(request);
           link.expect_answer(request, Opcode::task_management_response);
           link.ping();
         }},
    {.id = "11/reserved-bits-of-a-text-request",
     .title = "Reserved bits of a Text Request are ignored",
     .proves = "R7143-11-02",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = with_reserved_bits(link.text_request({{"SendTargets", ""}}));
           link.send(request);
           link.expect_answer(request, Opcode::text_response);
           link.ping();
         }},
    {.id = "11/reserved-bits-of-a-logout-request",
     .title = "Reserved bits of a Logout Request are ignored",
     .proves = "R7143-11-02",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = with_reserved_bits(link.logout_request(0));
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::logout_response), field::kResponse, 0);
         }},
    {.id = "11/reserved-bits-of-a-data-out",
     .title = "Reserved bits of a Data-Out are ignored",
     .proves = "R7143-11-02",
     .needs = {Need::disk, Need::writes},
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}}});
           const std::vector<std::byte> data = s.pattern(s.block_size());
           if (data.size() > link.max_data_out()) s.inapplicable("a block does not fit in one segment");
           const Pdu command = link.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           link.send(command);
           const Pdu r2t = link.expect(Opcode::ready_to_transfer);
           if (r2t[field::kDesiredLength] != data.size()) s.inapplicable("a block takes several R2Ts");
           link.send(with_reserved_bits(link.data_out(command, r2t[field::kTtt], 0, 0, data, true)));
           s.require(link.finish(command, data).good(), "the WRITE ends GOOD", "another status");
         }},
};

}  // namespace

std::span<const Test> section_11_reserved() { return kTests; }

}  // namespace lunway::conformance::target_tests
