// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The asynchronous half of the public Session, and what it says about itself. The blocking half is in
// session_blocking.cpp.

#include <chrono>
#include <utility>

#include "initiator/cdb.h"
#include "initiator/errors.h"
#include "initiator/sense.h"
#include "initiator/session_core.h"
#include "initiator/transfer.h"
#include "initiator/unmap.h"
#include "runtime/clock.h"

namespace lunway::initiator {
namespace {

constexpr std::uint8_t kInvalidOperationCode = 0x20;

/// A unit without a cache may not know the command: then there is nothing to flush.
Result<> flushed(const Result<ScsiResult>& result) {
  if (!result) return std::unexpected(result.error());
  if (result->good()) return {};
  const auto& sense = result->sense;
  if (sense && sense->key == kSenseKeyIllegalRequest && sense->asc == kInvalidOperationCode) return {};
  return std::unexpected(to_error(*result));
}

}  // namespace

Session::Session(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::open(const Url& url, Options options, Done opened) {
  if (url.target.empty())
    return std::unexpected(Error{ErrorKind::invalid_argument, 0, "URL: the target name and the LUN are missing"});
  auto client = Client::make(url, std::move(options), text::SessionType::normal);
  if (!client) return std::unexpected(std::move(client.error()));
  auto core = std::make_unique<Core>(std::move(*client));
  if (auto started = core->client->open(std::move(opened)); !started)
    return std::unexpected(std::move(started.error()));
  core->client->flush();
  return Session(std::move(core));
}

int Session::descriptor() const { return core_->client->descriptor(); }

void Session::service() {
  core_->client->turn(Instant::min());
  core_->client->flush();
}

bool Session::wait(std::chrono::milliseconds limit) {
  const Instant deadline = runtime::read_clock() + limit;
  bool happened = false;
  do {
    happened = core_->client->turn(deadline);
  } while (!happened && runtime::read_clock() < deadline);
  core_->client->flush();
  return happened;
}

Result<TaskId> Session::submit(Command command, ScsiDone done) {
  auto task = core_->commander.submit(std::move(command), std::move(done));
  core_->client->flush();
  return task;
}

Result<TaskId> Session::submit_read(std::uint64_t lba, std::span<std::byte> data, Done done) {
  const TaskId job = core_->start<Transfer>(std::move(done), core_->client->options(),
                                            Transfer::Range{.lba = lba, .in = data, .out = {}});
  core_->client->flush();
  return job;
}

Result<TaskId> Session::submit_write(std::uint64_t lba, std::span<const std::byte> data, Done done) {
  const TaskId job = core_->start<Transfer>(std::move(done), core_->client->options(),
                                            Transfer::Range{.lba = lba, .in = {}, .out = data});
  core_->client->flush();
  return job;
}

Result<TaskId> Session::submit_flush(Done done) {
  return submit({.cdb = synchronize_cache_cdb().to_vector()},
                [done = std::move(done)](const Result<ScsiResult>& result) mutable { done(flushed(result)); });
}

Result<TaskId> Session::submit_unmap(std::span<const Extent> extents, Done done) {
  const TaskId job = core_->start<Unmap>(std::move(done), extents);
  core_->client->flush();
  return job;
}

SessionState Session::state() const { return core_->client->state(); }
const Negotiated& Session::negotiated() const { return core_->client->negotiated(); }
std::string Session::portal() const { return core_->client->portal(); }
std::vector<ConnectionFacts> Session::connections() const { return core_->client->connections(); }
std::uint64_t Session::recoveries() const { return core_->client->recoveries(); }
const Url& Session::url() const { return core_->client->url(); }
const std::optional<Error>& Session::failure() const { return core_->client->failure(); }
std::size_t Session::in_flight() const { return core_->commander.in_flight(); }

}  // namespace lunway::initiator
