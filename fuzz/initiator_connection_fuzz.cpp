// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator's connection against a hostile target. The input is a script: responses with any fields behind right
// tags and numbers, raw bytes, requests of the owner, cuts, pauses. Nothing of it may reach an assert, a byte outside a
// caller's buffer, or an endless loop; and every task has exactly one end.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "base/big_endian.h"
#include "session/testing/initiator_rig.h"

namespace {

namespace session = lunway::session;
namespace wire = lunway::wire;
using lunway::Bytes;
using lunway::MutableBytes;

constexpr std::array<wire::Opcode, 12> kOpcodes{
    wire::Opcode::nop_in,          wire::Opcode::scsi_response,     wire::Opcode::task_management_response,
    wire::Opcode::login_response,  wire::Opcode::text_response,     wire::Opcode::data_in,
    wire::Opcode::logout_response, wire::Opcode::ready_to_transfer, wire::Opcode::asynchronous_message,
    wire::Opcode::reject,          wire::Opcode::login_request,     static_cast<wire::Opcode>(0x3e)};

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
  Bytes take(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

class Harness {
 public:
  explicit Harness(Script& script) : script_(script), rig_(session::InitiatorRig::profile()) {
    const std::uint8_t mood = script.byte();
    rig_.cut = static_cast<session::Cut>(mood % 3);
    if ((mood & 0x80) == 0) rig_.log_in((mood & 0x40) != 0 ? "ImmediateData=No" : "MaxBurstLength=1024");
  }

  void run() {
    for (int steps = 0; steps < 200 && !script_.empty(); ++steps) step();
    rig_.connection.transport_ended(rig_.time);
    rig_.pump();
    for (const session::TaskDone& done : rig_.done)
      if (!buffers_.contains(done.task.slot() | std::uint64_t{done.task.generation()} << 32)) std::abort();
    if (rig_.done.size() != submitted_ || rig_.session.active_tasks() != 0) std::abort();
  }

 private:
  void step() {
    switch (script_.byte() % 8) {
      case 0:
        submit(script_.byte() * 16U, 0);
        break;
      case 1:
        submit(0, script_.byte() * 64U);
        break;
      case 2:
        note(rig_.session.ping(rig_.time, script_.take(script_.byte() % 16), std::chrono::seconds(3)));
        break;
      case 3:
        note(rig_.session.manage(rig_.time, {.function = wire::TaskManagementFunction::logical_unit_reset}));
        break;
      case 4:
        if (!tasks_.empty()) rig_.session.abort(rig_.time, tasks_[script_.byte() % tasks_.size()]);
        break;
      case 5:
        rig_.advance(std::chrono::milliseconds(script_.byte() * 50));
        break;
      default:
        respond();
    }
    rig_.pump();
  }

  /// A header with the tag of a task, the right StatSN, and whatever the script says elsewhere.
  void respond() {
    wire::Header header{};
    header[0] = std::byte(static_cast<std::uint8_t>(kOpcodes[script_.byte() % kOpcodes.size()]));
    header[1] = std::byte{script_.byte()};
    const std::uint8_t how = script_.byte();
    lunway::copy_bytes(MutableBytes(header).subspan(36), script_.take((how & 1) != 0 ? 12 : 0));
    header[2] = std::byte((how & 2) != 0 ? script_.byte() : 0);
    header[3] = std::byte((how & 4) != 0 ? script_.byte() : 0);
    std::uint32_t tag = 0xffffffff;
    if ((how & 8) == 0 && !tasks_.empty()) {
      const session::TaskId task = tasks_[script_.byte() % tasks_.size()];
      tag = task.generation() << 16 | task.slot();
    }
    lunway::store_be32(&header[16], tag);
    lunway::store_be32(&header[20], (how & 16) != 0 ? script_.byte() : 0xffffffff);
    wire::set_stat_sn(header, rig_.stat_sn);
    if ((how & 32) != 0) rig_.stat_sn = rig_.stat_sn.next();
    wire::set_command_window(header, rig_.exp_cmd_sn, rig_.exp_cmd_sn.advanced_by(script_.byte()));
    const Bytes data = script_.take(script_.byte());
    wire::set_data_segment_length(header, static_cast<std::uint32_t>(data.size()));
    rig_.deliver(header, data);
  }

  void submit(std::size_t in, std::size_t out) {
    // As large as it must be and no larger: the sanitizer sees every byte beyond.
    auto memory = std::make_unique<std::byte[]>(std::max<std::size_t>(1, std::max(in, out)));
    constexpr std::array<std::byte, 6> kCdb{};
    const auto task = rig_.session.submit(rig_.time, {.cdb = kCdb,
                                                      .data_out = {memory.get(), out},
                                                      .data_in = {memory.get(), in},
                                                      .timeout = std::chrono::seconds(5)});
    note(task, std::move(memory));
  }

  void note(const std::expected<session::TaskId, session::SubmitError>& task,
            std::unique_ptr<std::byte[]> memory = nullptr) {
    if (!task) return;
    ++submitted_;
    tasks_.push_back(*task);
    if (!buffers_.emplace(task->slot() | std::uint64_t{task->generation()} << 32, std::move(memory)).second)
      std::abort();
  }

  Script& script_;
  std::map<std::uint64_t, std::unique_ptr<std::byte[]>> buffers_;
  session::InitiatorRig rig_;
  std::vector<session::TaskId> tasks_;
  std::size_t submitted_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(std::as_bytes(std::span(data, size)));
  Harness(script).run();
  return 0;
}
