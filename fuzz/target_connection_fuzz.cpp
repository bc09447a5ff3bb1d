// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target's connection against a hostile initiator and a device of changing moods. The input is a script: raw bytes,
// headers of any content with right digests, well-formed requests, answers of the device, cuts, pauses. Nothing of it
// may reach an assert, a byte outside a buffer, or an endless loop; and every Submit is followed by exactly one
// Release.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/target_connection.h"
#include "session/target_session.h"
#include "wire/data_out.h"
#include "wire/framer.h"
#include "wire/login_request.h"
#include "wire/logout_request.h"
#include "wire/nop_out.h"
#include "wire/outgoing.h"
#include "wire/ready_to_transfer.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/text_request.h"

namespace {

namespace session = lunway::session;
namespace text = lunway::text;
namespace wire = lunway::wire;
using lunway::Bytes;
using lunway::bytes_of;
using lunway::Instant;
using lunway::kNever;
using lunway::MutableBytes;

class Entropy final : public session::EntropySource {
 public:
  void fill(MutableBytes bytes) override { std::ranges::fill(bytes, std::byte(0x5a)); }
};

class Directory final : public session::TargetDirectory {
 public:
  std::expected<session::LoginPolicy, session::LoginRefusal> admit(const session::LoginAttempt& attempt) override {
    if (attempt.tsih != wire::kNewSession) {
      return std::unexpected(session::LoginRefusal{.status = wire::LoginStatus::session_does_not_exist});
    }
    return policy;
  }
  std::vector<text::TargetRecord> list_targets(const session::Portal& /*portal*/, const text::IscsiName& /*initiator*/,
                                               const std::optional<text::IscsiName>& /*target*/) override {
    return std::vector<text::TargetRecord>(
        150, {.name = "iqn.2026-11.io.lunway:disk", .addresses = {{.host = "192.0.2.1", .portal_group_tag = 1}}});
  }

