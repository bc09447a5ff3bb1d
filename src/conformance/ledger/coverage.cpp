// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/coverage.h"

namespace lunway::conformance {

namespace {

constexpr std::array kRoles = {wire::Role::initiator, wire::Role::target};

std::string_view name_of(wire::Role role) { return role == wire::Role::target ? "target" : "initiator"; }

std::string sentence(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += word;
  return text;
}

void count(RowCounts& counts, RowState state) {
  switch (state) {
    case RowState::not_due:
      break;
    case RowState::tested:
      ++counts.tested;
      break;
    case RowState::checked:
      ++counts.checked;
      break;
    case RowState::excepted:
      ++counts.excepted;
      break;
    case RowState::open:
      ++counts.open;
      break;
  }
}

}  // namespace

bool binds(const Requirement& row, wire::Role role) {
  return row.side == Side::both || row.side == (role == wire::Role::target ? Side::target : Side::initiator);
}

bool is_due(const Requirement& row, wire::Role role) {
  return row.on_the_wire && is_duty(row.level) && binds(row, role);
}

std::string chapter_of(const Requirement& row) {
  const std::size_t dot = row.section.find('.');
  const std::size_t second = dot == std::string_view::npos ? dot : row.section.find('.', dot + 1);
  return sentence({"rfc", row.id.substr(1, 4), "#", row.section.substr(0, second)});
}

Coverage::Coverage(std::span<const Proof> tests, std::span<const Rows> rows_of_the_checker,
                   std::span<const Exception> exceptions) {
  for (const wire::Role role : kRoles) {
    for (const Requirement& row : requirements()) {
      states_[index(role)].push_back(is_due(row, role) ? RowState::open : RowState::not_due);
    }
  }
  for (const Proof& proof : tests) take(proof);
  for (const Rows& rows : rows_of_the_checker) take_of_the_checker(rows);
  for (const Exception& exception : exceptions) take(exception);
}

RowCounts Coverage::counts(wire::Role role, std::string_view chapter) const {
  RowCounts counts;
  for (std::size_t place = 0; place < requirements().size(); ++place) {
    if (chapter.empty() || chapter_of(requirements()[place]) == chapter) count(counts, state(place, role));
  }
  return counts;
}

void Coverage::take(const Proof& proof) {
  for (const std::uint16_t place : proof.rows.places()) {
    const Requirement& row = requirements()[place];
    if (!binds(row, proof.role)) {
      complaints_.push_back(sentence({proof.test, ": ", row.id, " does not bind the ", name_of(proof.role)}));
    } else if (state(place, proof.role) == RowState::open) {
      states_[index(proof.role)][place] = RowState::tested;
    }
  }
}

void Coverage::take_of_the_checker(const Rows& rows) {
  for (const std::uint16_t place : rows.places()) {
    for (const wire::Role role : kRoles) {
      if (state(place, role) == RowState::open) states_[index(role)][place] = RowState::checked;
    }
  }
}

void Coverage::take(const Exception& exception) {
  for (const std::uint16_t place : exception.rows.places()) {
    std::string_view wrong;
    switch (state(place, exception.role)) {
      case RowState::not_due:
        wrong = " needs no proof";
        break;
      case RowState::tested:
        wrong = " has a test";
        break;
      case RowState::checked:
        wrong = " is seen by the checker";
        break;
      case RowState::excepted:
        wrong = " is there twice";
        break;
      case RowState::open:
        states_[index(exception.role)][place] = RowState::excepted;
        break;
    }
    if (wrong.empty()) continue;
    complaints_.push_back(sentence({"spec/conformance-exceptions.tsv: ", requirements()[place].id, " (",
                                    name_of(exception.role), ")", wrong, ": remove the exception"}));
  }
}

}  // namespace lunway::conformance
