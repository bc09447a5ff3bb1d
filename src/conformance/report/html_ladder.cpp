// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_ladder.h"

#include <algorithm>
#include <cstdio>

#include "conformance/report/html_page.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kMostPairs = 64;
constexpr std::size_t kLongestValue = 256;
constexpr std::size_t kMostBytes = 96;

std::string value_text(const DecodedField& field) {
  if (field.bits == 1) return field.value == 0 ? "0" : "1";
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*llx", (field.bits + 3) / 4, static_cast<unsigned long long>(field.value));
  return text;
}

bool has_text(const Pdu& pdu) {
  return pdu.is(wire::Opcode::login_request) || pdu.is(wire::Opcode::login_response) ||
         pdu.is(wire::Opcode::text_request) || pdu.is(wire::Opcode::text_response);
}

/// Of the header that went over the wire: a script leaves lengths to the encoder.
std::string fields_html(const Event& event) {
  Pdu pdu;
  pdu.header = event.pdu.header;
  if (event.bytes.size() >= pdu.header.size()) copy_bytes(pdu.header, event.bytes);
  std::string html = "<dl class=\"fields\">";
  for (const DecodedField& field : decoded_fields(pdu)) {
    html += "<div>" + element("dt", "", field.name) + element("dd", "", value_text(field)) + "</div>";
  }
  return html + "</dl>";
}

std::string pairs_html(const Pdu& pdu) {
  std::string html = "<pre>";
  const Text text = pdu.text();
  for (std::size_t i = 0; i < std::min(text.size(), kMostPairs); ++i) {
    html += escaped(text[i].key, kLongestValue) + "=" + escaped(text[i].value, kLongestValue) + "\n";
  }
  if (text.size() > kMostPairs) html += "and " + std::to_string(text.size() - kMostPairs) + " more\n";
  return html + "</pre>";
}

/// What is wrong with the PDU beside its header: as the script wants it, or as it came.
std::string oddities_of(const Event& event) {
  const Pdu& pdu = event.pdu;
  std::string text;
  const auto add = [&](bool odd, std::string_view what) {
    if (odd) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(pdu.lies.wrong_header_digest || !pdu.header_digest_ok, "wrong header digest");
  add(pdu.lies.wrong_data_digest || !pdu.data_digest_ok, "wrong data digest");
  add(pdu.lies.without_padding, "no padding");
  add(pdu.lies.padding != std::byte{0} || !pdu.padding_is_zero, "padding that is not zero");
  add(pdu.lies.data_segment_length.has_value(), "a DataSegmentLength that is not true");
  add(pdu.lies.total_ahs_length.has_value(), "a TotalAHSLength that is not true");
  return text;
}

std::string decoded_html(const Event& event) {
  std::string html = "<div class=\"decoded\">" + fields_html(event);
  if (has_text(event.pdu) && !event.pdu.data.empty()) html += pairs_html(event.pdu);
  return html + element("pre", "soft", hex_bytes(event.bytes, kMostBytes)) + "</div>";
}

class Ladder {
 public:
  Ladder(std::span<const Event> events, Judged judged, const LadderStyle& style)
      : events_(events), judged_(judged), style_(style) {
    for (const Event& event : events) several_ = several_ || event.connection > 0;
  }

  std::string draw() const {
    const bool target = judged_ == Judged::target;
    std::string html = "<div class=\"poles\">" + element("span", "", target ? "initiator (the suite)" : "initiator") +
                       element("span", "", target ? "target" : "target (the suite)") + "</div><div class=\"ladder\">";
    const std::size_t head = events_.size() <= style_.most_rungs ? events_.size() : style_.most_rungs / 2;
    const std::size_t tail = events_.size() <= style_.most_rungs ? events_.size() : events_.size() - head;
    for (std::size_t place = 0; place < head; ++place) html += event_html(events_[place]);
    if (tail > head) html += said("event", std::to_string(tail - head) + " events are left out here");
    for (std::size_t place = tail; place < events_.size(); ++place) html += event_html(events_[place]);
    return html + "</div>\n";
  }

 private:
  static std::string said(std::string_view kind, std::string_view text) {
    return element("div", "said " + std::string(kind), text);
  }

  std::string event_html(const Event& event) const {
    switch (event.kind) {
      case Event::Kind::opened:
        return said("event", connection_name(event) + " opened");
      case Event::Kind::closed:
        return said("event", std::string(event.sender == wire::Role::target ? "target" : "initiator") + " closed " +
                                 connection_name(event));
      case Event::Kind::note:
        return said("note", event.text);
      case Event::Kind::finding:
        return said("finding", event.text);
      case Event::Kind::pdu:
      case Event::Kind::bytes:
        break;
    }
    return rung(event);
  }

  std::string connection_name(const Event& event) const {
    return several_ ? "connection " + std::to_string(event.connection) : "connection";
  }

  std::string rung(const Event& event) const {
    const std::string kind = event.sender == wire::Role::initiator ? "rung out" : "rung in";
    const bool opens = style_.decoded && event.kind == Event::Kind::pdu;
    const std::string label = label_of(event) + "<span class=\"arrow\"></span>";
    if (!opens) return "<div class=\"" + kind + "\">" + label + "</div>";
    return "<details class=\"" + kind + "\"><summary>" + label + "</summary>" + decoded_html(event) + "</details>";
  }

  std::string label_of(const Event& event) const {
    std::string html = element("span", "when", "+" + duration_text(event.when - events_.front().when));
    if (several_) html += element("span", "link", std::to_string(event.connection));
    if (event.kind == Event::Kind::bytes) {
      html += escaped(std::to_string(event.bytes.size()) + " bytes that are no PDU: ") +
              element("code", "", hex_bytes(event.bytes, 16));
      return html;
    }
    const std::string name = name_of(event.pdu);
    html += element("b", "", name) + escaped(summary_of(event.pdu).substr(name.size()), kLongestValue);
    const std::string oddities = oddities_of(event);
    return oddities.empty() ? html : html + " " + element("em", "", "(" + oddities + ")");
  }

  std::span<const Event> events_;
  Judged judged_;
  LadderStyle style_;
  bool several_ = false;
};

}  // namespace

std::string ladder_html(std::span<const Event> events, Judged judged, const LadderStyle& style) {
  if (events.empty()) return {};
  return Ladder(events, judged, style).draw();
}

}  // namespace lunway::conformance
