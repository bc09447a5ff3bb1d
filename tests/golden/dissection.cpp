// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "tests/golden/dissection.h"

#include <cstdio>
#include <cstdlib>

namespace lunway::capture {
namespace {

// Runs a command of ours through the shell; its parts hold no quotes.
Result<std::string> output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return system_failure(errno, "starting " + command);
  std::string output;
  char buffer[4096];
  for (std::size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) != 0;) output.append(buffer, count);
  if (const int status = pclose(pipe); status != 0) return failure(EIO, command + " ended with an error");
  return output;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(at, begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

bool has_tshark() { return output_of("command -v tshark").has_value(); }

Result<std::vector<DissectedPacket>> dissect(const std::string& path, const std::vector<std::string>& fields,
                                             const std::string& filter) {
  std::string command = "tshark -r '" + path + "' -T fields -E separator='|' -E occurrence=f";
  for (const std::string& field : fields) command += " -e " + field;
  if (!filter.empty()) command += " -Y '" + filter + "'";
  const Result<std::string> output = output_of(command + " 2>/dev/null");
  if (!output) return std::unexpected(output.error());

  std::vector<DissectedPacket> packets;
  for (const std::string& line : split(*output, '\n')) {
    if (!line.empty()) packets.push_back(split(line, '|'));
  }
  return packets;
}

}  // namespace lunway::capture