  session::LoginPolicy policy;
};

/// The input, eaten from the front; zeros when it is empty.
class Script {
 public:
  explicit Script(Bytes bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint32_t word() { return std::uint32_t{byte()} << 8 | byte(); }
  Bytes take(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

/// What the device knows of a command. Its memory is as large as it must be and no larger.
struct Running {
  session::TaskId id;
  std::uint32_t write_length = 0;
  std::uint32_t read_length = 0;
  std::uint32_t accepted = 0;
  bool accepting = false;
  bool aborting = false;
  bool answered = false;
  bool management = false;
  std::vector<std::unique_ptr<std::byte[]>> memory = {};
  std::vector<std::byte> read_data = {};
  std::vector<Bytes> pieces = {};
};

class Harness {
 public:
  explicit Harness(Script& script) : script_(script) {
    const std::uint8_t mood = script.byte();
    const bool digests = (mood & 1) != 0;
    if (digests) {
      directory_.policy.negotiation.list(text::KeyId::header_digest) = {text::Digest::crc32c, text::Digest::none};
      directory_.policy.negotiation.list(text::KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
    }
    if ((mood & 2) != 0) directory_.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
    directory_.policy.negotiation.number(text::KeyId::max_outstanding_r2t).preferred = 3;
    if ((mood & 4) != 0) {
      limits_.queue_depth = 4;
      limits_.immediate_commands = 2;
      limits_.departing_tasks = 1;
      limits_.held_bytes = 1;
      connection_limits_.queued_answers = 4;
      connection_limits_.transmit_pdus = 2;
    }
    piece_ = (mood & 8) != 0 ? 1 + script.byte() : 1 << 20;
    connection_ =
        std::make_unique<session::TargetConnection>(now_, directory_, entropy_, session::Portal(), connection_limits_);
    if ((mood & 16) != 0) log_in(digests, (mood & 32) != 0);
  }

  /// Everybody goes away, and the session must end.
  void finish() {
    connection_.reset();
    drain_session();
    while (!running_.empty()) answer_one(running_.begin()->second, false);
    // A lost connection is remembered for a while.
    while (session_ && !ended_ && session_->deadline() != kNever) {
      session_->expire(session_->deadline());
      drain_session();
    }
    if (session_ && !ended_) std::abort();
  }

  void run() {
    while (!script_.empty() && !closed_) step();
    if (!closed_) connection_->peer_closed(now_);
    drain();
  }

 private:
  void step() {
    const std::uint8_t what = script_.byte();
    switch (what % 16) {
      case 0:
        return feed(script_.take(script_.byte()));
      case 1:
        return send_any_header();
      case 2:
      case 3:
        return send_command(what);
      case 4:
      case 5:
        return send_data_out(what);
      case 6:
        return send_management();
      case 7:
        return send_text();
      case 8:
        return send(wire::NopOut::build(
                        {.immediate = (what & 16) != 0, .itt = wire::Itt(script_.byte()), .cmd_sn = next_cmd_sn(what)}),
                    script_.take(script_.byte()));
      case 9:
        return transmit(what);
      case 10:
      case 11:
      case 12:
        return device(what);
      case 13:
        now_ += std::chrono::milliseconds(script_.word());
        if (connection_->deadline() <= now_) connection_->expire(now_);
        return drain();
      case 14:
        if ((what & 64) != 0) connection_->request_logout(now_, std::chrono::seconds(1));
        if ((what & 128) != 0) connection_->drop(now_);
        return drain();
      default:
        return send(wire::LogoutRequest::build({.immediate = (what & 16) != 0,
                                                .reason = static_cast<wire::LogoutReason>(script_.byte() % 4),
                                                .itt = wire::Itt(script_.byte()),
                                                .cid = wire::Cid(0),
                                                .cmd_sn = next_cmd_sn(what)}),
                    {});
    }
  }

  // ------------------------------------------------------------------------------------------------ the initiator

  void log_in(bool digests, bool discovery) {
    std::string keys;
    const auto add = [&keys](std::string_view pair) { (keys += pair) += '\0'; };
    add("InitiatorName=iqn.2026-11.io.lunway:initiator");
    add(discovery ? "SessionType=Discovery" : "TargetName=iqn.2026-11.io.lunway:disk");
    if (digests) {
      add("HeaderDigest=CRC32C");
      add("DataDigest=CRC32C");
    }
    if (!discovery) {
      add("InitialR2T=No");
      add("MaxOutstandingR2T=3");
      add("MaxBurstLength=2048");
      add("FirstBurstLength=1024");
    }
    wire::LoginRequest::Fields fields;
    fields.flags.transit = true;
    fields.flags.csg = wire::LoginStage::login_operational_negotiation;
    fields.flags.nsg = wire::LoginStage::full_feature_phase;
    fields.itt = wire::Itt(1);
    send(wire::LoginRequest::build(fields), bytes_of(keys));
    transmit(0xff);
    // A script that should begin in the Full Feature Phase must not quietly begin elsewhere.
    if (closed_ || !logged_in_) std::abort();
  }

  wire::CmdSN next_cmd_sn(std::uint8_t what) {
    if ((what & 16) != 0) return cmd_sn_;
    if ((what & 32) != 0) return cmd_sn_.advanced_by(script_.byte() % 8);
    const wire::CmdSN number = cmd_sn_;
    cmd_sn_ = cmd_sn_.next();
    return number;
  }

  void send_any_header() {
    wire::Header header{};
    lunway::copy_bytes(header, script_.take(header.size()));
    const Bytes ahs = script_.take(std::size_t{script_.byte()} % 5 * 4);
    const bool whole_ahs = ahs.size() % 4 == 0;
    send(header, script_.take(script_.word() % 600), whole_ahs ? ahs : Bytes());
  }

  void send_command(std::uint8_t what) {
    wire::ScsiCommand::Fields fields;
    const std::uint8_t flags = script_.byte();
    fields.immediate = (what & 16) != 0;
    fields.read = (flags & 1) != 0;
    fields.write = (flags & 2) != 0;
    fields.final = (flags & 4) != 0 || !fields.write;
    fields.lun = wire::Lun::from_flat(flags >> 7);
    fields.itt = wire::Itt(script_.byte() % 32);
    fields.expected_data_transfer_length = fields.read || fields.write ? script_.word() % 8192 : 0;
    fields.cmd_sn = next_cmd_sn(what);
    std::array<std::byte, 64> room;
    wire::CommandAhs ahs;
    if (fields.read && fields.write) ahs.bidirectional_read_length = script_.word();
    send(wire::ScsiCommand::build(fields), script_.take(fields.write ? script_.word() % 1200 : 0), ahs.write(room));
  }

  void send_data_out(std::uint8_t what) {
    wire::DataOut::Fields fields;
    fields.itt = wire::Itt(script_.byte() % 32);
    std::uint32_t length = script_.word() % 2048;
    if ((what & 16) != 0 && !r2ts_.empty()) {
      // An answer as it should be, or nearly.
      R2t& r2t = r2ts_[script_.byte() % r2ts_.size()];
      length = std::min(length, r2t.length);
      fields.itt = r2t.itt;
      fields.ttt = r2t.ttt;
      fields.lun = r2t.lun;
      fields.data_sn = wire::DataSN(r2t.data_sn++);
      fields.buffer_offset = r2t.offset;
      r2t.offset += length;
      r2t.length -= length;
      fields.final = r2t.length == 0;
      if ((what & 32) != 0) fields.buffer_offset += script_.byte();
      if ((what & 64) != 0) fields.final = !fields.final;
    } else {
      fields.final = (what & 32) != 0;
      fields.data_sn = wire::DataSN(script_.byte() % 3);
      fields.buffer_offset = script_.word() % 2048;
    }
    const std::vector<std::byte> data(length, std::byte(what));
    send(wire::DataOut::build(fields), data, {}, (what & 128) != 0);
  }

  void send_management() {
    const std::uint8_t what = script_.byte();
    wire::TaskManagementRequest::Fields fields;
    fields.immediate = (what & 16) != 0;
    fields.function = static_cast<wire::TaskManagementFunction>(1 + script_.byte() % 14);
    fields.lun = wire::Lun::from_flat(what >> 7);
    fields.itt = wire::Itt(script_.byte());
    fields.referenced_task_tag = wire::Itt(script_.byte() % 32);
    fields.ref_cmd_sn = wire::CmdSN(script_.byte());
    fields.cmd_sn = next_cmd_sn(what);
    send(wire::TaskManagementRequest::build(fields), {});
  }

  void send_text() {
    const std::uint8_t what = script_.byte();
    wire::TextRequest::Fields fields;
    fields.immediate = (what & 16) != 0;
    fields.final = (what & 1) != 0;
    fields.continues = !fields.final && (what & 2) != 0;
    fields.itt = wire::Itt(200);
    fields.ttt = (what & 4) != 0 ? wire::Ttt(script_.byte()) : wire::kNoTtt;
    fields.cmd_sn = next_cmd_sn(what);
    std::string keys = (what & 8) != 0 ? std::string("SendTargets=All\0", 16) : std::string();
    keys += lunway::text_of(script_.take(script_.byte() % 64));
    send(wire::TextRequest::build(fields), bytes_of(keys));
  }

  void send(const wire::Header& header, Bytes data, Bytes ahs = {}, bool damage = false) {
    const wire::EncodedPdu pdu(header, ahs, data, {}, digests_);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    if (damage) bytes.back() ^= std::byte(1);
    feed(bytes);
  }

  /// Each piece is a buffer of its own that is gone afterwards, so that no view of it can live on unseen.
  void feed(Bytes bytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    while (!pending_.empty() && !closed_) {
      if (const MutableBytes window = connection_->receive_window(); !window.empty() && (piece_ & 1) != 0) {
        const std::size_t count = lunway::copy_bytes(window, pending_);
        connection_->received_into_window(now_, count);
        drain();
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
        continue;
      }
      const std::vector<std::byte> piece(
          pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(std::min(piece_, pending_.size())));
      const bool wanted = connection_->wants_input();
      const std::size_t taken = connection_->receive(now_, piece);
      drain();
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
      if (taken == 0) {
        if (wanted && !closed_ && connection_->wants_input()) std::abort();
        break;
      }
    }
    // A full house: what the connection does not want yet is lost in this test.
    if (pending_.size() > 100000) pending_.clear();
  }

  void transmit(std::uint8_t what) {
    if (closed_) return;
    std::vector<std::byte> sent;
    for (const Bytes piece : connection_->next_transmit()) sent.insert(sent.end(), piece.begin(), piece.end());
    const std::size_t count = (what & 16) != 0 ? sent.size() : sent.size() / 2;
    connection_->transmitted(now_, count);
    look_at(Bytes(sent).first(count));
    drain();
    feed({});
  }

  void look_at(Bytes bytes) {
    while (!bytes.empty()) {
      const auto step = framer_.next(bytes);
      const auto* pdu = std::get_if<wire::WholePdu>(&step);
      if (pdu == nullptr) return;
      if (!pdu->data_digest_ok) std::abort();
      const wire::BasicHeader header(pdu->header);
      if (header.opcode() == wire::Opcode::login_response && logged_in_) {
        digests_ = {.header = agreed_.header_digest == text::Digest::crc32c,
                    .data = agreed_.data_digest == text::Digest::crc32c};
        if (!framer_.enable_digests(digests_)) std::abort();
      }
      if (const auto r2t = wire::ReadyToTransfer::parse(pdu->header)) {
        r2ts_.push_back(
            {r2t->itt(), r2t->ttt(), r2t->lun(), r2t->buffer_offset(), r2t->desired_data_transfer_length(), 0});
      }
    }
  }

  // --------------------------------------------------------------------------------------------------- the device

  void device(std::uint8_t what) {
    if (running_.empty()) return;
    auto chosen = running_.begin();
    std::advance(chosen, script_.byte() % running_.size());
    answer_one(chosen->second, (what & 16) != 0);
    drain();
    feed({});
  }

  void answer_one(Running& task, bool accept) {
    if (task.management) {
      const session::TaskId id = task.id;
      running_.erase(id.slot());
      session_->complete_task_management(id, wire::TaskManagementResponseCode::function_complete);
    } else if (task.aborting) {
      task.aborting = false;
      task.answered = true;
      session_->aborted(task.id);
    } else if (task.answered) {
      // Released when it is sent; the connection may be gone.
    } else if (accept && !task.accepting && task.accepted < task.write_length) {
      const std::uint32_t size = std::min<std::uint32_t>(task.write_length - task.accepted, script_.word());
      task.accepted += size;
      task.accepting = true;
      task.memory.push_back(std::make_unique<std::byte[]>(size));
      session_->accept_data(task.id, {task.memory.back().get(), size});
    } else {
      complete(task);
    }
    drain_session();
  }

  void complete(Running& task) {
    task.answered = true;
    const std::uint8_t what = script_.byte();
    session::CommandResult result;
    result.status = (what & 1) != 0 ? wire::ScsiStatus::check_condition : wire::ScsiStatus::good;
    constexpr std::uint32_t kMostRead = 1 << 16;
    task.read_data.assign(std::clamp(task.read_length, 1U, kMostRead), std::byte(what));
    const auto middle = static_cast<std::size_t>(what) % task.read_data.size();
    task.pieces = {Bytes(task.read_data).first(middle), Bytes(task.read_data).subspan(middle)};
    result.data_in = task.pieces;
    // Too much, all, or a few; never more than is there where the initiator takes it.
    result.data_in_length =
        (what & 2) != 0 ? task.read_data.size() : std::min<std::size_t>(what, task.read_data.size());
    if ((what & 4) != 0 && task.read_length < kMostRead) result.data_in_length += 1000;
    result.data_out_length = task.accepted;
    if ((what & 1) != 0) result.sense = Bytes(task.read_data).first(std::min<std::size_t>(task.read_data.size(), 18));
    session_->complete(task.id, result);
  }

  void drain() {
    drain_session();
    while (!closed_) {
      const auto output = connection_->next_output();
      if (!output) break;
      if (const auto* open = std::get_if<session::OpenSession>(&*output)) {
        agreed_ = open->request->connection;
        cmd_sn_ = open->request->cmd_sn;
        session_ = std::make_unique<session::TargetSession>(*open->request, wire::Tsih(1), limits_);
        connection_->open(now_, *session_);
      }
      if (std::holds_alternative<session::LoggedIn>(*output)) logged_in_ = true;
      if (std::holds_alternative<session::Close>(*output)) closed_ = true;
      drain_session();
    }
  }

  void drain_session() {
    while (session_) {
      const auto output = session_->next_output();
      if (!output) return;
      std::visit([this](const auto& asked) { on(asked); }, *output);
    }
  }

  void on(const session::Submit& submit) {
    checksum_ += static_cast<unsigned>(std::ranges::count(submit.immediate_data, std::byte(1)));
    checksum_ += static_cast<unsigned>(std::ranges::count(submit.cdb, std::byte(1)));
    Running task{.id = submit.task, .write_length = submit.write_length, .read_length = submit.read_length};
    if (!running_.emplace(submit.task.slot(), std::move(task)).second) std::abort();
  }
  void on(const session::SubmitTaskManagement& submit) {
    if (!running_.emplace(submit.task.slot(), Running{.id = submit.task, .management = true}).second) std::abort();
  }
  void on(const session::DataArrived& arrived) { find(arrived.task).accepting = false; }
  void on(const session::Abort& abort) { find(abort.task).aborting = true; }
  void on(const session::Release& release) {
    const Running& task = find(release.task);
    if (!task.answered || task.aborting) std::abort();
    running_.erase(release.task.slot());
  }
  void on(const session::SessionEnded& /*ended*/) {
    if (ended_ || !running_.empty()) std::abort();
    ended_ = true;
  }

  Running& find(session::TaskId id) {
    const auto found = running_.find(id.slot());
    if (found == running_.end() || found->second.id != id) std::abort();
    return found->second;
  }

  struct R2t {
    wire::Itt itt;
    wire::Ttt ttt;
    wire::Lun lun;
    std::uint32_t offset;
    std::uint32_t length;
    std::uint32_t data_sn;
  };

  Script& script_;
  Directory directory_;
  Entropy entropy_;
  session::SessionLimits limits_;
  session::ConnectionLimits connection_limits_;
  Instant now_{std::chrono::hours(1)};
  std::unique_ptr<session::TargetSession> session_;
  std::unique_ptr<session::TargetConnection> connection_;
  std::map<std::uint32_t, Running> running_;
  std::vector<R2t> r2ts_;
  std::vector<std::byte> pending_;
  text::ConnectionParameters agreed_;
  wire::Digests digests_;
  wire::Framer framer_{{.max_data_segment_length = 0xffffff}, {}};
  wire::CmdSN cmd_sn_;
  std::size_t piece_ = 0;
  unsigned checksum_ = 0;
  bool logged_in_ = false;
  bool closed_ = false;
  bool ended_ = false;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(std::as_bytes(std::span(data, size)));
  Harness harness(script);
  harness.run();
  harness.finish();
  return 0;
}
