// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What makes tests of a target's connection read as ladder diagrams: short ways to say a PDU, and one matcher a PDU.
//
//   rig.send(write_command({.itt = Itt(1), .length = 8192}));                       // I -> T  WRITE
//   EXPECT_THAT(rig.receive(), Is<wire::ReadyToTransfer>(With(&R2T::length, 8192)));  // T -> I  R2T

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "session/testing/target_rig.h"
#include "wire/asynchronous_message.h"
#include "wire/data_in.h"
#include "wire/data_out.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session::testing {

// NOLINTBEGIN(readability-identifier-naming): GoogleTest wants these names, and matchers look like its own.

inline void PrintTo(const std::optional<FromTarget>& pdu, std::ostream* out) {
  if (!pdu) {
    *out << "silence";
    return;
  }
  *out << wire::to_string(pdu->opcode()) << " with " << pdu->data.size() << " bytes; header";
  for (std::size_t i = 0; i < pdu->header.size(); ++i) {
    if (i % 4 == 0) *out << ' ';
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = std::to_integer<unsigned>(pdu->header[i]);
    *out << kDigits[byte >> 4] << kDigits[byte & 0xf];
  }
}

/// A well-formed PDU of this type whose fields match.
template <class Pdu>
class IsMatcher {
 public:
  using is_gtest_matcher = void;
  using Fields = typename Pdu::Fields;

  explicit IsMatcher(::testing::Matcher<const Fields&> fields) : fields_(std::move(fields)) {}

  bool MatchAndExplain(const std::optional<FromTarget>& pdu, ::testing::MatchResultListener* listener) const {
    if (!pdu) return false;
    const auto parsed = Pdu::parse(wire::HeaderView(pdu->header));
    if (!parsed) {
      *listener << parsed.error().rule;
      return false;
    }
    return fields_.MatchAndExplain(parsed->fields(), listener);
  }
  void DescribeTo(std::ostream* out) const {
    *out << wire::to_string(Pdu::kOpcode) << " whose fields ";
    fields_.DescribeTo(out);
  }
  void DescribeNegationTo(std::ostream* out) const { *out << "anything but " << wire::to_string(Pdu::kOpcode); }

 private:
  ::testing::Matcher<const Fields&> fields_;
};

template <class Pdu, class... Matchers>
IsMatcher<Pdu> Is(const Matchers&... fields) {
  return IsMatcher<Pdu>(::testing::AllOf(::testing::A<const typename Pdu::Fields&>(), fields...));
}

/// A field of a PDU.
template <class Fields, class Value, class Matcher>
auto With(Value Fields::* field, const Matcher& matcher) {
  return ::testing::Field(field, matcher);
}

// NOLINTEND(readability-identifier-naming)

/// key=value pairs with their null bytes.
inline std::string text_pairs(std::initializer_list<std::string_view> pairs) {
  std::string text;
  for (const std::string_view pair : pairs) {
    text += pair;
    text += '\0';
  }
  return text;
}

inline wire::LoginFlags from_to(wire::LoginStage csg, wire::LoginStage nsg) {
  wire::LoginFlags flags;
  flags.transit = true;
  flags.csg = csg;
  flags.nsg = nsg;
  return flags;
}

inline constexpr auto kSecurity = wire::LoginStage::security_negotiation;
inline constexpr auto kOperational = wire::LoginStage::login_operational_negotiation;
inline constexpr auto kFullFeature = wire::LoginStage::full_feature_phase;

inline constexpr wire::Itt kLoginTag{0x1000};

inline wire::LoginRequest::Fields login_fields(wire::LoginFlags flags) {
  wire::LoginRequest::Fields fields;
  fields.flags = flags;
  fields.isid = wire::Isid::from_random(0x123456, 1);
  fields.itt = kLoginTag;
  fields.cid = wire::Cid(3);
  fields.cmd_sn = wire::CmdSN(100);
  return fields;
}

inline std::string names(std::initializer_list<std::string_view> more = {}) {
  return text_pairs({"InitiatorName=iqn.2026-11.io.lunway:initiator", "TargetName=iqn.2026-11.io.lunway:disk"}) +
         text_pairs(more);
}

/// Logs in with one request, and takes the response out of the way. The next CmdSN is 100.
inline void log_in(TargetRig& rig, std::initializer_list<std::string_view> keys = {}) {
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))), bytes_of(names(keys)));
  const auto response = rig.receive();
  ASSERT_TRUE(response && response->opcode() == wire::Opcode::login_response);
  const wire::LoginResponse login{wire::HeaderView(response->header)};
  ASSERT_EQ(login.status(), wire::LoginStatus::success) << wire::to_string(login.status());
  ASSERT_TRUE(rig.logged_in);
}

/// Logs in to a discovery session.
inline void log_in_for_discovery(TargetRig& rig) {
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))),
           bytes_of(text_pairs({"InitiatorName=iqn.2026-11.io.lunway:initiator", "SessionType=Discovery"})));
  ASSERT_TRUE(rig.receive());
  ASSERT_TRUE(rig.logged_in);
}

inline wire::ScsiCommand::Fields command_fields(std::uint32_t itt, std::uint32_t cmd_sn) {
  wire::ScsiCommand::Fields fields;
  fields.itt = wire::Itt(itt);
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  return fields;
}

inline wire::ScsiCommand::Fields read_fields(std::uint32_t itt, std::uint32_t cmd_sn, std::uint32_t length) {
  auto fields = command_fields(itt, cmd_sn);
  fields.read = true;
  fields.expected_data_transfer_length = length;
  return fields;
}

inline wire::ScsiCommand::Fields write_fields(std::uint32_t itt, std::uint32_t cmd_sn, std::uint32_t length) {
  auto fields = command_fields(itt, cmd_sn);
  fields.write = true;
  fields.expected_data_transfer_length = length;
  return fields;
}

inline wire::DataOut::Fields data_out_fields(std::uint32_t itt, wire::Ttt ttt, std::uint32_t data_sn,
                                             std::uint32_t offset, bool final) {
  wire::DataOut::Fields fields;
  fields.itt = wire::Itt(itt);
  fields.ttt = ttt;
  fields.data_sn = wire::DataSN(data_sn);
  fields.buffer_offset = offset;
  fields.final = final;
  return fields;
}

/// Bytes that differ at neighbouring places.
inline std::vector<std::byte> pattern(std::size_t size, unsigned seed = 1) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(static_cast<std::uint8_t>(i * 7 + i / 256 + seed));
  return bytes;
}

/// The tag of an R2T.
inline wire::Ttt tag_of(const std::optional<FromTarget>& r2t) {
  return wire::ReadyToTransfer(wire::HeaderView(r2t->header)).ttt();
}

}  // namespace lunway::session::testing
