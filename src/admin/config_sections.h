// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One function for each kind of section of the configuration file.

#pragma once

#include <string>
#include <string_view>

#include "admin/toml_reader.h"
#include "target/server_config.h"

namespace lunway::admin {

void read_server(TomlReader section, target::ServerConfig& into);
target::PortalGroupConfig read_portal_group(TomlReader section);
target::VolumeConfig read_volume(TomlReader section, std::string_view volume_name);
target::TargetConfig read_target(TomlReader section, std::vector<ConfigFault>& faults);
void read_discovery(TomlReader section, target::Authentication& into, std::vector<ConfigFault>& faults);
void read_isns(TomlReader section, target::ServerConfig& into);

}  // namespace lunway::admin
