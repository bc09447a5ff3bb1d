// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/exchange.h"

#include <string>

#include "wire/text_response.h"

namespace lunway::proxy {
namespace {

/// Each direction of each connection draws numbers of its own: what one does never depends on how they take turns.
Random random_for(std::uint64_t seed, std::uint64_t connection, wire::Role from) {
  Random mixer(seed);
  return Random(mixer.next() ^ (connection << 1 | std::to_underlying(from)));
}

std::string_view on_or_none(bool is_on) { return is_on ? "CRC32C" : "None"; }

bool carries_addresses(const RawPdu& pdu) {
  const wire::Opcode opcode = wire::BasicHeader(pdu.header()).opcode();
  return (opcode == wire::Opcode::login_response || opcode == wire::Opcode::text_response) && !pdu.data().empty();
}

}  // namespace

Exchange::Exchange(Setup setup, RuleBook& rules, Watcher& watcher)
    : setup_(std::move(setup)),
      rules_(rules),
      watcher_(watcher),
      lanes_{{{.cutter = {}, .outbox = {}, .random = random_for(setup_.seed, setup_.number, wire::Role::initiator)},
              {.cutter = {}, .outbox = {}, .random = random_for(setup_.seed, setup_.number, wire::Role::target)}}} {}

void Exchange::receive(Instant now, wire::Role from, Bytes bytes) {
  Lane& lane = this->lane(from);
  while (!lane.outbox.is_ending()) {
    std::optional<Piece> piece = lane.cutter.next(bytes);
    tell_loss(now, from);
    if (!piece) return;
    if (piece->is_pdu) {
      take_pdu(now, from, std::move(*piece));
    } else {
      lane.outbox.add(now, std::move(piece->bytes));
    }
  }
}

void Exchange::finish(Instant now, wire::Role from) {
  Lane& lane = this->lane(from);
  lane.outbox.add(now, lane.cutter.take_rest());
  lane.outbox.end(Outbox::End::finish);
}

void Exchange::take_pdu(Instant now, wire::Role from, Piece piece) {
  Lane& lane = this->lane(from);
  RawPdu pdu(std::move(piece.bytes), piece.digests);
  const Phase phase = login_.is_over() ? Phase::full_feature : Phase::login;
  const bool login_ends = login_.see(from, pdu.header(), pdu.data());
  const Verdict verdict = rules_.judge({.pdu = pdu,
                                        .from = from,
                                        .phase = phase,
                                        .cid = login_.cid(),
                                        .connection = setup_.number,
                                        .age = now - setup_.begun},
                                       lane.random);
  watcher_.on_pdu({now, setup_.number, from, pdu, piece.data_digest_ok, verdict});
  if (login_ends) begin_full_feature_phase(now);
  if (from == wire::Role::target && piece.data_digest_ok) rewrite(now, pdu);
  pass(now, lane.outbox, std::move(pdu), verdict);
}

// The digests that were agreed on are in force for the first PDU behind the login.
//= rfc7143#13.1
void Exchange::begin_full_feature_phase(Instant now) {
  const wire::Digests digests = login_.digests();
  for (Lane& lane : lanes_) lane.cutter.enable_digests(digests);
  std::string note("full feature phase: HeaderDigest=");
  note.append(on_or_none(digests.header)).append(", DataDigest=").append(on_or_none(digests.data));
  watcher_.on_note(now, setup_.number, note);
}

void Exchange::rewrite(Instant now, RawPdu& pdu) {
  if (setup_.addresses.policy == AddressPolicy::keep || !carries_addresses(pdu)) return;
  const std::string_view text = text_of(pdu.data());
  const RewrittenText result = rewrite_addresses(text, in_pair_, setup_.addresses);
  // Both PDUs have the C bit at the same place.
  in_pair_ = wire::TextResponse(pdu.header()).continues() && text.back() != '\0';
  for (const std::string& kept : result.kept) {
    watcher_.on_note(now, setup_.number, "TargetAddress=" + kept + " leads past the proxy");
  }
  if (result.replaced == 0) return;
  if (result.text.size() > login_.initiator_max_data()) {
    watcher_.on_note(now, setup_.number, "no room to replace a TargetAddress: it leads past the proxy");
    return;
  }
  watcher_.on_note(now, setup_.number,
                   "TargetAddress replaced " + std::to_string(result.replaced) + " times by " +
                       text::to_string(setup_.addresses.proxy));
  pdu = pdu.with_data(bytes_of(result.text));
}

void Exchange::pass(Instant now, Outbox& outbox, RawPdu pdu, const Verdict& verdict) {
  if (verdict.drop) return;
  apply(verdict.damage, pdu);
  std::vector<std::byte> bytes = std::move(pdu).take();
  if (verdict.cut) {
    bytes.resize(std::min(bytes.size(), verdict.cut->passed_bytes));
    outbox.add(now, std::move(bytes), verdict.delay);
    outbox.end(verdict.cut->reset ? Outbox::End::reset : Outbox::End::cut);
    return;
  }
  for (unsigned copy = 1; copy < verdict.copies; ++copy) outbox.add(now, bytes, verdict.delay);
  if (verdict.places != 0) {
    outbox.add_behind(now, std::move(bytes), verdict.delay, verdict.places);
  } else {
    outbox.add(now, std::move(bytes), verdict.delay);
  }
}

void Exchange::tell_loss(Instant now, wire::Role from) {
  Lane& lane = this->lane(from);
  if (lane.cutter.lost().empty() || lane.loss_is_told) return;
  lane.loss_is_told = true;
  std::string note(from == wire::Role::initiator ? "initiator: " : "target: ");
  note.append(lane.cutter.lost()).append("; what it sends from here on is passed unread");
  watcher_.on_note(now, setup_.number, note);
}

}  // namespace lunway::proxy
