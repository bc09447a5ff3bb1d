// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The part of the public Session that has to do with other hosts on the same unit: COMPARE AND WRITE and persistent
// reservations, asynchronous and blocking.

#include <memory>
#include <utility>

#include "initiator/compare_and_write.h"
#include "initiator/errors.h"
#include "initiator/persistent_reservation.h"
#include "initiator/session_core.h"

namespace lunway::initiator {
namespace {

/// The outcome of a command without an answer.
Result<> done_of(const Result<ScsiResult>& result) {
  if (!result) return std::unexpected(result.error());
  if (!result->good()) return std::unexpected(to_error(*result));
  return {};
}

/// The outcome of a command whose answer is in `buffer`.
template <class Answer>
Result<Answer> answer_of(const Result<ScsiResult>& result, Bytes buffer, std::optional<Answer> (*parse)(Bytes)) {
  if (const Result<> done = done_of(result); !done) return std::unexpected(done.error());
  auto answer = parse(buffer.first(result->bytes_in));
  if (!answer)
    return std::unexpected(Error{ErrorKind::protocol, 0, "PERSISTENT RESERVE IN: the answer is shorter than it says"});
  return std::move(*answer);
}

}  // namespace

Result<TaskId> Session::submit_compare_and_write(std::uint64_t lba, std::span<const std::byte> expected,
                                                 std::span<const std::byte> replacement, Compared done) {
  auto found = std::make_shared<Comparison>();
  auto ended = [found, own = std::move(done)](Result<> result) mutable {
    own(result ? Result<Comparison>(*found) : std::unexpected(std::move(result.error())));
  };
  const TaskId job = core_->start<CompareAndWrite>(
      std::move(ended), CompareAndWrite::Range{.lba = lba, .expected = expected, .replacement = replacement}, found);
  core_->client->flush();
  return job;
}

Result<TaskId> Session::submit_persistent_reserve(const PersistentReserve& request, Done done) {
  auto list = std::make_shared<std::vector<std::byte>>(parameter_list(request));
  return submit({.cdb = to_cdb(request).to_vector(), .data_out = *list},
                [list, own = std::move(done)](const Result<ScsiResult>& result) mutable { own(done_of(result)); });
}

Result<TaskId> Session::submit_registered_keys(std::move_only_function<void(Result<RegisteredKeys>)> done) {
  auto buffer = std::make_shared<std::vector<std::byte>>(kReservationAnswerBytes);
  return submit({.cdb = read_keys_cdb().to_vector(), .data_in = *buffer},
                [buffer, own = std::move(done)](const Result<ScsiResult>& result) mutable {
                  own(answer_of(result, *buffer, &parse_keys));
                });
}

Result<TaskId> Session::submit_held_reservation(
    std::move_only_function<void(Result<std::optional<HeldReservation>>)> done) {
  auto buffer = std::make_shared<std::vector<std::byte>>(kReservationAnswerBytes);
  return submit({.cdb = read_reservation_cdb().to_vector(), .data_in = *buffer},
                [buffer, own = std::move(done)](const Result<ScsiResult>& result) mutable {
                  own(answer_of(result, *buffer, &parse_reservation));
                });
}

Result<Comparison> Session::compare_and_write(std::uint64_t lba, std::span<const std::byte> expected,
                                              std::span<const std::byte> replacement) {
  std::optional<Result<Comparison>> found;
  if (auto task = submit_compare_and_write(lba, expected, replacement, Core::filling(found)); !task)
    return std::unexpected(task.error());
  return core_->wait_for(found);
}

Result<> Session::persistent_reserve(const PersistentReserve& request) {
  std::optional<Result<>> done;
  if (auto task = submit_persistent_reserve(request, Core::filling(done)); !task) return std::unexpected(task.error());
  return core_->wait_for(done);
}

Result<RegisteredKeys> Session::registered_keys() {
  std::optional<Result<RegisteredKeys>> keys;
  if (auto task = submit_registered_keys(Core::filling(keys)); !task) return std::unexpected(task.error());
  return core_->wait_for(keys);
}

Result<std::optional<HeldReservation>> Session::held_reservation() {
  std::optional<Result<std::optional<HeldReservation>>> held;
  if (auto task = submit_held_reservation(Core::filling(held)); !task) return std::unexpected(task.error());
  return core_->wait_for(held);
}

}  // namespace lunway::initiator
