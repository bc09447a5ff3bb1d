# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""docs/configuration.md describes the keys that the program reads, no more and no fewer."""

import re
from pathlib import Path

CONFIGURATION = Path(__file__).parents[2] / "docs" / "configuration.md"

# Every kind of table of the configuration, with a key that no table has. Its error names the keys that there are.
TABLES = """
no_such_key = 1
[server]
no_such_key = 1
[[portal_group]]
no_such_key = 1
listen = ["127.0.0.1:0"]
[volume.NAME]
no_such_key = 1
[[target]]
no_such_key = 1
lun_access = [{ no_such_key = 1 }]
redirect = { no_such_key = 1 }
alua = { no_such_key = 1 }
chap = { no_such_key = 1 }
mutual_chap = { no_such_key = 1 }
[discovery]
no_such_key = 1
[isns]
no_such_key = 1
"""


def test_each_key_of_the_configuration_is_described(cli, tmp_path):
    config = tmp_path / "lunway.toml"
    config.write_text(TABLES)
    known = dict(re.findall(r"unknown key no_such_key in (.+?); it may hold (.+)$", cli("check-config", config).err,
                            re.MULTILINE))
    assert len(known) == TABLES.count("no_such_key"), known
    page = {}
    for section in re.split(r"^##+ ", CONFIGURATION.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        page[section.splitlines()[0]] = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    for table, keys in known.items():
        heading = table.split()[-1] if table.startswith("[[target]] ") else table.replace("the file", "The file")
        assert page[heading] == set(keys.split(", ")), f"docs/configuration.md, {heading}"
