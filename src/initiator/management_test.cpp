// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management as a user of the library sees it, against a target that says what the test wants.

#include "initiator/management.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "initiator/testing/scripted_target.h"
#include "wire/asynchronous_message.h"
#include "wire/nop_out.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Function = wire::TaskManagementFunction;
using Response = wire::TaskManagementResponseCode;

constexpr milliseconds kMoment{50};

struct Managing : ::testing::Test {
  void log_in(const std::string& keys = "") {
    options.on_event = [this](std::string_view text) { events.emplace_back(text); };
    bool opened = false;
    auto made = Session::open(*Url::parse(target.url()), options, [&opened](const Result<>& result) {
      EXPECT_TRUE(result);
      opened = true;
    });
    ASSERT_TRUE(made);
    session.emplace(std::move(*made));
    target.log_in(keys);
    ASSERT_TRUE(turn_until([&] { return opened; }));
  }

  void turn() {
    if (session) session->wait(milliseconds(2));
  }
  bool turn_until(const std::function<bool()>& reached) {
    const Instant end = runtime::read_clock() + kPatience;
    while (!reached() && runtime::read_clock() < end) turn();
    return reached();
  }

  /// A TEST UNIT READY, and where its end goes.
  TaskId submit(std::optional<Result<ScsiResult>>& into, std::uint8_t priority = 0) {
    const auto id = session->submit({.cdb = std::vector<std::byte>(6), .priority = priority},
                                    [&](Result<ScsiResult> result) { into = std::move(result); });
    EXPECT_TRUE(id);
    return id.value_or(0);
  }
  wire::Itt command() { return target.next_as<wire::ScsiCommand>().itt; }
  wire::TaskManagementRequest::Fields function() { return target.next_as<wire::TaskManagementRequest>(); }
  void answer(wire::Itt itt, Response response = Response::function_complete, std::uint32_t information = 0) {
    target.deliver(wire::TaskManagementResponse::build(target.numbered(wire::TaskManagementResponse::Fields{
        .response = response, .additional_response_information = information, .itt = itt})));
  }
  auto into(std::optional<Result<ManagementResult>>& slot) {
    return [&slot](Result<ManagementResult> result) { slot = std::move(result); };
  }
  /// The outcome of an abort, after the command's own end.
  auto outcome() {
    return [this](Result<AbortOutcome> result) {
      command_had_ended = ended.has_value();
      told = std::move(result);
    };
  }
  void expect_outcome(AbortOutcome outcome) {
    ASSERT_TRUE(turn_until([this] { return told.has_value(); }));
    ASSERT_TRUE(*told) << told->error().message;
    EXPECT_EQ(**told, outcome) << to_string(**told);
    EXPECT_TRUE(command_had_ended);
  }
  void expect_aborted() {
    ASSERT_TRUE(ended);
    ASSERT_FALSE(*ended);
    EXPECT_EQ(ended->error().kind, ErrorKind::aborted);
  }

  Options options = [] {
    Options made;
    made.reconnect_time = {};
    return made;
  }();
  std::optional<Session> session;
  ScriptedTarget target{[this] { turn(); }};
  std::vector<std::string> events;

  std::optional<Result<ScsiResult>> ended;
  std::optional<Result<AbortOutcome>> told;
  bool command_had_ended = false;
};

// ------------------------------------------------------------------------------------------------------ negotiation

using Rfc7144_7_1_1_LibraryOptions = Managing;

TEST_F(Rfc7144_7_1_1_LibraryOptions, LevelTwoAndResponseFenceAreOfferedAndTold) {
  log_in();
  EXPECT_EQ(session->negotiated().protocol_level, 2);
  EXPECT_EQ(session->negotiated().task_reporting, TaskReporting::response_fence);
}

