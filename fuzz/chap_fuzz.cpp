// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A peer that says anything during CHAP. It does not know the secrets, so it never gets in, and it never hears more
// than the steps allow.
//= rfc7143#12.1.3

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "text/chap.h"
#include "text/key_table.h"

namespace {

using namespace lunway;        // NOLINT(google-build-using-namespace)
using namespace lunway::text;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kChallenge = "sixteen bytes or more, never random here";

void require(bool law) {
  if (!law) std::abort();
}

ChapAccount alice() { return {"alice", ChapSecret("a secret that no input knows 4711")}; }
ChapAccount storage() { return {"storage", ChapSecret("another secret that no input knows")}; }

/// The pairs of one step: those before a pair with the key "Next".
std::vector<KeyValue> next_step(PairReader& reader) {
  std::vector<KeyValue> pairs;
  while (const auto pair = reader.next()) {
    if (pair->key == "Next") break;
    pairs.push_back(*pair);
  }
  return pairs;
}

template <class Side>
void talk_to(Side& side, std::string_view text) {
  PairReader reader(text);
  bool failed = false;
  for (int step = 0; step < 4; ++step) {
    TextWriter out;
    const auto result = side.step(next_step(reader), out);
    require(!failed || !result);
    failed = failed || !result;
    if (!result) require(out.text().empty());
    if (!result) static_cast<void>(status_of(result.error()));
    require(!out.text().contains("secret"));
  }
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text = lunway::text_of(std::as_bytes(std::span(data, size)).subspan(1));
  const bool mutual = (data[0] & 1) != 0;
  if (data[0] & 2) {
    ChapTarget target(
        {.settings = {}, .initiators = {alice()}, .own = mutual ? std::optional(storage()) : std::nullopt}, data[0],
        bytes_of(kChallenge));
    talk_to(target, text);
    require(!target.done());
  } else {
    ChapInitiator initiator(
        {.settings = {}, .own = alice(), .target = mutual ? std::optional(storage()) : std::nullopt}, data[0],
        bytes_of(kChallenge));
    TextWriter out;
    require(!initiator.start(out));
    talk_to(initiator, text);
    require(!mutual || !initiator.done());
  }
  return 0;
}
