// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/request.h"

#include <algorithm>
#include <cassert>

#include "isns/limits.h"
#include "isns/pdu_header.h"

namespace lunway::isns {
namespace {

//= rfc4171#6.2.2
constexpr std::uint32_t kEntityProtocolIscsi = 2;
//= rfc4171#6.4.2
constexpr std::uint32_t kNodeTypeTarget = 0x00000001;

constexpr std::size_t kMaxSentPayload = kMaxSentMessage - kHeaderBytes;

constexpr std::size_t kIndexBytes = 12;  // of an index attribute, which the server adds to each object

AttributeWriter portal_attributes(const Portal& portal) {
  AttributeWriter out;
  out.ip_address(Tag::portal_ip_address, portal.address).number(Tag::portal_port, portal.port);
  return out;
}

/// A target and its relation to every portal. A pair that is left out would count as related, with the tag 1, so a
/// portal through which the target is not reached gets the tag NULL.
//= rfc4171#6.5.4
AttributeWriter node_attributes(const Node& node, const std::vector<Portal>& portals) {
  AttributeWriter out;
  out.text(Tag::iscsi_name, node.name).number(Tag::iscsi_node_type, kNodeTypeTarget);
  if (!node.alias.empty()) out.text(Tag::iscsi_alias, node.alias);
  for (const Portal& portal : portals) {
    if (node.is_in_group(portal.portal_group_tag)) {
      out.number(Tag::pg_tag, portal.portal_group_tag);
    } else {
      out.blank(Tag::pg_tag);
    }
    out.ip_address(Tag::pg_portal_ip_address, portal.address).number(Tag::pg_portal_port, portal.port);
  }
  return out;
}

/// How much longer the answer to a registration of `node` is than the registration.
std::size_t added_by_server(const Node& node, std::size_t portals) {
  AttributeWriter name;
  name.text(Tag::pg_iscsi_name, node.name);
  return kIndexBytes + portals * name.size();
}

/// Every registration repeats the entity: it must have one, and the protocol is asked for when the entity is new.
Request begin_registration(const Inventory& inventory, std::string_view source, std::chrono::seconds period) {
  Request request{.function = Function::dev_attr_reg};
  request.attributes.text(Tag::iscsi_name, source)
      .text(Tag::entity_identifier, inventory.entity)
      .delimiter()
      .text(Tag::entity_identifier, inventory.entity)
      .number(Tag::entity_protocol, kEntityProtocolIscsi)
      .number(Tag::registration_period, static_cast<std::uint32_t>(period.count()));
  return request;
}

Request begin_removal(std::string_view source) {
  Request request{.function = Function::dev_dereg};
  request.attributes.text(Tag::iscsi_name, source).delimiter();
  return request;
}

bool has_portal(const Inventory& inventory, const Portal& sought) {
  return std::ranges::any_of(inventory.portals, [&](const Portal& portal) {
    return portal.address == sought.address && portal.port == sought.port;
  });
}

bool has_node(const Inventory& inventory, const std::string& name) {
  return std::ranges::find(inventory.nodes, name, &Node::name) != inventory.nodes.end();
}

}  // namespace

std::vector<std::byte> Request::encode(std::uint16_t transaction_id) const {
  assert(attributes.size() <= kMaxSentPayload);
  const PduHeader header{
      .function = static_cast<std::uint16_t>(function),
      .length = static_cast<std::uint16_t>(attributes.size()),
      .flags = static_cast<std::uint16_t>(flag::kFromClient | flag::kFirstPdu | flag::kLastPdu |
                                          (replace ? flag::kReplace : 0)),
      .transaction_id = transaction_id,
      .sequence_id = 0,
  };
  std::vector<std::byte> message(kHeaderBytes + attributes.size());
  copy_bytes(message, header.encode());
  copy_bytes(MutableBytes(message).subspan(kHeaderBytes), attributes.bytes());
  return message;
}

std::vector<Request> registration_requests(const Inventory& inventory, Existing existing, std::string_view source,
                                           std::chrono::seconds period) {
  std::vector<Request> requests;
  requests.push_back(begin_registration(inventory, source, period));
  requests.front().replace = existing == Existing::replaced;
  for (const Portal& portal : inventory.portals) requests.front().attributes.append(portal_attributes(portal));
  std::size_t added = inventory.portals.size() * kIndexBytes;
  // The source of the first message must be a target of it when the entity is new; the limits see to it that the first
  // target fits in beside all portals.
  for (const Node& node : inventory.nodes) {
    const AttributeWriter attributes = node_attributes(node, inventory.portals);
    const std::size_t node_added = added_by_server(node, inventory.portals.size());
    const bool is_first = &node == &inventory.nodes.front();
    if (!is_first && requests.back().attributes.size() + attributes.size() + added + node_added > kMaxAnswer) {
      requests.push_back(begin_registration(inventory, source, period));
      added = 0;
    }
    requests.back().attributes.append(attributes);
    added += node_added;
  }
  return requests;
}

std::vector<Request> removal_requests(const Inventory& before, const Inventory& after) {
  std::vector<AttributeWriter> gone;
  for (const Node& node : before.nodes) {
    if (!has_node(after, node.name)) gone.emplace_back().text(Tag::iscsi_name, node.name);
  }
  for (const Portal& portal : before.portals) {
    if (!has_portal(after, portal)) gone.push_back(portal_attributes(portal));
  }
  std::vector<Request> requests;
  for (const AttributeWriter& attributes : gone) {
    if (requests.empty() || requests.back().attributes.size() + attributes.size() > kMaxSentPayload) {
      requests.push_back(begin_removal(after.nodes.front().name));
    }
    requests.back().attributes.append(attributes);
  }
  return requests;
}

Request deregistration_request(const Inventory& inventory) {
  Request request = begin_removal(inventory.nodes.front().name);
  request.attributes.text(Tag::entity_identifier, inventory.entity);
  return request;
}

Request refresh_query(const Inventory& inventory) {
  Request request{.function = Function::dev_attr_qry};
  request.attributes.text(Tag::iscsi_name, inventory.nodes.front().name)
      .text(Tag::entity_identifier, inventory.entity)
      .delimiter()
      .blank(Tag::entity_identifier)
      .blank(Tag::registration_period);
  return request;
}

}  // namespace lunway::isns
