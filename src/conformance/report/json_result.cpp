// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/json_result.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "lunway-conformance";
constexpr int kVersion = 1;

std::string_view to_string(Finding::Weight weight) {
  return weight == Finding::Weight::failure ? "failure" : "warning";
}

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

Json json_of(const TestRecord& test) {
  Json findings = Json::array();
  for (const Finding& finding : test.findings) {
    findings.push_back({{"weight", to_string(finding.weight)},
                        {"expected", visible(finding.expected)},
                        {"got", visible(finding.got)},
                        {"section", finding.section},
                        {"at", finding.at}});
  }
  return {{"id", test.id},
          {"section", test.section},
          {"title", test.title},
          {"level", test.level},
          {"rows", test.rows},
          {"verdict", to_string(test.verdict)},
          {"reason", visible(test.reason)},
          {"took_ms", test.took_ms},
          {"findings", std::move(findings)}};
}

Json counts_of(const RunRecord& record) {
  Tally tally;
  for (const TestRecord& test : record.tests) tally.add(test.verdict);
  Json counts = Json::object();
  for (const Verdict verdict : kVerdicts) counts[std::string(to_string(verdict))] = tally.of(verdict);
  return counts;
}

// Reading: what is missing or of another type is as if it were empty.

std::string text_at(const Json& object, const char* name) {
  const auto place = object.find(name);
  return place != object.end() && place->is_string() ? place->get<std::string>() : std::string();
}

double number_at(const Json& object, const char* name) {
  const auto place = object.find(name);
  return place != object.end() && place->is_number() ? place->get<double>() : 0;
}

std::uint64_t count_at(const Json& object, const char* name) {
  const auto place = object.find(name);
  return place != object.end() && place->is_number_unsigned() ? place->get<std::uint64_t>() : 0;
}

const Json& list_at(const Json& object, const char* name) {
  static const Json kEmpty = Json::array();
  const auto place = object.find(name);
  return place != object.end() && place->is_array() ? *place : kEmpty;
}

std::vector<std::string> texts_at(const Json& object, const char* name) {
  std::vector<std::string> texts;
  for (const Json& item : list_at(object, name)) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<TestRecord> test_of(const Json& json) {
  if (!json.is_object()) return failure(EINVAL, "a test is no object");
  TestRecord test;
  test.id = text_at(json, "id");
  if (test.id.empty()) return failure(EINVAL, "a test has no id");
  const std::string verdict = text_at(json, "verdict");
  const auto found = std::ranges::find(kVerdicts, verdict, [](Verdict known) { return std::string(to_string(known)); });
  if (found == kVerdicts.end()) return failure(EINVAL, "test " + test.id + " has no verdict that is known");
  test.verdict = *found;
  test.section = text_at(json, "section");
  test.title = text_at(json, "title");
  test.level = text_at(json, "level");
  test.rows = texts_at(json, "rows");
  test.reason = text_at(json, "reason");
  test.took_ms = number_at(json, "took_ms");
  for (const Json& item : list_at(json, "findings")) {
    if (!item.is_object()) continue;
    const bool warning = text_at(item, "weight") == to_string(Finding::Weight::warning);
    test.findings.push_back({.weight = warning ? Finding::Weight::warning : Finding::Weight::failure,
                             .expected = text_at(item, "expected"),
                             .got = text_at(item, "got"),
                             .section = text_at(item, "section"),
                             .at = count_at(item, "at")});
  }
  return test;
}

}  // namespace

RunRecord record_of(const RunResult& run) {
  RunRecord record;
  record.judged = run.judged;
  record.subject = run.subject;
  record.label = run.label;
  record.date = run.date;
  record.suite = run.suite;
  record.seed = run.seed;
  record.took_ms = milliseconds(run.took);
  record.remarks = run.remarks;
  for (const Outcome& outcome : run.outcomes) {
    TestRecord& test = record.tests.emplace_back();
    test.id = outcome.test->id;
    test.section = outcome.test->section();
    test.title = outcome.test->title;
    if (!outcome.test->proves.empty()) test.level = conformance::to_string(level_of(*outcome.test));
    for (const Requirement& row : outcome.test->proves) test.rows.emplace_back(row.id);
    test.verdict = outcome.verdict;
    test.reason = outcome.reason;
    test.took_ms = milliseconds(outcome.took);
    test.findings = outcome.findings;
    for (Finding& finding : test.findings) {
      if (finding.section.empty()) finding.section = test.section;
    }
  }
  return record;
}

std::string write_json(const RunRecord& record) {
  Json tests = Json::array();
  for (const TestRecord& test : record.tests) tests.push_back(json_of(test));
  Json remarks = Json::array();
  for (const std::string& remark : record.remarks) remarks.push_back(visible(remark));
  const Json json = {{"format", kFormat},
                     {"version", kVersion},
                     {"judged", conformance::to_string(record.judged)},
                     {"subject", visible(record.subject)},
                     {"label", visible(record.label)},
                     {"date", visible(record.date)},
                     {"suite", record.suite},
                     {"seed", record.seed},
                     {"took_ms", record.took_ms},
                     {"counts", counts_of(record)},
                     {"remarks", std::move(remarks)},
                     {"tests", std::move(tests)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RunRecord> parse_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || text_at(json, "format") != kFormat) {
    return failure(EINVAL, "this is no result of lunway conform --json");
  }
  if (count_at(json, "version") != kVersion) return failure(EINVAL, "the result has a version that is not known");
  RunRecord record;
  record.judged =
      text_at(json, "judged") == conformance::to_string(Judged::initiator) ? Judged::initiator : Judged::target;
  record.subject = text_at(json, "subject");
  record.label = text_at(json, "label");
  record.date = text_at(json, "date");
  record.suite = text_at(json, "suite");
  record.seed = count_at(json, "seed");
  record.took_ms = number_at(json, "took_ms");
  record.remarks = texts_at(json, "remarks");
  for (const Json& item : list_at(json, "tests")) {
    auto test = test_of(item);
    if (!test) return std::unexpected(test.error());
    record.tests.push_back(std::move(*test));
  }
  return record;
}

}  // namespace lunway::conformance
