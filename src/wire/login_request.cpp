// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_request.h"

namespace lunway::wire {

Header LoginRequest::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, /*immediate=*/true)
      .flag(fields.flags.to_byte())
      .u8<2>(fields.version_max)
      .u8<3>(fields.version_min)
      .bytes<8>(fields.isid.bytes())
      .u16<14>(fields.tsih.value())
      .itt(fields.itt)
      .u16<20>(fields.cid.value())
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .header();
}

LoginRequest::Fields LoginRequest::fields() const {
  return {.flags = flags(),
          .version_max = version_max(),
          .version_min = version_min(),
          .isid = isid(),
          .tsih = tsih(),
          .itt = itt(),
          .cid = cid(),
          .cmd_sn = cmd_sn(),
          .exp_stat_sn = exp_stat_sn()};
}

Isid LoginRequest::isid() const {
  std::array<std::byte, Isid::kSize> bytes{};
  copy_bytes(bytes, header().subspan<8, Isid::kSize>());
  return Isid(bytes);
}

std::optional<FormatError> LoginRequest::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  return flags().format_error();
}

}  // namespace lunway::wire
