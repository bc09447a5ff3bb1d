// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/gather.h"

#include <cassert>

namespace lunway::runtime {

void Gather::advance(std::size_t count) {
  while (count != 0) {
    assert(!rest_.empty());
    iovec& piece = rest_.front();
    if (count < piece.iov_len) {
      piece.iov_base = static_cast<std::byte*>(piece.iov_base) + count;
      piece.iov_len -= count;
      return;
    }
    count -= piece.iov_len;
    rest_ = rest_.subspan(1);
  }
  drop_empty_pieces();
}

void Gather::drop_empty_pieces() {
  while (!rest_.empty() && rest_.front().iov_len == 0) rest_ = rest_.subspan(1);
}

}  // namespace lunway::runtime