TEST_F(Rfc7144_7_1_1_LibraryOptions, FastAbortIsOfferedOnDemand) {
  options.task_reporting = TaskReporting::fast_abort;
  log_in();
  EXPECT_THAT(target.last.text(), HasSubstr("TaskReporting=FastAbort,ResponseFence,RFC3720"));
  EXPECT_EQ(session->negotiated().task_reporting, TaskReporting::fast_abort);
}

TEST_F(Rfc7144_7_1_1_LibraryOptions, ATargetMayHaveLess) {
  options.task_reporting = TaskReporting::fast_abort;
  log_in("TaskReporting=RFC3720;iSCSIProtocolLevel=0");
  EXPECT_EQ(session->negotiated().protocol_level, 0);
  EXPECT_EQ(session->negotiated().task_reporting, TaskReporting::rfc3720);
}

TEST_F(Rfc7144_7_1_1_LibraryOptions, AnOldTargetKnowsNeither) {
  log_in("TaskReporting=NotUnderstood;iSCSIProtocolLevel=NotUnderstood");
  EXPECT_EQ(session->negotiated().protocol_level, 1);
  EXPECT_EQ(session->negotiated().task_reporting, TaskReporting::rfc3720);
}

TEST_F(Rfc7144_7_1_1_LibraryOptions, NeitherNeedBeOffered) {
  options.protocol_level = 1;
  options.task_reporting = TaskReporting::rfc3720;
  log_in();
  EXPECT_EQ(target.last.text().find("TaskReporting"), std::string_view::npos);
  EXPECT_EQ(target.last.text().find("iSCSIProtocolLevel"), std::string_view::npos);
  EXPECT_EQ(session->negotiated().protocol_level, 1);
}

// -------------------------------------------------------------------------------------------------------- functions

using LibraryFunctions = Managing;

TEST_F(LibraryFunctions, AResetEndsAllCommandsAndSaysSo) {
  log_in();
  std::array<std::optional<Result<ScsiResult>>, 3> results;
  for (auto& one : results) submit(one);
  for (std::size_t i = 0; i < results.size(); ++i) command();
  std::optional<Result<ManagementResult>> done;
  bool all_had_ended = false;
  ASSERT_TRUE(session->submit_manage(TaskManagement::lun_reset, {}, [&](Result<ManagementResult> result) {
    all_had_ended = std::ranges::all_of(results, [](const auto& one) { return one.has_value(); });
    done = std::move(result);
  }));
  const auto request = function();
  EXPECT_EQ(request.function, Function::logical_unit_reset);
  answer(request.itt);
  ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
  ASSERT_TRUE(*done);
  EXPECT_FALSE((*done)->found);
  EXPECT_TRUE(all_had_ended);
  for (const auto& one : results) {
    ASSERT_FALSE(*one);
    EXPECT_EQ(one->error().kind, ErrorKind::aborted);
    EXPECT_EQ(one->error().message, "aborted by LOGICAL UNIT RESET");
  }
}

TEST_F(LibraryFunctions, AreForTheUnitThatIsNamed) {
  log_in();
  std::optional<Result<ManagementResult>> done;
  ASSERT_TRUE(session->submit_manage(TaskManagement::abort_task_set, std::uint16_t{7}, into(done)));
  EXPECT_EQ(function().lun, wire::Lun::from_flat(7));
}

TEST_F(LibraryFunctions, ThatAreNotCarriedOutAreErrors) {
  log_in();
  for (const auto response : {Response::lun_does_not_exist, Response::function_not_supported,
                              Response::authorization_failed, Response::function_rejected}) {
    std::optional<Result<ManagementResult>> done;
    ASSERT_TRUE(session->submit_manage(TaskManagement::clear_aca, {}, into(done)));
    answer(function().itt, response);
    ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
    ASSERT_FALSE(*done);
    EXPECT_EQ(done->error().kind, ErrorKind::task_management);
    EXPECT_EQ(done->error().code, static_cast<int>(response));
    EXPECT_THAT(done->error().message, HasSubstr(std::string(wire::to_string(response))));
  }
}

