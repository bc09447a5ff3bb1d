// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/policy.h"

#include <cassert>
#include <utility>

namespace lunway::text {
namespace {

/// Where the peer can push a result: the other end of the key's range.
std::uint32_t worst_of(const KeyInfo& info) {
  const bool pushes_up = info.rule == Rule::maximum || info.rule == Rule::boolean_or;
  return pushes_up ? info.highest : info.lowest;
}

}  // namespace

Policy::Policy() {
  for (const KeyInfo& info : kKeys) number(info.id) = {.preferred = info.default_value, .worst = worst_of(info)};
  // "An implementation compliant to this document alone" claims level 1, and RFC 3720 peers do not know the key.
  number(KeyId::protocol_level).offer = false;
}

ListWish& Policy::list(KeyId id) { return const_cast<ListWish&>(std::as_const(*this).list(id)); }

const ListWish& Policy::list(KeyId id) const {
  switch (id) {
    case KeyId::header_digest:
      return header_digest;
    case KeyId::data_digest:
      return data_digest;
    default:
      assert(id == KeyId::task_reporting);
      return task_reporting;
  }
}

}  // namespace lunway::text
