// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/workload/user.h"

#include <algorithm>
#include <utility>

#include "simulator/workload/block_pattern.h"

namespace lunway::simulator {
namespace {

using session::TaskFault;
using wire::TaskManagementFunction;

/// Who has nothing to do looks again after this time at most.
constexpr Duration kDoze = std::chrono::milliseconds(20);

/// Whether it is known that a request with this end takes effect no more. One that was lost may be on its way yet, and
/// so may one that the target has only announced to end.
bool is_over(const session::TaskResult& result) {
  const auto* failure = std::get_if<session::TaskFailure>(&result);
  if (failure == nullptr) return true;
  return failure->fault != TaskFault::connection_lost && failure->fault != TaskFault::timed_out &&
         failure->fault != TaskFault::terminated;
}

std::string outcome_of(const session::TaskResult& result) {
  if (const auto* failure = std::get_if<session::TaskFailure>(&result))
    return std::string(session::to_string(failure->fault));
  if (const auto* function = std::get_if<session::ManagementCompletion>(&result))
    return std::string("function answered ") + std::string(wire::to_string(function->response));
  const auto* completion = std::get_if<session::ScsiCompletion>(&result);
  return completion == nullptr ? "answered" : "status " + std::to_string(static_cast<unsigned>(completion->status));
}

}  // namespace

User::User(EventQueue& events, Random random, Verdict& verdict, const InitiatorOptions& initiator,
           const UserOptions& options, Blackboard& board, const Dial& dial)
    : events_(events),
      random_(random),
      verdict_(verdict),
      options_(options),
      board_(board),
      client_(events, random_.fork(), verdict, initiator, dial, *this),
      left_(options.requests) {}

// ------------------------------------------------------------------------------------------------- the client's word

void User::logged_in() {
  // The old session is gone at the target, and its commands with it.
  //= rfc7143#6.3.5
  for (const auto& request : std::exchange(lost_, {})) {
    for (std::size_t i = 0; i < request->values.size(); ++i) {
      board_.history.write_over({request->unit, request->first_block + i}, request->values[i]);
    }
  }
  leaving_ = false;
  thought_ = options_.longest_thought;
  think();
}

void User::task_done(const session::TaskDone& done) {
  const auto found = std::ranges::find(active_, done.task, [](const auto& request) { return request->task; });
  if (found == active_.end()) return verdict_.fail("a task ended that was not asked for, or ended twice");
  std::unique_ptr<Request> request = std::move(*found);
  active_.erase(found);
  verdict_.mark("request ends", outcome_of(done.result));
  const auto* failure = std::get_if<session::TaskFailure>(&done.result);
  if (failure != nullptr && failure->fault == TaskFault::data_missing)
    verdict_.fail("the initiator thinks that a response speaks of data that has not moved");
  // A lost connection was logged out before its tasks ended.
  const bool is_lost = failure != nullptr && failure->fault == TaskFault::connection_lost;
  const session::InitiatorSession* const engine = client_.engine();
  const bool recovers = engine != nullptr && engine->parameters().error_recovery_level != 0;
  const bool gives_up =
      failure != nullptr && (failure->fault == TaskFault::data_refused || failure->fault == TaskFault::data_digest);
  if (recovers && gives_up) verdict_.fail("data was lost, and not recovered");
  const bool over = is_over(done.result) || (is_lost && client_.goes_on());
  if (auto complaint = end(board_.history, options_.shape, *request, done.result, over)) verdict_.fail(*complaint);
  const auto* completion = std::get_if<session::ScsiCompletion>(&done.result);
  if (completion != nullptr && completion->status == wire::ScsiStatus::good) remember(*request);
  if (!over) lost_.push_back(std::move(request));
}

void User::session_over(bool logged_out) {
  if (!active_.empty()) verdict_.fail("a session ended and left tasks without an end");
  ++thoughts_;
  if (!logged_out) return;
  if (leaves_for_good_) {
    done_ = true;
    return;
  }
  events_.after(std::chrono::microseconds(random_.below(3000)), [this] { client_.log_in(); });
}

void User::crash() {
  if (done_) return;
  for (auto& request : std::exchange(active_, {})) lost_.push_back(std::move(request));
  ++thoughts_;
  client_.crash();
  events_.after(std::chrono::milliseconds(random_.below(4000)), [this] { client_.log_in(); });
}

void User::check_patience() {
  for (const auto& request : active_) {
    if (events_.now() - request->begun > kPatience)
      verdict_.fail("a request of kind " + std::to_string(static_cast<int>(request->kind)) +
                    " did not end in 15 minutes");
  }
}

// ---------------------------------------------------------------------------------------------------------- requests

void User::think() {
  const auto most = static_cast<std::uint64_t>(thought_.count());
  events_.after(std::chrono::nanoseconds(random_.below(most)), [this, thought = ++thoughts_] {
    if (thought != thoughts_) return;
    thought_ = act() ? options_.longest_thought : std::min(2 * thought_, std::max(kDoze, options_.longest_thought));
    client_.settle();
    if (!leaving_) think();
  });
}

bool User::act() {
  if (!client_.is_logged_in() || client_.engine() == nullptr) return false;
  if (left_ == 0) {
    const bool has_read_all = !reads_all_ || next_read_ >= options_.shape.units * options_.shape.blocks;
    if (has_read_all && active_.empty()) {
      leaves_for_good_ = true;
      leave();
      return true;
    }
    if (has_read_all || active_.size() >= options_.depth) return false;
    submit_blocks();
    return true;
  }
  if (active_.size() >= options_.depth) return false;
  --left_;
  if (random_.one_in(options_.abort_one_in)) abort_one();
  if (random_.one_in(options_.function_one_in)) {
    submit_function();
  } else if (random_.one_in(options_.logout_one_in)) {
    leave();
  } else if (random_.one_in(20)) {
    submit_ping();
  } else {
    submit_blocks();
  }
  return true;
}

void User::leave() {
  leaving_ = true;
  client_.engine()->log_out();
}

void User::submit_blocks() {
  const DiskShape& shape = options_.shape;
  if (left_ == 0) {
    // The last look: one block after the other.
    Request request = make_read(random_, shape, 1);
    request.unit = static_cast<std::uint32_t>(next_read_ / shape.blocks);
    request.first_block = next_read_++ % shape.blocks;
    store_be64(&request.cdb[2], request.first_block);
    return submit(std::move(request));
  }
  const std::uint64_t choice = random_.below(100);
  if (choice < 42) return submit(make_read(random_, shape, options_.most_blocks));
  const std::uint64_t flushes_end = 95;
  const std::uint64_t comparisons_end = flushes_end - options_.flushes;
  if (choice < comparisons_end - options_.comparisons)
    return submit(make_write(random_, shape, options_.most_blocks, board_.last_value));
  if (choice < comparisons_end) return submit(make_comparison());
  if (choice < flushes_end) return submit(make_flush(shape, random_.between32(0, shape.units - 1)));
  submit(make_other(random_, shape));
}

Request User::make_comparison() {
  const std::uint32_t unit = random_.between32(0, options_.shape.units - 1);
  const std::uint64_t block = random_.below(options_.hot_blocks != 0 ? options_.hot_blocks : options_.shape.blocks);
  const auto believed = board_.believed.find({unit, block});
  const BlockHistory::Value seen = believed == board_.believed.end() ? BlockHistory::kBlank : believed->second;
  return make_compare_and_write(random_, options_.shape, block, unit, seen, board_.last_value);
}

void User::remember(const Request& request) {
  const std::uint32_t size = options_.shape.block_size;
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    board_.believed[{request.unit, request.first_block + i}] = request.values[i];
  }
  for (std::size_t i = 0; request.kind == RequestKind::read && (i + 1) * size <= request.data_in.size(); ++i) {
    if (i >= request.blocks) break;
    const auto value = value_of(Bytes(request.data_in).subspan(i * size, size));
    if (value) board_.believed[{request.unit, request.first_block + i}] = *value;
  }
}

