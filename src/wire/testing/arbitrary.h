// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Random values of the protocol's types, for properties.

#pragma once

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <vector>

#include "wire/login_stage.h"
#include "wire/numbers.h"
#include "wire/pdu.h"
#include "wire/residual.h"

namespace lunway::wire::testing {

/// Any value of an integer, with the ends of its range more often than chance has them.
template <class Int>
Int any_int() {
  return *rc::gen::oneOf(rc::gen::arbitrary<Int>(), rc::gen::element(Int{0}, static_cast<Int>(~Int{0})));
}

inline bool any_bool() { return *rc::gen::arbitrary<bool>(); }

/// Any Serial32, Tagged or Lun.
template <class Number>
Number any() {
  using Int = decltype(Number().value());
  return Number(any_int<Int>());
}

/// Any tag but the reserved one.
template <class Tag>
Tag any_valid() {
  return Tag(*rc::gen::suchThat(rc::gen::arbitrary<std::uint32_t>(), [](auto tag) { return tag != 0xffffffff; }));
}

template <class Enum>
Enum any_of(std::initializer_list<Enum> values) {
  return *rc::gen::elementOf(std::vector<Enum>(values));
}

inline std::vector<std::byte> any_bytes(std::size_t size) {
  const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(size, rc::gen::arbitrary<std::uint8_t>());
  const Bytes view = std::as_bytes(std::span(bytes));
  return {view.begin(), view.end()};
}

template <std::size_t Size>
std::array<std::byte, Size> any_array() {
  std::array<std::byte, Size> bytes;
  copy_bytes(bytes, any_bytes(Size));
  return bytes;
}

inline Isid any_isid() { return Isid(any_array<Isid::kSize>()); }

inline Residual any_residual() {
  const auto kind = any_of({Residual::Kind::none, Residual::Kind::overflow, Residual::Kind::underflow});
  return {.kind = kind, .count = kind == Residual::Kind::none ? 0 : any_int<std::uint32_t>()};
}

/// Flags that break no rule.
inline LoginFlags any_login_flags() {
  using enum LoginStage;
  const auto csg = any_of({security_negotiation, login_operational_negotiation});
  if (!any_bool()) return {.transit = false, .continues = any_bool(), .csg = csg};
  const auto nsg = csg == security_negotiation && any_bool() ? login_operational_negotiation : full_feature_phase;
  return {.transit = true, .continues = false, .csg = csg, .nsg = nsg};
}

/// What every PDU promises: its fields come out of the header as they went in. `data_segment_length` is for PDUs whose
/// rules depend on it.
template <class Pdu>
void check_round_trip(const typename Pdu::Fields& fields, std::uint32_t data_segment_length = 0,
                      std::uint8_t ahs_words = 0) {
  Header header = Pdu::build(fields);
  set_data_segment_length(header, data_segment_length);
  set_total_ahs_length_words(header, ahs_words);
  const auto pdu = Pdu::parse(header);
  RC_ASSERT(pdu.has_value());
  RC_ASSERT(pdu->fields() == fields);
  RC_ASSERT(pdu->data_segment_length() == data_segment_length);
  RC_ASSERT(pdu->total_ahs_length_words() == ahs_words);
}

}  // namespace lunway::wire::testing
