#!/usr/bin/env python3
"""Holds the lab's outputs against parsers that are not ours.

usage: foreign_parsers.py CONTROL_URL LAB_DIR

Logs in to every device of a running lab with netmiko, reads show outputs with ntc-templates and
genie.libs.parser, and compares them with what the control address says. Needs the packages
netmiko, ntc-templates and genie.libs.parser; prints one line per comparison and ends with 1 when
one of them fails.
"""

import json
import pathlib
import re
import sys
import urllib.request

from genie.conf.base import Device as GenieDevice
from netmiko import ConnectHandler
from ntc_templates.parse import parse_output


class Score:
    """Counts comparisons and says each."""

    def __init__(self):
        self.good = 0
        self.bad = []

    def same(self, what, ours, theirs):
        if ours == theirs:
            self.good += 1
            return
        self.bad.append(what)
        print(f"DIFFERS {what}: lab {ours!r}, parser {theirs!r}")

    def attempt(self, what, call):
        try:
            return call()
        except Exception as error:  # any parser failure is a finding
            self.bad.append(what)
            print(f"FAILED {what}: {type(error).__name__}: {error}")
            return None


def numbers(version):
    """17.09.04a and 17.9.4a are the same release."""
    parts = re.match(r"0*(\d+)\.0*(\d+)\.0*(\d+)([a-z]?)", version)
    return parts.groups() if parts else None


def genie(device, command, output):
    return device.parse(command, output=output)


