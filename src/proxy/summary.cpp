// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/summary.h"

#include <utility>

#include "wire/asynchronous_message.h"
#include "wire/data_in.h"
#include "wire/data_out.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/snack_request.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::proxy {
namespace {

using wire::Opcode;

/// Adds fields in the order in which a person looks for them.
class Writer {
 public:
  explicit Writer(Summary& summary) : summary_(summary) {}

  Writer& flag(std::string_view letter, bool is_set) {
    if (is_set) summary_.flags += letter;
    return *this;
  }
  Writer& number(std::string_view name, std::uint64_t value, std::string_view word = {}) {
    summary_.fields.push_back({.name = name, .value = value, .word = word});
    return *this;
  }
  template <class Code>
  Writer& code(std::string_view name, Code code) {
    return number(name, std::to_underlying(code), to_string(code));
  }
  template <class Tag>
  Writer& tag(std::string_view name, Tag tag) {
    summary_.fields.push_back({.name = name, .value = tag.value(), .hex_digits = 8});
    return *this;
  }
  Writer& itt(wire::BasicHeader pdu) { return tag("itt", pdu.itt()); }
  Writer& lun(wire::BasicHeader pdu) {
    if (const auto flat = pdu.lun().flat()) return number("lun", *flat);
    summary_.fields.push_back({.name = "lun", .value = pdu.lun().value(), .hex_digits = 16});
    return *this;
  }
  Writer& request(wire::RequestHeader pdu) {
    return number("cmdsn", pdu.cmd_sn().value()).number("expstatsn", pdu.exp_stat_sn().value());
  }
  Writer& response(wire::ResponseHeader pdu) {
    return number("statsn", pdu.stat_sn().value())
        .number("expcmdsn", pdu.exp_cmd_sn().value())
        .number("maxcmdsn", pdu.max_cmd_sn().value());
  }