TEST_F(LibraryFunctions, EndWithTheSession) {
  log_in();
  std::optional<Result<ManagementResult>> done;
  ASSERT_TRUE(session->submit_manage(TaskManagement::i_t_nexus_reset, {}, into(done)));
  EXPECT_EQ(function().function, Function::i_t_nexus_reset);
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
  ASSERT_FALSE(*done);
  EXPECT_EQ(done->error().kind, ErrorKind::connection_lost);
  const auto late = session->submit_manage(TaskManagement::lun_reset, {}, into(done));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::connection_lost);
}

TEST_F(LibraryFunctions, OfRfc7144NeedLevelTwo) {
  log_in("iSCSIProtocolLevel=1");
  std::optional<Result<ManagementResult>> done;
  submit(ended);
  command();
  for (const auto function :
       {TaskManagement::query_task_set, TaskManagement::i_t_nexus_reset, TaskManagement::query_asynchronous_event}) {
    const auto refused = session->submit_manage(function, {}, into(done));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::task_management);
    EXPECT_EQ(refused.error().code, static_cast<int>(Response::function_not_supported));
    EXPECT_THAT(refused.error().message, HasSubstr("iSCSIProtocolLevel=2"));
  }
  EXPECT_FALSE(session->submit_query_task(1, into(done)));
  EXPECT_FALSE(session->query_task(1));
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

using Rfc7144_6_4_2_LibraryQueries = Managing;

TEST_F(Rfc7144_6_4_2_LibraryQueries, SayWhetherThereIsSomething) {
  log_in();
  for (const auto response : {Response::function_succeeded, Response::function_complete}) {
    std::optional<Result<ManagementResult>> done;
    ASSERT_TRUE(session->submit_manage(TaskManagement::query_task_set, {}, into(done)));
    answer(function().itt, response);
    ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
    ASSERT_TRUE(*done);
    EXPECT_EQ((*done)->found, response == Response::function_succeeded);
    EXPECT_EQ((*done)->to_string(), wire::to_string(response));
  }
}

TEST_F(Rfc7144_6_4_2_LibraryQueries, ReadTheEventThatIsPending) {
  log_in();
  std::optional<Result<ManagementResult>> done;
  ASSERT_TRUE(session->submit_manage(TaskManagement::query_asynchronous_event, {}, into(done)));
  answer(function().itt, Response::function_succeeded, 0x262900);
  ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
  ASSERT_TRUE(*done);
  const ManagementResult& result = **done;
  EXPECT_EQ(result.additional_information, 0x262900U);
  ASSERT_TRUE(result.event);
  EXPECT_EQ(result.event->key, 6);
  EXPECT_EQ(result.event->asc, 0x29);
  EXPECT_EQ(result.event->ascq, 0);
  EXPECT_EQ(result.event->depth, PendingEvent::Depth::several);
  EXPECT_THAT(result.to_string(), HasSubstr("UNIT ATTENTION"));
  EXPECT_THAT(result.to_string(), HasSubstr("and more"));
}

TEST(PendingEvents, HaveADepthThatIsKnownOrNot) {
  EXPECT_EQ(parse_pending_event(0x062900).depth, PendingEvent::Depth::unknown);
  EXPECT_EQ(parse_pending_event(0x162900).depth, PendingEvent::Depth::one);
  EXPECT_EQ(parse_pending_event(0x262900).depth, PendingEvent::Depth::several);
  EXPECT_EQ(parse_pending_event(0x362900).depth, PendingEvent::Depth::unknown);
  EXPECT_EQ(parse_pending_event(0xffffffff).key, 0x0f);
}