def check(truth, login, score):
    name = truth["name"]
    link = ConnectHandler(
        device_type="cisco_xe",
        host=truth["address"],
        port=truth["port"],
        username=login["IOSXE_USERNAME"],
        password=login["IOSXE_PASSWORD"],
        secret=login["IOSXE_ENABLE"],
    )
    score.same(f"{name} prompt", f"{name}#", link.find_prompt())
    os_platform = {"cat9k": "cat9k"}.get(truth["platform"], "isr4k")
    # The model chooses genie's stack-port format; its parsers for other models drop the letter
    # of a release such as 17.9.4a.
    model = "c9300" if truth["pid"].startswith("C93") else None
    parser = GenieDevice(name=name, os="iosxe", platform=os_platform, model=model)
    parser.custom.setdefault("abstraction", {"order": ["os", "platform", "model"]})
    router = os_platform == "isr4k"
    stackable = truth["pid"].startswith(("C92", "C93"))
    fs = "flash:" if stackable else "bootflash:"

    text = link.send_command("show version")
    rows = score.attempt(f"{name} ntc show version", lambda: parse_output("cisco_ios", "show version", text))
    if rows:
        row = rows[0]
        score.same(f"{name} ntc hostname", name, row["hostname"])
        score.same(f"{name} ntc version", numbers(truth["running_version"]), numbers(row["version"]))
        score.same(f"{name} ntc confreg", truth["config_register"], row["config_register"])
        serials = sorted(m["serial"] for m in truth["members"]) if not router else [truth["serial"]]
        score.same(f"{name} ntc serials", serials, sorted(row["serial"]))
        score.same(f"{name} ntc hardware", {truth["pid"]}, set(row["hardware"]))
    parsed = score.attempt(f"{name} genie show version", lambda: genie(parser, "show version", text))
    if parsed:
        got = parsed["version"]
        score.same(f"{name} genie version", numbers(truth["running_version"]), numbers(got["version"]))
        score.same(f"{name} genie xe_version", truth["running_version"], got["xe_version"])
        score.same(f"{name} genie hostname", name, got["hostname"])
        score.same(f"{name} genie chassis", truth["pid"], got["chassis"])
        score.same(f"{name} genie serial", truth["serial"], got["chassis_sn"])
        if stackable:
            members = {str(m["id"]): m["version"] for m in truth["members"]}
            seen = {n: s.get("sw_ver") for n, s in got["switch_num"].items()}
            score.same(f"{name} genie member versions", members, seen)
            modes = {s.get("mode", "").lower() for s in got["switch_num"].values()}
            score.same(f"{name} genie mode", {truth["boot_mode"]}, modes)

    text = link.send_command("show install summary")
    if truth["boot_mode"] == "install":
        parsed = score.attempt(
            f"{name} genie show install summary", lambda: genie(parser, "show install summary", text)
        )
        if parsed:
            (place,) = parsed["location"].values()
            seen = [
                (p["type"], p["state"], p["filename_version"]) for p in place["pkg_state"].values()
            ]
            ours = [(p["type"], p["state"], p["version"]) for p in truth["install_state"]]
            score.same(f"{name} genie packages", sorted(ours), sorted(seen))
            timer = "inactive" if truth["auto_abort_s"] is None else "active"
            score.same(f"{name} genie timer", timer, place["auto_abort_timer"].split()[0])

    text = link.send_command(f"dir {fs}")
    ours = {f["path"]: f["size"] for f in truth["files"] if f["fs"] + ":" == fs}
    parsed = score.attempt(f"{name} genie dir", lambda: genie(parser, "dir", text))
    if parsed:
        files = parsed["dir"][f"{fs}/"]["files"]
        seen = {n: int(f["size"]) for n, f in files.items() if not f["permissions"].startswith("d")}
        score.same(f"{name} genie files", ours, seen)
    rows = score.attempt(f"{name} ntc dir", lambda: parse_output("cisco_ios", "dir", text))
    if rows:
        seen = {r["name"]: int(r["size"]) for r in rows if not r["permissions"].startswith("d")}
        score.same(f"{name} ntc files", ours, seen)

    text = link.send_command("show inventory")
    rows = score.attempt(f"{name} ntc show inventory", lambda: parse_output("cisco_ios", "show inventory", text))
    if rows:
        seen = {r["sn"] for r in rows if re.fullmatch(r"Chassis|Switch \d+", r["name"])}
        score.same(f"{name} ntc inventory", {m["serial"] for m in truth["members"]}, seen)
    score.attempt(f"{name} genie show inventory", lambda: genie(parser, "show inventory", text))

    others = [
        "show platform",
        "show redundancy",
        "show redundancy states",
        "show clock",
        "show users",
        "show ip interface brief",
        "show interfaces description",
        "show cdp neighbors",
        "show cdp neighbors detail",
        "show lldp neighbors",
        "show logging",
        "show processes cpu",
        "show license summary",
    ]
    if not router:
        others += ["show interfaces status", "show etherchannel summary", "show boot"]
    if truth["pid"].startswith("C95"):
        others += ["show module"]
    for command in others:
        text = link.send_command(command, read_timeout=30)
        if score.attempt(f"{name} genie {command}", lambda: genie(parser, command, text)) is not None:
            score.good += 1

    if stackable:
        text = link.send_command("show switch detail")
        rows = score.attempt(f"{name} ntc show switch detail", lambda: parse_output("cisco_ios", "show switch detail", text))
        text = link.send_command("show switch")
        rows = score.attempt(f"{name} ntc show switch", lambda: parse_output("cisco_ios", "show switch", text))
        if rows:
            seen = sorted((int(r["switch"]), r["role"].lower(), r["state"].lower()) for r in rows)
            ours = sorted((m["id"], m["role"], m["state"]) for m in truth["members"])
            score.same(f"{name} ntc switch", ours, seen)
        parsed = score.attempt(f"{name} genie show switch", lambda: genie(parser, "show switch", text))
        if parsed:
            seen = {int(n): s["state"].lower() for n, s in parsed["switch"]["stack"].items()}
            score.same(f"{name} genie switch", {m["id"]: m["state"] for m in truth["members"]}, seen)
        text = link.send_command("show switch stack-ports summary")
        score.attempt(f"{name} genie stack-ports", lambda: genie(parser, "show switch stack-ports summary", text))
        text = link.send_command("show switch detail")
        score.attempt(f"{name} genie show switch detail", lambda: genie(parser, "show switch detail", text))
    if router:
        text = link.send_command("show bootvar")
        parsed = score.attempt(f"{name} genie show bootvar", lambda: genie(parser, "show bootvar", text))
        if parsed:
            score.same(f"{name} genie bootvar", truth["config_register"], parsed["active"]["configuration_register"])
    link.disconnect()


def main():
    control, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    with urllib.request.urlopen(f"{control}/devices") as answer:
        devices = json.load(answer)
    lines = (folder / "lab.env").read_text().split()
    login = dict(line.split("=", 1) for line in lines)
    score = Score()
    known = json.loads((folder / "lab.json").read_text())["devices"]
    # Those behind a jump host and those with old algorithms need a client that is set up for it.
    hidden = {d["name"] for d in known if d["behind"] or d["ssh"] != "modern"}
    for truth in devices:
        if truth["name"] not in hidden:
            check(truth, login, score)
    print(f"{score.good} comparisons agree, {len(score.bad)} do not")
    sys.exit(1 if score.bad else 0)


if __name__ == "__main__":
    main()
