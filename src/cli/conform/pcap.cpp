// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform pcap: hold what others have said to the rules.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/conform/commands.h"
#include "cli/conform/text_file.h"
#include "conformance/pcap/capture_judge.h"

namespace lunway::cli {
namespace {

using conformance::CaptureFinding;
using conformance::CaptureReport;
using conformance::Finding;

struct ConformPcapArguments {
  std::string file;
  std::uint16_t port = 3260;
  bool json = false;
  bool strict = false;
};

std::string_view name_of(wire::Role role) { return role == wire::Role::target ? "target" : "initiator"; }

std::string reference_of(std::string_view section) {
  return section.starts_with("rfc") ? std::string(section) : fmt::format("rfc7143 {}", section);
}

bool is_failure(const CaptureFinding& finding) { return finding.violation.finding.weight == Finding::Weight::failure; }

void print_text(const CaptureReport& report) {
  for (const conformance::CapturedConversation& conversation : report.conversations) {
    fmt::print("{} -> {}: {} PDUs from frame {}{}{}\n", conversation.initiator, conversation.target, conversation.pdus,
               conversation.first_frame, conversation.remark.empty() ? "" : "; ", conversation.remark);
  }
  for (const CaptureFinding& finding : report.findings) {
    const conformance::Violation& violation = finding.violation;
    fmt::print("\nframe {}: {} of the {} at {}\n", finding.frame, is_failure(finding) ? "violation" : "warning",
               name_of(violation.by),
               violation.by == wire::Role::target ? report.conversations[violation.connection].target
                                                  : report.conversations[violation.connection].initiator);
    fmt::print("  {} ({}, {})\n", violation.rule->title, violation.rule->id, reference_of(violation.rule->section));
    fmt::print("  expected: {}\n  got:      {}\n", violation.finding.expected, violation.finding.got);
  }
  fmt::print("\n{} frames, {} conversations, {} findings{}\n", report.frames, report.conversations.size(),
             report.findings.size(), report.is_damaged ? "; the file is damaged at its end" : "");
}

void print_json(const CaptureReport& report) {
  nlohmann::ordered_json json = {{"frames", report.frames}, {"damaged", report.is_damaged}};
  json["conversations"] = nlohmann::json::array();
  for (const conformance::CapturedConversation& conversation : report.conversations) {
    json["conversations"].push_back({{"initiator", conversation.initiator},
                                     {"target", conversation.target},
                                     {"first_frame", conversation.first_frame},
                                     {"pdus", conversation.pdus},
                                     {"remark", conversation.remark}});
  }
  json["findings"] = nlohmann::json::array();
  for (const CaptureFinding& finding : report.findings) {
    const conformance::Violation& violation = finding.violation;
    nlohmann::json rows = nlohmann::json::array();
    for (const conformance::Requirement& row : violation.rule->proves) rows.push_back(row.id);
    json["findings"].push_back({{"rule", violation.rule->id},
                                {"weight", is_failure(finding) ? "failure" : "warning"},
                                {"by", name_of(violation.by)},
                                {"conversation", violation.connection},
                                {"frame", finding.frame},
                                {"expected", violation.finding.expected},
                                {"got", violation.finding.got},
                                {"section", reference_of(violation.rule->section)},
                                {"rows", rows}});
  }
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Outcome<> conform_pcap(const ConformPcapArguments& arguments) {
  const Result<std::string> file = read_text_file(arguments.file);
  if (!file) return failed(file.error());
  const Result<CaptureReport> report = conformance::judge_capture(bytes_of(*file), {.port = arguments.port});
  if (!report) return failed(fmt::format("{}: {}", arguments.file, report.error().message));
  if (arguments.json) {
    print_json(*report);
  } else {
    print_text(*report);
  }
  if (report->conversations.empty()) {
    return failed("The capture has no iSCSI conversation; --port says where targets listen");
  }
  for (const CaptureFinding& finding : report->findings) {
    if (arguments.strict || is_failure(finding)) return failed("");
  }
  return {};
}

}  // namespace

void add_conform_pcap(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformPcapArguments>();
  CLI::App& command = add_command(conform, "pcap", "Judge both sides of the iSCSI conversations in a capture file",
                                  "lunway conform pcap session.pcapng");
  command.add_option("FILE", arguments->file, "a capture, pcap or pcapng")->required();
  command.add_option("--port", arguments->port, "where targets listen; others are found by their logins")
      ->capture_default_str();
  command.add_flag("--strict", arguments->strict, "a warning is a failure");
  command.add_flag("--json", arguments->json, "print JSON");
  choose(command, chosen, arguments, conform_pcap);
}

}  // namespace lunway::cli
