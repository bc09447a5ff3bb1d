// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The tables against the cells of RFC 7143's own tables, and the two files made from them: the golden list of every
// state and event, and the drawings in docs/. LUNWAY_WRITE_GOLDEN=1 writes both anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "session/connection/cleanup_states.h"
#include "session/connection/connection_states.h"
#include "session/session_states.h"

namespace lunway::session {
namespace {

std::string root() {
  const std::string here = __FILE__;
  return here.substr(0, here.rfind("/src/session/"));
}

/// "S5>S8": the labels of that cell.
using Cells = std::map<std::string, std::string>;

template <class Table>
Cells cells_of(const Table& table) {
  std::map<std::string, std::set<std::string>> sets;
  for (const auto& row : table.transitions) {
    const std::string cell =
        std::string(table.describe(row.from).label) + ">" + std::string(table.describe(row.to).label);
    sets[cell].insert(std::string(row.label));
  }
  Cells cells;
  for (const auto& [cell, labels] : sets)
    for (const std::string& label : labels) cells[cell] += label;
  return cells;
}

TEST(Rfc7143_8_1_3_InitiatorConnection, HasTheCellsOfTheTable) {
  const Cells expected = {{"S1>S2", "T1"},  {"S2>S1", "T2"},  {"S2>S4", "T4"},  {"S4>S1", "T7"},
                          {"S4>S5", "T5"},  {"S5>S1", "T8"},  {"S5>S6", "T9"},  {"S5>S7", "T11"},
                          {"S5>S8", "T15"}, {"S6>S1", "T13"}, {"S6>S6", "T14"}, {"S6>S8", "T17"},
                          {"S7>S1", "T18"}, {"S7>S6", "T10"}, {"S7>S7", "T12"}, {"S7>S8", "T16"}};
  EXPECT_EQ(cells_of(kInitiatorConnectionTable), expected);
}

TEST(Rfc7143_8_1_4_TargetConnection, HasTheCellsOfTheTableButT12WhichTheTextForbids) {
  const Cells expected = {{"S1>S3", "T3"},  {"S3>S1", "T6"},  {"S3>S4", "T4"},  {"S4>S1", "T7"},  {"S4>S5", "T5"},
                          {"S5>S1", "T8"},  {"S5>S6", "T9"},  {"S5>S7", "T11"}, {"S5>S8", "T15"}, {"S6>S1", "T13"},
                          {"S6>S8", "T17"}, {"S7>S1", "T18"}, {"S7>S6", "T10"}, {"S7>S8", "T16"}};
  EXPECT_EQ(cells_of(kTargetConnectionTable), expected);
}

TEST(Rfc7143_8_2_Cleanup, HasTheCellsOfTheTable) {
  const Cells expected = {{"R1>R2", "M2"}, {"R1>R3", "M1"}, {"R2>R1", "M3"}, {"R2>R3", "M4"}};
  EXPECT_EQ(cells_of(kCleanupTable), expected);
}

TEST(Rfc7143_8_3_1_InitiatorSession, HasTheCellsOfTheTable) {
  const Cells expected = {{"Q1>Q3", "N1"}, {"Q3>Q1", "N3"}, {"Q3>Q4", "N5"}, {"Q4>Q1", "N6"}, {"Q4>Q3", "N4"}};
  EXPECT_EQ(cells_of(kInitiatorSessionTable), expected);
}

TEST(Rfc7143_8_3_2_TargetSession, HasTheCellsOfTheTable) {
  const Cells expected = {{"Q1>Q2", "N1"}, {"Q2>Q1", "N9"}, {"Q2>Q3", "N2"},  {"Q3>Q1", "N3"},  {"Q3>Q4", "N5"},
                          {"Q4>Q1", "N6"}, {"Q4>Q5", "N7"}, {"Q5>Q1", "N11"}, {"Q5>Q3", "N10"}, {"Q5>Q4", "N8"}};
  EXPECT_EQ(cells_of(kTargetSessionTable), expected);
}

TEST(Rfc7143_8_StateMachine, AnUnlistedPairIsAValueAndMovesNothing) {
  InitiatorConnectionMachine machine;
  EXPECT_EQ(machine.step(InitiatorConnectionEvent::logout_succeeded), nullptr);
  EXPECT_EQ(machine.state(), InitiatorConnectionState::free);
  ASSERT_NE(machine.step(InitiatorConnectionEvent::connect_started), nullptr);
  EXPECT_EQ(machine.state(), InitiatorConnectionState::xpt_wait);
}

/// One line a pair: every state with every event, "-" where the RFC draws no arrow.
template <class Table>
void list(std::ostream& out, const Table& table) {
  out << "# " << table.title << " (RFC 7143, " << table.section << ")\n";
  for (const auto& state : table.states)
    for (const auto& event : table.events) {
      const auto* row = table.find(state.state, event.event);
      out << state.label << " " << state.name << " + " << event.name << " = ";
      if (row == nullptr)
        out << "-\n";
      else
        out << table.describe(row->to).label << " " << table.describe(row->to).name << " (" << row->label << ")\n";
    }
  out << "\n";
}

template <class Table>
void draw(std::ostream& out, const Table& table) {
  out << "\n## " << table.title << " (RFC 7143, " << table.section << ")\n\n```mermaid\nstateDiagram-v2\n";
  for (const auto& state : table.states)
    out << "    " << state.label << " : " << state.label << " " << state.name << "\n";
  out << "    [*] --> " << table.states.front().label << "\n";
  for (const auto& row : table.transitions)
    out << "    " << table.describe(row.from).label << " --> " << table.describe(row.to).label << " : " << row.label
        << " " << table.describe(row.event).name << "\n";
  out << "```\n\n| state | name | meaning |\n| --- | --- | --- |\n";
  for (const auto& state : table.states)
    out << "| " << state.label << " | " << state.name << " | " << state.meaning << " |\n";
  out << "\n| event | meaning |\n| --- | --- |\n";
  for (const auto& event : table.events) out << "| " << event.name << " | " << event.meaning << " |\n";
}

void expect_file(const std::string& path, const std::string& expected) {
  if (std::getenv("LUNWAY_WRITE_GOLDEN") != nullptr) std::ofstream(path) << expected;
  std::ifstream file(path);
  std::ostringstream actual;
  actual << file.rdbuf();
  EXPECT_EQ(actual.str(), expected) << path << " is stale: run this test with LUNWAY_WRITE_GOLDEN=1";
}

TEST(Rfc7143_8_StateTables, GoldenFileListsEveryStateAndEvent) {
  std::ostringstream out;
  list(out, kInitiatorConnectionTable);
  list(out, kTargetConnectionTable);
  list(out, kCleanupTable);
  list(out, kInitiatorSessionTable);
  list(out, kTargetSessionTable);
  expect_file(root() + "/tests/golden/state-machines.txt", out.str());
}

TEST(Rfc7143_8_StateTables, DrawingsInTheDocumentAreOfTheseTables) {
  std::ostringstream out;
  out << "# State machines\n\nDrawn from the tables in `src/session/` by `state_tables_test.cpp`; the test fails when "
         "this "
         "page is stale.\n";
  draw(out, kInitiatorConnectionTable);
  draw(out, kTargetConnectionTable);
  draw(out, kCleanupTable);
  draw(out, kInitiatorSessionTable);
  draw(out, kTargetSessionTable);
  expect_file(root() + "/docs/state-machines.md", out.str());
}

}  // namespace
}  // namespace lunway::session
