// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A digest does not depend on where TCP cut the bytes: any two pieces give the checksum of the whole.
//= rfc7143#13.1

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/crc32c.h"

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const lunway::Bytes input = std::as_bytes(std::span(data, size));
  const lunway::Bytes whole = input.subspan(1);
  const std::size_t cut = data[0] % (whole.size() + 1);

  lunway::Crc32c pieces;
  pieces.update(whole.first(cut));
  pieces.update(whole.subspan(cut));
  if (pieces.value() != lunway::crc32c(whole)) std::abort();
  return 0;
}
