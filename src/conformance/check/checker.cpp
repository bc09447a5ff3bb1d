// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/check/checker.h"

#include <cstdio>
#include <utility>

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

/// A script may bend what is not in the PDU itself.
bool bends(const Lies& lies) {
  return lies.data_segment_length || lies.total_ahs_length || lies.wrong_header_digest || lies.wrong_data_digest ||
         lies.without_padding;
}

/// False when the digests are not those that the two agreed on: then nobody can tell where a PDU begins. What a wrong
/// digest covers is worth nothing, and what it would have said is missing from then on.
bool can_read(ConnectionModel& connection, const Event& event) {
  const std::optional<wire::Digests> agreed = connection.digests();
  if (agreed && *agreed != event.digests) connection.is_readable = false;
  if (!connection.is_readable) connection.session->is_known = false;
  return connection.is_readable;
}

}  // namespace

void InvariantChecker::on_event(const Event& event) {
  ++events_;
  if (event.kind == Event::Kind::note || event.kind == Event::Kind::finding) return;
  ConnectionModel& connection = model_.connection(event.connection);
  if (event.kind == Event::Kind::bytes || (event.kind == Event::Kind::pdu && bends(event.pdu.lies))) {
    connection.session->lied[event.sender] = true;
  }
  if (event.kind == Event::Kind::pdu && !can_read(connection, event)) return;
  if (event.kind == Event::Kind::pdu) {
    const Sight sight(event, connection, *this);
    if (!event.pdu.header_digest_ok || !event.pdu.data_digest_ok) {
      kSegmentFamily.judge(sight);
      connection.is_readable = false;
      return;
    }
    for (const Family* family : families()) family->judge(sight);
  }
  model_.follow(event);
}

void InvariantChecker::violated(const CheckerRule& rule, const Event& event, std::string expected, std::string got) {
  if (rule.weight == Finding::Weight::failure) model_.connection(event.connection).session->lied[event.sender] = true;
  if (!is_judged(event)) return;
  if (!told_.insert({&rule, event.connection, event.sender}).second) return;
  violations_.push_back({.rule = &rule,
                         .by = event.sender,
                         .connection = event.connection,
                         .finding = {.weight = rule.weight,
                                     .expected = std::move(expected),
                                     .got = std::move(got),
                                     .section = std::string(rule.section),
                                     .at = events_}});
}

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

std::string with(const Pdu& pdu, const Field& field) {
  std::string text = "a " + name_of(pdu) + " with ";
  text += field.name;
  return text + " " + hex(pdu[field]);
}

}  // namespace lunway::conformance
