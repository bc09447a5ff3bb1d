// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "mutant/passage.h"

#include <algorithm>

namespace lunway::mutant {

void Passage::set_value(std::string_view key, std::string_view value) {
  Text text = pdu.text();
  for (conformance::KeyValue& pair : text) {
    if (pair.key == key) pair.value = value;
  }
  pdu.with_text(text);
}

void Passage::add_value(std::string_view key, std::string_view value) {
  Text text = pdu.text();
  text.push_back({std::string(key), std::string(value)});
  pdu.with_text(text);
}

void Passage::remove_key(std::string_view key) {
  Text text = pdu.text();
  std::erase_if(text, [&](const conformance::KeyValue& pair) { return pair.key == key; });
  pdu.with_text(text);
}

std::string Passage::value(std::string_view key) const {
  const Text text = pdu.text();
  const std::string* found = conformance::find_value(text, key);
  return found == nullptr ? std::string() : *found;
}

}  // namespace lunway::mutant
