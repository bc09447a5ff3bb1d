// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture: a client of the library and a scripted target, in one thread.

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "initiator/client.h"
#include "initiator/testing/scripted_target.h"
#include "runtime/clock.h"

namespace lunway::initiator {

struct ClientAndTarget : ::testing::Test {
  /// Starts to connect.
  void open() {
    options.on_event = [this](std::string_view text) { events.emplace_back(text); };
    auto made = Client::make(*Url::parse(target.url() + query), options, text::SessionType::normal);
    ASSERT_TRUE(made) << made.error().message;
    client = std::move(*made);
    ASSERT_TRUE(client->open([this](Result<> result) { opened = std::move(result); }));
  }
  void log_in() {
    open();
    target.log_in();
    ASSERT_TRUE(turn_until([this] { return opened.has_value(); }));
    ASSERT_TRUE(*opened) << opened->error().message;
  }

  void turn() {
    if (client) client->turn(runtime::read_clock() + std::chrono::milliseconds(2));
  }
  bool turn_until(const std::function<bool()>& reached) {
    const Instant end = runtime::read_clock() + kPatience;
    while (!reached() && runtime::read_clock() < end) turn();
    return reached();
  }
  void wait_for_the_end() {
    ASSERT_TRUE(turn_until([this] { return client->state() == SessionState::closed; }));
    turn();  // callbacks that the end has caused
  }

  /// Of the URL: "?erl=2".
  std::string query;
  /// Set before open(). Sessions do not come back unless a test wants it.
  Options options = [] {
    Options made;
    made.reconnect_time = {};
    return made;
  }();
  ScriptedTarget target{[this] { turn(); }};
  std::unique_ptr<Client> client;
  std::optional<Result<>> opened;
  std::vector<std::string> events;
};

}  // namespace lunway::initiator