 private:
  Summary& summary_;
};

void describe(Writer& writer, wire::NopOut pdu) { writer.itt(pdu).tag("ttt", pdu.ttt()).lun(pdu).request(pdu); }

void describe(Writer& writer, wire::ScsiCommand pdu) {
  writer.flag("R", pdu.read()).flag("W", pdu.write()).itt(pdu).lun(pdu).request(pdu);
  writer.number("edtl", pdu.expected_data_transfer_length());
}

void describe(Writer& writer, wire::TaskManagementRequest pdu) {
  writer.code("function", pdu.function()).itt(pdu).tag("rtt", pdu.referenced_task_tag()).lun(pdu).request(pdu);
  writer.number("refcmdsn", pdu.ref_cmd_sn().value()).number("expdatasn", pdu.exp_data_sn().value());
}

void describe_login(Writer& writer, wire::LoginFlags flags) {
  writer.flag("T", flags.transit).flag("C", flags.continues).code("csg", flags.csg);
  if (flags.transit) writer.code("nsg", flags.nsg);
}

void describe(Writer& writer, wire::LoginRequest pdu) {
  describe_login(writer, pdu.flags());
  writer.itt(pdu).number("cid", pdu.cid().value()).number("tsih", pdu.tsih().value()).request(pdu);
}

void describe(Writer& writer, wire::LoginResponse pdu) {
  describe_login(writer, pdu.flags());
  writer.itt(pdu).code("status", pdu.status()).number("tsih", pdu.tsih().value()).response(pdu);
}

void describe(Writer& writer, wire::TextRequest pdu) {
  writer.flag("C", pdu.continues()).itt(pdu).tag("ttt", pdu.ttt()).request(pdu);
}

void describe(Writer& writer, wire::TextResponse pdu) {
  writer.flag("C", pdu.continues()).itt(pdu).tag("ttt", pdu.ttt()).response(pdu);
}

void describe(Writer& writer, wire::DataOut pdu) {
  writer.itt(pdu).tag("ttt", pdu.ttt()).number("datasn", pdu.data_sn().value());
  writer.number("offset", pdu.buffer_offset()).number("expstatsn", pdu.exp_stat_sn().value());
}

void describe(Writer& writer, wire::LogoutRequest pdu) {
  writer.code("reason", pdu.reason()).itt(pdu).number("cid", pdu.cid().value()).request(pdu);
}

void describe(Writer& writer, wire::SnackRequest pdu) {
  writer.code("type", pdu.type()).itt(pdu);
  if (pdu.type() == wire::SnackType::r_data) {
    writer.tag("snacktag", pdu.snack_tag());
  } else {
    writer.tag("ttt", pdu.ttt());
  }
  writer.number("begrun", pdu.beg_run()).number("runlength", pdu.run_length());
  writer.number("expstatsn", pdu.exp_stat_sn().value());
}

void describe(Writer& writer, wire::NopIn pdu) { writer.itt(pdu).tag("ttt", pdu.ttt()).lun(pdu).response(pdu); }

void describe(Writer& writer, wire::ScsiResponse pdu) {
  const wire::Residual residual = pdu.residual();
  writer.flag("O", residual.kind == wire::Residual::Kind::overflow);
  writer.flag("U", residual.kind == wire::Residual::Kind::underflow);
  writer.code("response", pdu.response()).code("status", pdu.status()).itt(pdu).response(pdu);
  writer.number("expdatasn", pdu.exp_data_sn().value()).number("residual", residual.count);
}

void describe(Writer& writer, wire::TaskManagementResponse pdu) {
  writer.code("response", pdu.response()).itt(pdu).response(pdu);
}

void describe(Writer& writer, wire::DataIn pdu) {
  writer.flag("A", pdu.acknowledge()).flag("S", pdu.has_status()).itt(pdu).tag("ttt", pdu.ttt());
  writer.number("datasn", pdu.data_sn().value()).number("offset", pdu.buffer_offset());
  if (pdu.has_status()) writer.code("status", pdu.status());
  writer.response(pdu);
}

void describe(Writer& writer, wire::LogoutResponse pdu) {
  writer.code("response", pdu.response()).itt(pdu).response(pdu);
  writer.number("time2wait", pdu.time2wait()).number("time2retain", pdu.time2retain());
}

void describe(Writer& writer, wire::ReadyToTransfer pdu) {
  writer.itt(pdu).tag("ttt", pdu.ttt()).number("r2tsn", pdu.r2t_sn().value()).number("offset", pdu.buffer_offset());
  writer.number("desired", pdu.desired_data_transfer_length()).response(pdu);
}

void describe(Writer& writer, wire::AsynchronousMessage pdu) {
  writer.code("event", pdu.event()).lun(pdu).response(pdu);
  writer.number("parameter1", pdu.parameter1()).number("parameter2", pdu.parameter2());
  writer.number("parameter3", pdu.parameter3());
}

void describe(Writer& writer, wire::Reject pdu) {
  writer.code("reason", pdu.reason()).response(pdu).number("datasn", pdu.data_sn_or_r2t_sn());
}

template <class Pdu>
void describe_as(Writer& writer, wire::HeaderView header) {
  describe(writer, Pdu(header));
}

void describe_request(Writer& writer, wire::HeaderView header, Opcode opcode) {
  switch (opcode) {
    case Opcode::nop_out:
      return describe_as<wire::NopOut>(writer, header);
    case Opcode::scsi_command:
      return describe_as<wire::ScsiCommand>(writer, header);
    case Opcode::task_management_request:
      return describe_as<wire::TaskManagementRequest>(writer, header);
    case Opcode::login_request:
      return describe_as<wire::LoginRequest>(writer, header);
    case Opcode::text_request:
      return describe_as<wire::TextRequest>(writer, header);
    case Opcode::data_out:
      return describe_as<wire::DataOut>(writer, header);
    case Opcode::logout_request:
      return describe_as<wire::LogoutRequest>(writer, header);
    case Opcode::snack_request:
      return describe_as<wire::SnackRequest>(writer, header);
    default:
      writer.itt(wire::BasicHeader(header));
  }
}

void describe_response(Writer& writer, wire::HeaderView header, Opcode opcode) {
  switch (opcode) {
    case Opcode::nop_in:
      return describe_as<wire::NopIn>(writer, header);
    case Opcode::scsi_response:
      return describe_as<wire::ScsiResponse>(writer, header);
    case Opcode::task_management_response:
      return describe_as<wire::TaskManagementResponse>(writer, header);
    case Opcode::login_response:
      return describe_as<wire::LoginResponse>(writer, header);
    case Opcode::text_response:
      return describe_as<wire::TextResponse>(writer, header);
    case Opcode::data_in:
      return describe_as<wire::DataIn>(writer, header);
    case Opcode::logout_response:
      return describe_as<wire::LogoutResponse>(writer, header);
    case Opcode::ready_to_transfer:
      return describe_as<wire::ReadyToTransfer>(writer, header);
    case Opcode::asynchronous_message:
      return describe_as<wire::AsynchronousMessage>(writer, header);
    case Opcode::reject:
      return describe_as<wire::Reject>(writer, header);
    default:
      writer.itt(wire::BasicHeader(header));
  }
}

// Bit 7 of byte 1 is F in every PDU but the two of the login, where it is T.
bool has_final_bit(Opcode opcode) { return opcode != Opcode::login_request && opcode != Opcode::login_response; }

}  // namespace

Summary summarize(wire::HeaderView header) {
  const wire::BasicHeader basic(header);
  const Opcode opcode = basic.opcode();
  Summary summary{.name = wire::to_string(opcode), .flags = {}, .fields = {}};
  Writer writer(summary);
  writer.flag("I", basic.immediate()).flag("F", has_final_bit(opcode) && basic.final());
  if (wire::sender_of(opcode) == wire::Role::target) {
    describe_response(writer, header, opcode);
  } else {
    describe_request(writer, header, opcode);
  }
  if (basic.total_ahs_length() != 0) writer.number("ahslength", basic.total_ahs_length());
  writer.number("length", basic.data_segment_length());
  if (opcode == Opcode::scsi_command) summary.cdb = header.subspan<32, wire::kHeaderCdbSize>();
  return summary;
}

}  // namespace lunway::proxy
