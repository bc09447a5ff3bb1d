// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The blocking half of the public Session: each call starts the asynchronous one and turns until its callback has run.

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "initiator/cdb.h"
#include "initiator/errors.h"
#include "initiator/session_core.h"
#include "initiator/unit.h"
#include "runtime/clock.h"

namespace lunway::initiator {
namespace {

constexpr std::uint16_t kInquiryBytes = 255;
constexpr std::uint16_t kPageBytes = 4096;
constexpr std::uint32_t kLunsBytes = 128 * 1024;

Result<session::TaskResult> unless_failed(session::TaskResult result) {
  if (const auto* failure = std::get_if<session::TaskFailure>(&result)) return std::unexpected(to_error(*failure));
  return result;
}

}  // namespace

Result<Session> Session::connect(std::string_view url, Options options) {
  auto parsed = Url::parse(url);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return connect(*parsed, std::move(options));
}

Result<Session> Session::connect(const Url& url, Options options) {
  std::optional<Result<>> opened;
  auto session = open(url, std::move(options), Core::filling(opened));
  if (!session) return session;
  if (auto result = session->core_->wait_for(opened); !result) return std::unexpected(std::move(result.error()));
  return session;
}

Result<std::vector<DiscoveredTarget>> Session::discover(std::string_view url, Options options) {
  auto parsed = Url::parse(url);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return discover(*parsed, std::move(options));
}

Result<std::vector<DiscoveredTarget>> Session::discover(const Url& url, Options options) {
  auto client = Client::make(url, std::move(options), text::SessionType::discovery);
  if (!client) return std::unexpected(std::move(client.error()));
  Core core(std::move(*client));

  std::optional<Result<>> opened;
  if (auto started = core.client->open(Core::filling(opened)); !started)
    return std::unexpected(std::move(started.error()));
  if (auto result = core.wait_for(opened); !result) return std::unexpected(std::move(result.error()));

  std::optional<Result<session::TaskResult>> answer;
  const auto task = core.client->send_targets(url.target.empty() ? "All" : url.target, [&](session::TaskResult result) {
    answer = unless_failed(std::move(result));
  });
  if (!task) return std::unexpected(task.error());
  auto result = core.wait_for(answer);
  if (!result) return std::unexpected(core.client->failure().value_or(result.error()));

  std::vector<DiscoveredTarget> targets;
  for (const text::TargetRecord& record : std::get<session::DiscoveryCompletion>(*result).targets) {
    DiscoveredTarget& target = targets.emplace_back();
    target.name = record.name;
    for (const text::TargetAddress& address : record.addresses) {
      const bool is_ipv6 = address.host.find(':') != std::string::npos;
      target.portals.push_back(
          {.address = (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port),
           .group_tag = address.portal_group_tag.value_or(0)});
    }
  }
  core.client->log_out();
  while (core.client->state() != SessionState::closed) core.client->turn(kNever);
  return targets;
}

Result<ScsiResult> Session::execute(Command command) {
  std::optional<Result<ScsiResult>> answer;
  const auto task = core_->commander.submit(std::move(command), Core::filling(answer));
  if (!task) return std::unexpected(task.error());
  return core_->wait_for(answer);
}

Result<> Session::read(std::uint64_t lba, std::span<std::byte> data) {
  std::optional<Result<>> done;
  if (auto task = submit_read(lba, data, Core::filling(done)); !task) return std::unexpected(task.error());
  return core_->wait_for(done);
}

Result<> Session::write(std::uint64_t lba, std::span<const std::byte> data) {
  std::optional<Result<>> done;
  if (auto task = submit_write(lba, data, Core::filling(done)); !task) return std::unexpected(task.error());
  return core_->wait_for(done);
}

Result<> Session::flush() {
  std::optional<Result<>> done;
  if (auto task = submit_flush(Core::filling(done)); !task) return std::unexpected(task.error());
  return core_->wait_for(done);
}

Result<> Session::unmap(std::span<const Extent> extents) {
  std::optional<Result<>> done;
  if (auto task = submit_unmap(extents, Core::filling(done)); !task) return std::unexpected(task.error());
  return core_->wait_for(done);
}

Result<Capacity> Session::capacity() {
  std::optional<Result<Capacity>> answer;
  core_->unit.ask([&](const Result<UnitFacts>& facts) {
    answer = facts ? Result<Capacity>(facts->capacity) : std::unexpected(facts.error());
  });
  return core_->wait_for(answer);
}

/// A command that reads at most `size` bytes; what it read.
Result<std::vector<std::byte>> Session::query(std::vector<std::byte> cdb, std::size_t size) {
  std::vector<std::byte> buffer(size);
  auto result = execute({.cdb = std::move(cdb), .data_in = buffer});
  if (!result) return std::unexpected(std::move(result.error()));
  if (!result->good()) return std::unexpected(to_error(*result));
  buffer.resize(result->bytes_in);
  return buffer;
}

Result<Inquiry> Session::inquiry() {
  const auto data = query(inquiry_cdb(kInquiryBytes).to_vector(), kInquiryBytes);
  if (!data) return std::unexpected(data.error());
  auto inquiry = parse_inquiry(*data);
  if (!inquiry) return std::unexpected(Error{ErrorKind::protocol, 0, "INQUIRY: the answer is too short"});
  return std::move(*inquiry);
}

Result<std::vector<std::byte>> Session::vital_product_data(std::uint8_t page) {
  return query(vital_product_data_cdb(page, kPageBytes).to_vector(), kPageBytes);
}

Result<std::vector<std::uint16_t>> Session::report_luns() {
  const auto data = query(report_luns_cdb(kLunsBytes).to_vector(), kLunsBytes);
  if (!data) return std::unexpected(data.error());
  return parse_luns(*data);
}

Result<std::chrono::nanoseconds> Session::ping(std::span<const std::byte> payload) {
  if (payload.size() > negotiated().max_recv_data_segment_length_target)
    return std::unexpected(
        Error{ErrorKind::invalid_argument, EMSGSIZE, "ping data longer than the target's MaxRecvDataSegmentLength"});
  std::optional<Result<session::TaskResult>> answer;
  const Instant start = runtime::read_clock();
  Instant end;
  const auto task = core_->client->ping(payload, [&](session::TaskResult result) {
    end = runtime::read_clock();
    answer = unless_failed(std::move(result));
  });
  if (!task) return std::unexpected(task.error());
  if (auto result = core_->wait_for(answer); !result)
    return std::unexpected(failure().value_or(std::move(result.error())));
  return end - start;
}

Result<> Session::logout() {
  Client& client = *core_->client;
  while (in_flight() != 0 && state() != SessionState::closed) client.turn(kNever);
  client.log_out();
  while (state() != SessionState::closed) client.turn(kNever);
  if (failure()) return std::unexpected(*failure());
  return {};
}

}  // namespace lunway::initiator