TEST_F(Rfc7144_6_4_2_LibraryQueries, OfACommandNameIt) {
  log_in();
  const TaskId id = submit(ended);
  const wire::Itt itt = command();
  std::optional<Result<ManagementResult>> done;
  ASSERT_TRUE(session->submit_query_task(id, into(done)));
  const auto request = function();
  EXPECT_EQ(request.function, Function::query_task);
  EXPECT_EQ(request.referenced_task_tag, itt);
  answer(request.itt, Response::function_succeeded);
  ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
  EXPECT_TRUE(*done && (*done)->found);
  // What the target has not got need not be asked for.
  for (const TaskId unknown : {TaskId{0}, TaskId{999}}) {
    done.reset();
    ASSERT_TRUE(session->submit_query_task(unknown, into(done)));
    ASSERT_TRUE(turn_until([&] { return done.has_value(); }));
    EXPECT_TRUE(*done && !(*done)->found);
  }
  EXPECT_FALSE(ended);
  target.respond(itt);
  ASSERT_TRUE(turn_until([&] { return ended.has_value(); }));
}

TEST_F(Rfc7144_6_4_2_LibraryQueries, OfSeveralCommandsAreRefused) {
  log_in();
  std::vector<std::byte> buffer(512);
  const auto read = session->submit_read(0, buffer, [](const Result<>&) {});
  std::optional<Result<ManagementResult>> done;
  const auto refused = session->submit_query_task(*read, into(done));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid_argument);
}

// ----------------------------------------------------------------------------------------------------------- aborts

using LibraryAborts = Managing;

TEST_F(LibraryAborts, SayThatTheTargetHasAborted) {
  log_in();
  const TaskId id = submit(ended);
  const wire::Itt itt = command();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  const auto request = function();
  EXPECT_EQ(request.function, Function::abort_task);
  EXPECT_EQ(request.referenced_task_tag, itt);
  const auto again = session->submit_abort(id, [](const Result<AbortOutcome>&) { ADD_FAILURE(); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::invalid_argument);
  answer(request.itt);
  expect_outcome(AbortOutcome::aborted);
  expect_aborted();
}

TEST_F(LibraryAborts, SayThatTheTargetDoesNotKnowIt) {
  log_in();
  const TaskId id = submit(ended);
  command();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  answer(function().itt, Response::task_does_not_exist);
  expect_outcome(AbortOutcome::unknown_to_target);
  expect_aborted();
}

TEST_F(LibraryAborts, SayThatTheStatusWasFaster) {
  log_in();
  const TaskId id = submit(ended);
  const wire::Itt itt = command();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  const wire::Itt abort = function().itt;
  target.respond(itt);
  answer(abort, Response::task_does_not_exist);
  expect_outcome(AbortOutcome::ended_first);
  ASSERT_TRUE(*ended);
  EXPECT_TRUE((*ended)->good());
}

TEST_F(LibraryAborts, SayThatItWasOverBefore) {
  log_in();
  const TaskId id = submit(ended);
  target.respond(command());
  ASSERT_TRUE(turn_until([this] { return ended.has_value(); }));
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  expect_outcome(AbortOutcome::ended_first);
}

// The second command is carried out and answered when the callback of the first asks for its abort: nobody may be told
// that it was never sent.
TEST_F(LibraryAborts, OfWhatHasJustEndedAreTooLate) {
  log_in();
  TaskId second = 0;
  const auto first = session->submit({.cdb = std::vector<std::byte>(6)}, [&](const Result<ScsiResult>&) {
    EXPECT_FALSE(ended);
    EXPECT_TRUE(session->submit_abort(second, outcome()));
  });
  ASSERT_TRUE(first);
  second = submit(ended);
  const wire::Itt tags[] = {command(), command()};
  for (const wire::Itt itt : tags) target.respond(itt);
  // It depends on how the responses are read whether the abort is sent.
  for (int i = 0; i < 50 && !told; ++i) turn();
  if (!told) answer(function().itt, Response::task_does_not_exist);
  expect_outcome(AbortOutcome::ended_first);
  EXPECT_TRUE((*ended)->good());
}

TEST_F(LibraryAborts, TakeBackWhatWasNotSent) {
  target.window_size = 0;
  log_in();
  const TaskId id = submit(ended);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  expect_outcome(AbortOutcome::never_sent);
  expect_aborted();
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(LibraryAborts, ThatAreRefusedLetTheCommandGoOn) {
  log_in();
  const TaskId id = submit(ended);
  const wire::Itt itt = command();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  answer(function().itt, Response::function_not_supported);
  ASSERT_TRUE(turn_until([this] { return told.has_value(); }));
  ASSERT_FALSE(*told);
  EXPECT_EQ(told->error().kind, ErrorKind::task_management);
  EXPECT_FALSE(ended);
  // It may be tried again.
  told.reset();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  const wire::Itt abort = function().itt;
  target.respond(itt);
  answer(abort);
  expect_outcome(AbortOutcome::ended_first);
}

TEST_F(LibraryAborts, EndWithTheSession) {
  log_in();
  const TaskId id = submit(ended);
  command();
  ASSERT_TRUE(session->submit_abort(id, outcome()));
  function();
  target.hang_up();
  ASSERT_TRUE(turn_until([this] { return told.has_value() && ended.has_value(); }));
  ASSERT_FALSE(*told);
  EXPECT_EQ(told->error().kind, ErrorKind::connection_lost);
}

TEST_F(LibraryAborts, OfSeveralCommandsEndThemAll) {
  log_in();
  std::vector<std::byte> buffer(512);
  std::optional<Result<>> read;
  const auto id = session->submit_read(0, buffer, [&](Result<> result) { read = std::move(result); });
  command();  // READ CAPACITY (16)
  ASSERT_TRUE(session->submit_abort(*id, [&](Result<AbortOutcome> result) {
    EXPECT_TRUE(read.has_value());
    told = std::move(result);
  }));
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return read.has_value() && told.has_value(); }));
}

