// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_response.h"

namespace lunway::wire {

Header LoginResponse::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .flag(fields.flags.to_byte())
      .u8<2>(fields.version_max)
      .u8<3>(fields.version_active)
      .bytes<8>(fields.isid.bytes())
      .u16<14>(fields.tsih.value())
      .itt(fields.itt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u16<36>(static_cast<std::uint16_t>(fields.status))
      .header();
}

LoginResponse::Fields LoginResponse::fields() const {
  return {.flags = flags(),
          .version_max = version_max(),
          .version_active = version_active(),
          .isid = isid(),
          .tsih = tsih(),
          .itt = itt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .status = status()};
}

Isid LoginResponse::isid() const {
  std::array<std::byte, Isid::kSize> bytes{};
  copy_bytes(bytes, header().subspan<8, Isid::kSize>());
  return Isid(bytes);
}

std::optional<FormatError> LoginResponse::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  // A refusal ends the connection whatever its flags say; its sender may not have understood the request's.
  if (status_class(status()) != LoginStatusClass::success) return std::nullopt;
  return flags().format_error();
}

}  // namespace lunway::wire
