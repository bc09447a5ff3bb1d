// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Any 48 bytes are read as every PDU there is. What parse() takes can be built again and means the same.
//= rfc7143#11

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "wire/additional_header.h"
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
#include "wire/sense_segment.h"
#include "wire/snack_request.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::wire {
namespace {

template <class Pdu>
void check(HeaderView header) {
  const typename Pdu::Fields fields = Pdu(header).fields();  // safe on any bytes
  const auto pdu = Pdu::parse(header);
  if (!pdu) {
    if (pdu.error().section.empty() || pdu.error().rule.empty()) std::abort();
    return;
  }
  Header again = Pdu::build(fields);
  set_total_ahs_length_words(again, static_cast<std::uint8_t>(pdu->total_ahs_length_words()));
  set_data_segment_length(again, pdu->data_segment_length());
  const auto rebuilt = Pdu::parse(again);
  if (!rebuilt || rebuilt->fields() != fields) std::abort();
}

template <class... Pdus>
void check_all(HeaderView header) {
  (check<Pdus>(header), ...);
}

void check_ahs(Bytes bytes) {
  const auto ahs = CommandAhs::parse(bytes);
  if (!ahs) return;
  std::array<std::byte, kMaxAhsSize> buffer{};
  const Bytes written = ahs->write(buffer);
  const auto again = CommandAhs::parse(written);
  if (!again || again->extended_cdb.size() != ahs->extended_cdb.size() ||
      again->bidirectional_read_length != ahs->bidirectional_read_length) {
    std::abort();
  }
}

void check_data_segments(Bytes bytes) {
  if (const auto segment = SenseSegment::parse(bytes)) {
    const std::size_t prefix = bytes.empty() ? 0 : 2;
    if (prefix + segment->sense.size() + segment->rest.size() != bytes.size()) std::abort();
  }
  if (const auto rejected = RejectedHeader::parse(bytes)) {
    if (kHeaderSize + rejected->ahs.size() + rejected->vendor_data.size() != bytes.size()) std::abort();
  }
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  check_data_segments(input);
  check_ahs(input);
  if (size < kHeaderSize) return 0;
  check_all<NopOut, ScsiCommand, TaskManagementRequest, LoginRequest, TextRequest, DataOut, LogoutRequest, SnackRequest,
            NopIn, ScsiResponse, TaskManagementResponse, LoginResponse, TextResponse, DataIn, LogoutResponse,
            ReadyToTransfer, AsynchronousMessage, Reject>(input.first<kHeaderSize>());
  return 0;
}

}  // namespace lunway::wire