// ------------------------------------------------------------------------------------------------ what RFC 7144 adds

using Rfc7144_5_LibraryCommands = Managing;

TEST_F(Rfc7144_5_LibraryCommands, HaveAPriority) {
  log_in();
  submit(ended, 3);
  EXPECT_EQ(target.next_as<wire::ScsiCommand>().priority, 3);
  const auto wrong = session->submit({.cdb = std::vector<std::byte>(6), .priority = 16}, [](Result<ScsiResult>) {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::invalid_argument);
}

TEST_F(Rfc7144_5_LibraryCommands, TellTheStatusQualifierAndTheSenseOfAnyStatus) {
  log_in();
  submit(ended);
  // INFORMATION of a command that was good: RECOVERED ERROR
  const std::array<std::byte, 10> segment{std::byte{0},    std::byte{8}, std::byte{0x72}, std::byte{1}, std::byte{0x17},
                                          std::byte{0x01}, std::byte{0}, std::byte{0},    std::byte{0}, std::byte{0}};
  target.deliver(wire::ScsiResponse::build(
                     target.numbered(wire::ScsiResponse::Fields{.status_qualifier = 0x8001, .itt = command()})),
                 Bytes(segment));
  ASSERT_TRUE(turn_until([this] { return ended.has_value(); }));
  ASSERT_TRUE(*ended);
  EXPECT_TRUE((*ended)->good());
  EXPECT_EQ((*ended)->status_qualifier, 0x8001);
  ASSERT_TRUE((*ended)->sense);
  EXPECT_EQ((*ended)->sense->key, 1);
}

using Rfc7143_11_9_1_LibraryTermination = Managing;

TEST_F(Rfc7143_11_9_1_LibraryTermination, IsAcknowledgedAndTold) {
  options.task_reporting = TaskReporting::fast_abort;
  log_in();
  target.deliver(wire::AsynchronousMessage::build(target.numbered(
      wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::task_termination, .lun = wire::Lun::from_flat(5)})));
  EXPECT_EQ(target.next_as<wire::NopOut>().lun, wire::Lun::from_flat(5));
  ASSERT_TRUE(turn_until([this] { return !events.empty(); }));
  EXPECT_THAT(events[0], HasSubstr("LUN 5"));
}

}  // namespace
}  // namespace lunway::initiator
