// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the target can do: everything is offered once, and what it accepts is believed.

#include <algorithm>
#include <array>
#include <charconv>

#include "base/big_endian.h"
#include "conformance/target/runner.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kLunListHeader = 8;
constexpr std::size_t kLunSize = 8;

std::uint32_t number_of(const Text& text, std::string_view key) {
  const std::string* value = find_value(text, key);
  std::uint32_t number = 0;
  if (value != nullptr) (void)std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

bool says(const Text& text, std::string_view key, std::string_view wanted) {
  const std::string* value = find_value(text, key);
  return value != nullptr && *value == wanted;
}

class Probe {
 public:
  Probe(TargetScript& script, TargetFacts& facts) : script_(script), facts_(facts) {}

  void run() {
    if (script_.target().account) facts_.abilities.add(Need::chap);
    if (script_.target().target_account) facts_.abilities.add(Need::mutual_chap);
    if (script_.target().may_write) facts_.abilities.add(Need::writes);
    if (!script_.target().restart_command.empty()) facts_.abilities.add(Need::restart);
    if (!ask_for_everything()) return;
    ask_for_task_reporting("ResponseFence", Need::response_fence);
    ask_for_task_reporting("FastAbort", Need::fast_abort);
    ask_for_discovery();
    ask_without_authentication();
    look_at_the_unit();
  }

 private:
  bool ask_for_everything() {
    LoginEnd end;
    Link* link = script_.try_log_in({.offers = {{"HeaderDigest", "None"},
                                                {"DataDigest", "None"},
                                                {"MaxConnections", "8"},
                                                {"ErrorRecoveryLevel", "2"},
                                                {"InitialR2T", "No"},
                                                {"ImmediateData", "Yes"},
                                                {"MaxOutstandingR2T", "8"},
                                                {"MaxBurstLength", "16776192"},
                                                {"FirstBurstLength", "16776192"},
                                                {"DefaultTime2Wait", "0"},
                                                {"DefaultTime2Retain", "3600"},
                                                {"iSCSIProtocolLevel", "2"}}},
                                    end);
    if (link == nullptr && !plain_login_works()) {
      facts_.trouble = "a login did not succeed: " + describe(end.last);
      return false;
    }
    facts_.answers = end.answers;
    facts_.portal_group_tag = static_cast<std::uint16_t>(number_of(end.answers, "TargetPortalGroupTag"));
    note_abilities(end.answers);
    // Before the next login, which would reinstate this session.
    if (link != nullptr) link->logout();
    ask_for_digest("HeaderDigest", Need::header_digest);
    ask_for_digest("DataDigest", Need::data_digest);
    return true;
  }

  bool plain_login_works() {
    LoginEnd end;
    return script_.try_log_in({}, end) != nullptr;
  }

  void note_abilities(const Text& answers) {
    add(number_of(answers, "MaxConnections") > 1, Need::several_connections);
    add(number_of(answers, "ErrorRecoveryLevel") >= 1, Need::recovery_level_1);
    add(number_of(answers, "ErrorRecoveryLevel") >= 2, Need::recovery_level_2);
    add(says(answers, "InitialR2T", "No"), Need::initial_r2t_no);
    add(says(answers, "ImmediateData", "Yes"), Need::immediate_data);
    add(number_of(answers, "MaxOutstandingR2T") > 1, Need::several_r2ts);
    add(number_of(answers, "iSCSIProtocolLevel") >= 2, Need::protocol_level_2);
  }

  void ask_for_digest(std::string_view key, Need need) {
    LoginEnd end;
    const bool full = script_.try_log_in({.offers = {{std::string(key), "CRC32C,None"}}}, end) != nullptr;
    add(full && says(end.answers, key, "CRC32C"), need);
  }

  void ask_for_task_reporting(std::string_view value, Need need) {
    LoginEnd end;
    const Text offers{{"TaskReporting", std::string(value) + ",RFC3720"}};
    const bool full = script_.try_log_in({.offers = offers}, end) != nullptr;
    add(full && says(end.answers, "TaskReporting", value), need);
  }

  void ask_for_discovery() {
    LoginEnd end;
    add(script_.try_log_in({.discovery = true}, end) != nullptr, Need::discovery);
  }

  void ask_without_authentication() {
    LoginEnd end;
    add(script_.try_log_in({.authenticate = false}, end) != nullptr, Need::no_authentication);
  }

  void look_at_the_unit() {
    LoginEnd end;
    Link* link = script_.try_log_in({.settle = false}, end);
    if (link == nullptr) return;
    const Completion capacity = link->run_good(cdb::read_capacity(), {.read = 32});
    if (capacity.data.size() >= 12) {
      facts_.blocks = load_be64(capacity.data.data()) + 1;
      facts_.block_size = load_be32(&capacity.data[8]);
      add(facts_.block_size != 0, Need::disk);
    }
    const Completion luns = link->run_good(cdb::report_luns(4096), {.read = 4096});
    find_second_lun(luns.data);
    link->logout();
  }

  void find_second_lun(Bytes list) {
    for (std::size_t at = kLunListHeader; at + kLunSize <= list.size(); at += kLunSize) {
      const unsigned lun = load_be16(&list[at]) & 0x3fffU;
      if (lun == script_.target().lun) continue;
      facts_.second_lun = lun;
      add(true, Need::second_lun);
      return;
    }
  }

  void add(bool found, Need need) {
    if (found) facts_.abilities.add(need);
  }

  TargetScript& script_;
  TargetFacts& facts_;
};

constexpr Test kProbe{
    .id = "probe/target",
    .title = "The target can be logged in to",
    .proves = "",
    .about = "Logs in several times and offers everything once.",
    .script = [](TargetScript&) {},
};

}  // namespace

TargetFacts probe_target(const TargetUnderTest& target, const RunOptions& options) {
  TargetFacts facts;
  Exchange exchange;
  const Identity identity{.initiator_name = target.initiator_name_stem + ".probe", .isid = 0x80'000000'0000 | 0x7fff};
  TargetScript script(kProbe, exchange, options.patience, options.seed, target, facts, identity);
  try {
    Probe(script, facts).run();
  } catch (const ScriptEnded&) {
    // What the unit says is not needed for a login to be tested.
    if (facts.answers.empty()) {
      facts.trouble = script.findings().empty() ? script.reason() : script.findings().front().got;
    }
  }
  return facts;
}

}  // namespace lunway::conformance
