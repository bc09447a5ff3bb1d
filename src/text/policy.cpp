// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/policy.h"

#include <cassert>

namespace lunway::text {
namespace {

/// Where the peer can push a result: the other end of the key's range.
std::uint32_t worst_of(const KeyInfo& info) {
  const bool pushes_up = info.rule == Rule::maximum || info.rule == Rule::boolean_or;
  return pushes_up ? info.highest : info.lowest;
}

template <class AnyPolicy>
auto& list_of(AnyPolicy& policy, KeyId id) {
  assert(info_of(id).rule == Rule::list);
  if (id == KeyId::header_digest) return policy.header_digest;
  return id == KeyId::data_digest ? policy.data_digest : policy.task_reporting;
}

}  // namespace

Policy::Policy() {
  for (const KeyInfo& info : kKeys) number(info.id) = {.preferred = info.default_value, .worst = worst_of(info)};
  // "An implementation compliant to this document alone" claims level 1, and RFC 3720 peers do not know the key.
  number(KeyId::protocol_level).offer = false;
}

ListWish& Policy::list(KeyId id) { return list_of(*this, id); }
const ListWish& Policy::list(KeyId id) const { return list_of(*this, id); }

}  // namespace lunway::text
