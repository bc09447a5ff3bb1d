// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The messages of a client that registers targets. Each fits into one PDU of kMaxSentMessage bytes; what does not fit
// goes into further messages, which add to the entity that the first one has made.
//= rfc4171#5.6

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "isns/attribute.h"
#include "isns/inventory.h"
#include "isns/message.h"

namespace lunway::isns {

struct Request {
  Function function{};
  bool replace = false;  // the replace flag, for DevAttrReg
  AttributeWriter attributes{};

  /// The message as bytes to send.
  std::vector<std::byte> encode(std::uint16_t transaction_id) const;
};

/// How a registration treats what the server holds of the entity.
enum class Existing : std::uint8_t {
  replaced,  // as if it had never been; initiators are told that the targets went and came
  kept,      // objects are added and changed, none goes
};

/// `source` names a target of the entity that the server knows, or, with a new or replaced entity, the first target.
/// The inventory has no fault_of().
//= rfc4171#5.6.5.1
std::vector<Request> registration_requests(const Inventory& inventory, Existing existing, std::string_view source,
                                           std::chrono::seconds period);

/// Removes the portals and targets of `before` that are not in `after`. Its first target is the source.
//= rfc4171#5.6.5.4
std::vector<Request> removal_requests(const Inventory& before, const Inventory& after);

/// Removes the entity and all in it.
Request deregistration_request(const Inventory& inventory);

/// Asks for the entity: keeps it registered, and shows whether it is.
//= rfc4171#6.2.6
Request refresh_query(const Inventory& inventory);

}  // namespace lunway::isns
