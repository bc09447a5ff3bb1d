// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Another decoder reads what this one writes: every PDU goes through tshark, which must find no fault and the same
// values in the same fields.
//= rfc7143#11

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "capture/conversation.h"
#include "tests/golden/dissection.h"
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
#include "wire/outgoing.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/sense_segment.h"
#include "wire/snack_request.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/testing/hex.h"
#include "wire/testing/stream.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::wire {
namespace {

using testing::append;
using testing::bytes_from_hex;

// tshark's name of a field without "iscsi.", and the value that it must see there.
using Expected = std::map<std::string, std::uint32_t>;

struct Said {
  Header header;
  Expected expected;
  std::vector<std::byte> data;
  std::vector<std::byte> ahs;
};

std::array<std::byte, kHeaderCdbSize> cdb(std::string_view hex) {
  std::array<std::byte, kHeaderCdbSize> bytes{};
  copy_bytes(bytes, bytes_from_hex(hex));
  return bytes;
}

// Pairs of key and value, each with the zero byte that ends it.
std::vector<std::byte> text(std::initializer_list<std::string_view> pairs) {
  std::vector<std::byte> bytes;
  for (const std::string_view pair : pairs) {
    append(bytes, bytes_of(pair));
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

std::vector<std::byte> sense_segment(Bytes event_data) {
  const auto sense = bytes_from_hex("70 00 05 00 00 00 00 0a 00 00 00 00 24 00 00 00 00 00");
  const SenseSegment segment{.sense = sense, .rest = event_data};
  std::vector<std::byte> bytes(segment.size());
  segment.write(bytes);
  return bytes;
}

constexpr CmdSN kExpCmdSN{0x201};
constexpr CmdSN kMaxCmdSN{0x240};
constexpr StatSN kStatSN{0x301};

std::vector<Said> login(bool digests) {
  // tshark finds header digests by itself, and data digests by the key.
  const std::string_view digest_key = digests ? "DataDigest=CRC32C" : "DataDigest=None";
  const LoginFlags flags{
      .transit = true, .csg = LoginStage::login_operational_negotiation, .nsg = LoginStage::full_feature_phase};
  return {
      {LoginRequest::build({.flags = flags,
                            .isid = Isid::from_random(0x123456, 0x789a),
                            .itt = Itt(1),
                            .cid = Cid(7),
                            .cmd_sn = CmdSN(0x200),
                            .exp_stat_sn = StatSN(0x300)}),
       {{"initiatortasktag", 1},
        {"cid", 7},
        {"cmdsn", 0x200},
        {"expstatsn", 0x300},
        {"login.csg", 1},
        {"login.nsg", 3},
        {"login.T", 1},
        {"login.C", 0},
        {"isid.t", 2},
        {"isid.d", 0x789a},
        {"tsih", 0}},
       text({"InitiatorName=iqn.2026-11.io.example:a", "TargetName=iqn.2026-11.io.example:b", digest_key}),
       {}},
      {LoginResponse::build({.flags = flags,
                             .isid = Isid::from_random(0x123456, 0x789a),
                             .tsih = Tsih(0x55),
                             .itt = Itt(1),
                             .stat_sn = StatSN(0x300),
                             .exp_cmd_sn = CmdSN(0x200),
                             .max_cmd_sn = kMaxCmdSN}),
       {{"initiatortasktag", 1},
        {"statsn", 0x300},
        {"expcmdsn", 0x200},
        {"maxcmdsn", 0x240},
        {"login.csg", 1},
        {"login.nsg", 3},
        {"login.T", 1},
        {"tsih", 0x55},
        {"login.status", 0}},
       text({"TargetPortalGroupTag=1", digest_key}),
       {}},
  };
}

std::vector<Said> read() {
  return {
      {ScsiCommand::build({.read = true,
                           .lun = Lun::from_flat(3),
                           .itt = Itt(2),
                           .expected_data_transfer_length = 512,
                           .cmd_sn = CmdSN(0x201),
                           .exp_stat_sn = kStatSN,
                           .cdb = cdb("28 00 00 00 00 10 00 00 01 00")}),
       {{"initiatortasktag", 2},
        {"scsicommand.F", 1},
        {"scsicommand.R", 1},
        {"scsicommand.W", 0},
        {"scsicommand.attr", 1},
        {"scsicommand.expecteddatatransferlength", 512},
        {"cmdsn", 0x201},
        {"expstatsn", 0x301},
        {"I", 0},
        {"totalahslength", 0}},
       {},
       {}},
      {DataIn::build({.final = true,
                      .acknowledge = true,
                      .has_status = true,
                      .residual = {Residual::Kind::underflow, 11},
                      .lun = Lun::from_flat(3),
                      .itt = Itt(2),
                      .ttt = Ttt(0x99),
                      .stat_sn = kStatSN,
                      .exp_cmd_sn = kExpCmdSN,
                      .max_cmd_sn = kMaxCmdSN}),
       {{"scsidata.F", 1},
        {"scsidata.A", 1},
        {"scsidata.S", 1},
        {"scsidata.U", 1},
        {"scsidata.O", 0},
        {"targettransfertag", 0x99},
        {"statsn", 0x301},
        {"expcmdsn", 0x201},
        {"maxcmdsn", 0x240},
        {"datasn", 0},
        {"bufferOffset", 0},
        {"scsidata.readresidualcount", 11},
        {"scsiresponse.status", 0},
        {"datasegmentlength", 501}},
       std::vector<std::byte>(501),
       {}},
      {SnackRequest::build({.type = SnackType::data_ack,
                            .lun = Lun::from_flat(3),
                            .ttt = Ttt(0x99),
                            .exp_stat_sn = kStatSN,
                            .beg_run = 1}),
       {{"snack.type", 2},
        {"initiatortasktag", 0xffffffff},
        {"targettransfertag", 0x99},
        {"snack.begrun", 1},
        {"snack.runlength", 0},
        {"expstatsn", 0x301}},
       {},
       {}},
  };
}

std::vector<Said> write() {
  return {
      {ScsiCommand::build({.final = true,
                           .write = true,
                           .attribute = TaskAttribute::ordered,
                           .itt = Itt(3),
                           .expected_data_transfer_length = 1024,
                           .cmd_sn = CmdSN(0x202),
                           .exp_stat_sn = kStatSN,
                           .cdb = cdb("2a 00 00 00 00 10 00 00 02 00")}),
       {{"scsicommand.W", 1}, {"scsicommand.R", 0}, {"scsicommand.attr", 2}, {"datasegmentlength", 512}},
       std::vector<std::byte>(512),
       {}},
      {ReadyToTransfer::build({.itt = Itt(3),
                               .ttt = Ttt(0x77),
                               .stat_sn = StatSN(0x302),
                               .exp_cmd_sn = kExpCmdSN,
                               .max_cmd_sn = kMaxCmdSN,
                               .r2t_sn = R2TSN(0),
                               .buffer_offset = 512,
                               .desired_data_transfer_length = 512}),
       {{"targettransfertag", 0x77},
        {"r2tsn", 0},
        {"bufferOffset", 512},
        {"desireddatalength", 512},
        {"statsn", 0x302}},
       {},
       {}},
      {DataOut::build({.final = true, .itt = Itt(3), .ttt = Ttt(0x77), .data_sn = DataSN(0), .buffer_offset = 512}),
       {{"scsidata.F", 1}, {"targettransfertag", 0x77}, {"datasn", 0}, {"bufferOffset", 512}},
       std::vector<std::byte>(512),
       {}},
      {ScsiResponse::build({.status = ScsiStatus::check_condition,
                            .residual = {Residual::Kind::overflow, 5},
                            .itt = Itt(3),
                            .stat_sn = StatSN(0x302),
                            .exp_cmd_sn = kExpCmdSN,
                            .max_cmd_sn = kMaxCmdSN,
                            .exp_data_sn = DataSN(1)}),
       {{"scsiresponse.O", 1},
        {"scsiresponse.U", 0},
        {"scsiresponse.o", 0},
        {"scsiresponse.u", 0},
        {"scsiresponse.status", 2},
        {"scsiresponse.response", 0},
        {"scsiresponse.residualcount", 5},
        {"scsiresponse.senselength", 18},
        {"expdatasn", 1}},
       sense_segment({}),
       {}},
  };
}

std::vector<Said> command_with_ahs() {
  const auto rest_of_cdb = bytes_from_hex("00 00 00 00 00 00 10 00 00 00 00 00 00 00 00 01");
  const CommandAhs ahs{.extended_cdb = rest_of_cdb, .bidirectional_read_length = 4096};
  std::vector<std::byte> ahs_bytes(ahs.size());
  ahs.write(ahs_bytes);
  return {
      {ScsiCommand::build({.read = true,
                           .write = true,
                           .itt = Itt(4),
                           .expected_data_transfer_length = 512,
                           .cmd_sn = CmdSN(0x203),
                           .exp_stat_sn = kStatSN,
                           .cdb = cdb("7f 00 00 00 00 00 00 18 00 09 00 00 00 00 00 00")}),
       {{"totalahslength", 7}, {"ahs.type", 1}, {"ahs.length", 17}, {"ahs.bidir.length", 4096}},
       {},
       ahs_bytes},
      {ScsiResponse::build({.response = ScsiResponseCode::target_failure, .itt = Itt(4)}),
       {{"scsiresponse.response", 1}},
       {},
       {}},
  };
}

std::vector<Said> task_management() {
  return {
      {TaskManagementRequest::build({.function = TaskManagementFunction::abort_task,
                                     .itt = Itt(5),
                                     .referenced_task_tag = Itt(3),
                                     .cmd_sn = CmdSN(0x204),
                                     .exp_stat_sn = kStatSN,
                                     .ref_cmd_sn = CmdSN(0x202)}),
       {{"taskmanfun.function", 1}, {"taskmanfun.referencedtasktag", 3}, {"refcmdsn", 0x202}, {"I", 1}},
       {},
       {}},
      {TaskManagementResponse::build({.response = TaskManagementResponseCode::task_does_not_exist, .itt = Itt(5)}),
       {{"taskmanfun.response", 1}},
       {},
       {}},
  };
}

std::vector<Said> text_and_ping() {
  return {
      {TextRequest::build({.itt = Itt(6), .cmd_sn = CmdSN(0x204), .exp_stat_sn = kStatSN}),
       {{"text.F", 1}, {"text.C", 0}, {"targettransfertag", 0xffffffff}},
       text({"SendTargets=All"}),
       {}},
      // tshark 4.0 does not take a Text Response without F and C for iSCSI, so the unfinished one has C.
      {TextResponse::build({.final = false, .continues = true, .itt = Itt(6), .ttt = Ttt(8)}),
       {{"text.F", 0}, {"text.C", 1}, {"targettransfertag", 8}},
       text({"TargetAlias=disk"}),
       {}},
      {TextResponse::build({.final = true, .itt = Itt(6)}),
       {{"text.F", 1}, {"text.C", 0}, {"targettransfertag", 0xffffffff}},
       text({"TargetName=iqn.2026-11.io.example:b"}),
       {}},
      {NopOut::build({.itt = Itt(7), .cmd_sn = CmdSN(0x205), .exp_stat_sn = kStatSN}),
       {{"I", 1}, {"initiatortasktag", 7}, {"cmdsn", 0x205}},
       bytes_from_hex("70 69 6e 67 21"),
       {}},
      {NopIn::build({.itt = Itt(7), .stat_sn = kStatSN}),
       {{"initiatortasktag", 7}},
       bytes_from_hex("70 69 6e 67 21"),
       {}},
      {NopIn::build({.ttt = Ttt(9), .stat_sn = kStatSN}), {{"targettransfertag", 9}}, {}, {}},
  };
}

std::vector<Said> ending() {
  const Header bad = SnackRequest::build({.type = SnackType::status});
  return {
      {AsynchronousMessage::build({.event = AsyncEvent::logout_request, .stat_sn = kStatSN, .parameter3 = 30}),
       {{"asyncevent", 1}, {"parameter3", 30}},
       {},
       {}},
      {AsynchronousMessage::build({.event = AsyncEvent::scsi_event, .stat_sn = kStatSN}),
       {{"asyncevent", 0}},
       sense_segment({}),
       {}},
      {Reject::build({.reason = RejectReason::command_not_supported, .stat_sn = kStatSN}),
       {{"reject.reason", 5}},
       {bad.begin(), bad.end()},
       {}},
      {LogoutRequest::build({.reason = LogoutReason::close_connection, .itt = Itt(8), .cid = Cid(7)}),
       {{"logout.reason", 1}, {"cid", 7}},
       {},
       {}},
      {LogoutResponse::build({.itt = Itt(8), .time2wait = 2, .time2retain = 20}),
       {{"logout.response", 0}, {"time2wait", 2}, {"time2retain", 20}},
       {},
       {}},
  };
}

std::vector<Said> whole_session(bool digests) {
  std::vector<Said> all = login(digests);
  for (const auto& part : {read(), write(), command_with_ahs(), task_management(), text_and_ping(), ending()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class WireDissection : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!capture::has_tshark()) GTEST_SKIP() << "tshark is not installed: nobody else has read these PDUs";
    capture::PcapngFile file;
    capture::Conversation conversation(file);
    for (const Said& said : session_) say(conversation, said);
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = ::testing::TempDir() + "lunway_" + test->name() + ".pcapng";
    std::ranges::replace(path_.begin() + static_cast<std::ptrdiff_t>(::testing::TempDir().size()), path_.end(), '/',
                         '_');
    const Result<> written = capture::write_file(file, path_);
    ASSERT_TRUE(written) << written.error().message;
  }

  void TearDown() override {
    if (!HasFailure()) std::remove(path_.c_str());
  }

  // Digests come into force when the login is over.
  void say(capture::Conversation& conversation, const Said& said) {
    const Opcode opcode = BasicHeader(said.header).opcode();
    const bool in_login = opcode == Opcode::login_request || opcode == Opcode::login_response;
    const bool on = GetParam() && !in_login;
    std::vector<std::byte> bytes;
    append(bytes, EncodedPdu(said.header, said.ahs, said.data, {}, {.header = on, .data = on}));
    if (sender_of(opcode) == Role::initiator) {
      conversation.from_initiator(bytes, to_string(opcode));
    } else {
      conversation.from_target(bytes, to_string(opcode));
    }
  }

  const std::vector<Said> session_ = whole_session(GetParam());
  std::string path_;
};

TEST_P(WireDissection, AnotherDecoderSeesTheSameFields) {
  const std::vector<std::string> names = [this] {
    std::map<std::string, bool> all{{"opcode", true}};
    for (const Said& said : session_) {
      for (const auto& [name, value] : said.expected) all[name] = true;
    }
    std::vector<std::string> list;
    for (const auto& [name, used] : all) list.push_back("iscsi." + name);
    return list;
  }();
  const auto packets = capture::dissect(path_, names, "iscsi");
  ASSERT_TRUE(packets) << packets.error().message;
  ASSERT_EQ(packets->size(), session_.size()) << path_;

  for (std::size_t i = 0; i < session_.size(); ++i) {
    Expected expected = session_[i].expected;
    const Opcode opcode = BasicHeader(session_[i].header).opcode();
    expected["opcode"] = static_cast<std::uint32_t>(opcode);
    for (std::size_t field = 0; field < names.size(); ++field) {
      const auto wanted = expected.find(names[field].substr(6));
      if (wanted == expected.end()) continue;
      const std::string& seen = (*packets)[i].at(field);
      EXPECT_FALSE(seen.empty()) << to_string(opcode) << " has no " << names[field] << " in " << path_;
      EXPECT_EQ(std::strtoul(seen.c_str(), nullptr, 0), wanted->second)
          << names[field] << " of PDU " << i << ", " << to_string(opcode) << ", in " << path_;
    }
  }
}

TEST_P(WireDissection, AnotherDecoderFindsNoFault) {
  const auto faults = capture::dissect(path_, {"frame.number", "_ws.expert.message"},
                                       "_ws.malformed or _ws.expert.severity == \"Error\"");
  ASSERT_TRUE(faults) << faults.error().message;
  for (const auto& fault : *faults) ADD_FAILURE() << "packet " << fault[0] << ": " << fault[1] << " in " << path_;
}

TEST_P(WireDissection, AnotherDecoderFindsTheDigests) {
  // tshark 4.0 shows no data digest of an Asynchronous Message and of a Reject.
  const auto shows_data_digest = [](const Said& said) {
    const Opcode opcode = BasicHeader(said.header).opcode();
    return !said.data.empty() && opcode != Opcode::asynchronous_message && opcode != Opcode::reject;
  };
  const auto with_data = std::ranges::count_if(session_, shows_data_digest);
  const auto header = capture::dissect(path_, {"iscsi.headerdigest32"}, "iscsi.headerdigest32");
  const auto data = capture::dissect(path_, {"iscsi.datadigest32"}, "iscsi.datadigest32");
  ASSERT_TRUE(header && data);
  EXPECT_EQ(header->size(), GetParam() ? session_.size() - 2 : 0);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(data->size()), GetParam() ? with_data - 2 : 0);
}

INSTANTIATE_TEST_SUITE_P(Digests, WireDissection, ::testing::Bool());

}  // namespace
}  // namespace lunway::wire
