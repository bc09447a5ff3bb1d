// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/gather.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lunway::runtime {
namespace {

TEST(Gather, OfNothingIsEmpty) {
  EXPECT_TRUE(Gather().is_empty());
  std::vector<iovec> empty(3, iovec{.iov_base = nullptr, .iov_len = 0});
  EXPECT_TRUE(Gather(empty).is_empty());
}

TEST(Gather, WindowIsNoLargerThanACallTakes) {
  char byte = 'x';
  std::vector<iovec> pieces(3000, iovec{.iov_base = &byte, .iov_len = 1});
  EXPECT_EQ(Gather(pieces).window().size(), 1024U);
}

RC_GTEST_PROP(GatherModel, ShortSendsDeliverTheWholeText, ()) {
  auto texts = *rc::gen::arbitrary<std::vector<std::string>>();
  std::string whole;
  std::vector<iovec> pieces;
  for (std::string& text : texts) {
    whole += text;
    pieces.push_back({.iov_base = text.data(), .iov_len = text.size()});
  }
  Gather gather(pieces);
  std::string out;
  while (!gather.is_empty()) {
    std::string offered;
    for (const iovec& piece : gather.window()) offered.append(static_cast<char*>(piece.iov_base), piece.iov_len);
    RC_ASSERT(!offered.empty());
    const auto count = *rc::gen::inRange<std::size_t>(1, offered.size() + 1);
    out += offered.substr(0, count);
    gather.advance(count);
  }
  RC_ASSERT(out == whole);
}

}  // namespace
}  // namespace lunway::runtime