void User::submit(Request request) {
  auto kept = std::make_unique<Request>(std::move(request));
  begin(board_.history, *kept);
  kept->begun = events_.now();
  session::ScsiRequest scsi = kept->scsi();
  scsi.timeout = options_.timeout;
  scsi.attribute = random_.pick({wire::TaskAttribute::simple, wire::TaskAttribute::simple, wire::TaskAttribute::ordered,
                                 wire::TaskAttribute::head_of_queue, wire::TaskAttribute::untagged});
  const auto task = client_.engine()->submit(events_.now(), scsi);
  if (!task) {
    for (std::size_t i = 0; i < kept->values.size(); ++i) {
      board_.history.write_over({kept->unit, kept->first_block + i}, kept->values[i]);
    }
    return;
  }
  kept->task = *task;
  active_.push_back(std::move(kept));
}

void User::submit_ping() {
  std::vector<std::byte> payload(random_.below(2000));
  for (std::byte& byte : payload) byte = static_cast<std::byte>(random_.next());
  const auto task = client_.engine()->ping(events_.now(), payload, std::chrono::seconds(30));
  if (!task) return;
  auto kept = std::make_unique<Request>();
  kept->kind = RequestKind::ping;
  kept->task = *task;
  kept->begun = events_.now();
  active_.push_back(std::move(kept));
}

void User::submit_function() {
  const std::uint32_t unit = random_.between32(0, random_.one_in(10) ? options_.shape.units : options_.shape.units - 1);
  session::TaskManagementRequest function{
      .function = random_.pick({TaskManagementFunction::abort_task_set, TaskManagementFunction::clear_task_set,
                                TaskManagementFunction::logical_unit_reset, TaskManagementFunction::target_warm_reset,
                                TaskManagementFunction::query_task_set, TaskManagementFunction::query_task,
                                TaskManagementFunction::abort_task, TaskManagementFunction::clear_aca,
                                TaskManagementFunction::query_asynchronous_event}),
      .lun = wire::Lun::from_flat(unit)};
  if (random_.one_in(options_.cold_reset_one_in))
    function.function =
        random_.pick({TaskManagementFunction::target_cold_reset, TaskManagementFunction::i_t_nexus_reset});
  if (wire::has_referenced_task(function.function)) {
    if (active_.empty()) return;
    function.task = active_[random_.below(active_.size())]->task;
  }
  const auto task = client_.engine()->manage(events_.now(), function);
  if (!task) return;
  auto kept = std::make_unique<Request>();
  kept->kind = RequestKind::function;
  kept->task = *task;
  kept->begun = events_.now();
  active_.push_back(std::move(kept));
}

void User::abort_one() {
  if (active_.empty()) return;
  client_.engine()->abort(events_.now(), active_[random_.below(active_.size())]->task);
}

}  // namespace lunway::simulator
