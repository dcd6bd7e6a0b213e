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


def genie_platform(pid):
    """Platform and model under which genie keeps its parsers for a product.

    The model chooses the formats of stack ports and of chassis; genie's parsers for other models
    drop the letter of a release such as 17.9.4a.
    """
    for start, found in {
        "C93": ("cat9k", "c9300"),
        "C94": ("cat9k", "c9400"),
        "C96": ("cat9k", "c9600"),
        "C92": ("cat9k", "c9200"),
        "C95": ("cat9k", None),
        "WS-C38": ("cat3k", "c3850"),
        "ASR": ("asr1k", None),
        "NCS": ("asr1k", None),
    }.items():
        if pid.startswith(start):
            return found
    return ("isr4k", None)


def genie(device, command, output):
    return device.parse(command, output=output)


def check_pair(name, truth, link, parser, score):
    """Two supervisors, route processors or switches: who is active, and is the other one hot?"""
    text = link.send_command("show redundancy states")
    parsed = score.attempt(f"{name} genie states", lambda: genie(parser, "show redundancy states", text))
    ready = all(m["state"] == "ready" for m in truth["members"])
    if parsed:
        score.same(f"{name} genie standby hot", ready, "STANDBY HOT" in parsed["peer_state"])
        score.same(f"{name} genie mode", "sso" if ready else "Non-redundant", parsed["redundancy_mode_operational"])
    text = link.send_command("show bootvar")
    parsed = score.attempt(f"{name} genie show bootvar", lambda: genie(parser, "show bootvar", text))
    if parsed:
        # Routers put the number of the loader's try behind each entry.
        seen = parsed["standby"]["boot_variable"].rstrip(";").split(",")[0]
        score.same(f"{name} genie standby boot variable", truth["boot_variable"], seen)


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
    pid = truth["pid"]
    os_platform, model = genie_platform(pid)
    parser = GenieDevice(name=name, os="iosxe", platform=os_platform, model=model)
    parser.custom.setdefault("abstraction", {"order": ["os", "platform", "model"]})
    router = os_platform not in ("cat9k", "cat3k")
    stackable = pid.startswith(("C92", "C93", "WS-C38"))
    # Supervisors and route processors are cards: the chassis has the serial number.
    cards = pid.startswith(("C94", "C96", "ASR1006", "ASR-903", "ASR-907", "NCS4206"))
    pair = len(truth["members"]) == 2 and not stackable
    # ASR 900 and its kin have no install engine.
    engine = not pid.startswith(("NCS", "ASR-9"))
    fs = "flash:" if stackable else "bootflash:"

    text = link.send_command("show version")
    rows = score.attempt(f"{name} ntc show version", lambda: parse_output("cisco_ios", "show version", text))
    if rows:
        row = rows[0]
        score.same(f"{name} ntc hostname", name, row["hostname"])
        score.same(f"{name} ntc version", numbers(truth["running_version"]), numbers(row["version"]))
        # A chassis of the Catalyst 9000 series has no configuration register.
        confreg = "" if pid.startswith(("C94", "C96")) else truth["config_register"]
        score.same(f"{name} ntc confreg", confreg, row["config_register"])
        serials = sorted(m["serial"] for m in truth["members"])
        if router or cards:
            serials = [truth["serial"]]
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
    if not engine:
        score.same(f"{name} no install engine", True, "Invalid input" in text)
    elif truth["boot_mode"] == "install":
        parsed = score.attempt(
            f"{name} genie show install summary", lambda: genie(parser, "show install summary", text)
        )
        if parsed:
            ((where, place),) = parsed["location"].items()
            if pair:
                slots = " ".join(m["slot"] for m in truth["members"])
                score.same(f"{name} genie members of the engine", slots, where.removeprefix("Chassis ").strip())
            seen = [
                (p["type"], p["state"], p["filename_version"]) for p in place["pkg_state"].values()
            ]
            ours = [(p["type"], p["state"], p["version"]) for p in truth["install_state"]]
            score.same(f"{name} genie packages", sorted(ours), sorted(seen))
            timer = "inactive" if truth["auto_abort_s"] is None else "active"
            score.same(f"{name} genie timer", timer, place["auto_abort_timer"].split()[0])

    for where in [fs, f"stby-{fs}"] if pair else [fs]:
        text = link.send_command(f"dir {where}")
        ours = {f["path"]: f["size"] for f in truth["files"] if f["fs"] + ":" == where}
        parsed = score.attempt(f"{name} genie dir {where}", lambda: genie(parser, "dir", text))
        if parsed:
            files = parsed["dir"][f"{where}/"]["files"]
            seen = {n: int(f["size"]) for n, f in files.items() if not f["permissions"].startswith("d")}
            score.same(f"{name} genie files on {where}", ours, seen)
        rows = score.attempt(f"{name} ntc dir {where}", lambda: parse_output("cisco_ios", "dir", text))
        if rows:
            seen = {r["name"]: int(r["size"]) for r in rows if not r["permissions"].startswith("d")}
            score.same(f"{name} ntc files on {where}", ours, seen)

    text = link.send_command("show inventory")
    rows = score.attempt(f"{name} ntc show inventory", lambda: parse_output("cisco_ios", "show inventory", text))
    if rows:
        seen = {r["sn"] for r in rows if re.fullmatch(r"(Switch \d+ )?Chassis|Switch \d+", r["name"])}
        ours = {truth["serial"]} if cards else {m["serial"] for m in truth["members"]}
        score.same(f"{name} ntc inventory", ours, seen)
        if cards:
            boards = {r["sn"] for r in rows if re.fullmatch(r"Slot \d Supervisor|module R\d", r["name"])}
            score.same(f"{name} ntc boards", {m["serial"] for m in truth["members"]}, boards)
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
        "show lldp neighbors detail",
        "show logging",
        "show processes cpu",
        "show processes memory",
        "show memory statistics",
        "show license summary",
        "show file systems",
        "show romvar",
        "show issu rollback-timer",
        "show platform software status control-processor brief",
    ]
    if not router:
        others += ["show interfaces status", "show etherchannel summary", "show boot"]
    if pid.startswith(("C94", "C95", "C96")):
        others += ["show module", "show issu state detail"]
    if pid.startswith("C94"):
        others += ["show environment all", "show firmware version all"]
    if router:
        others += ["show issu state detail"]
    if pid.startswith(("ASR", "NCS")):
        others += ["show environment all", "show hw-programmable all"]
    if pid.startswith("C95") and pair:
        others += [
            "show stackwise-virtual",
            "show stackwise-virtual link",
            "show stackwise-virtual dual-active-detection",
            "show switch detail",
        ]
    for command in others:
        text = link.send_command(command, read_timeout=30)
        if score.attempt(f"{name} genie {command}", lambda: genie(parser, command, text)) is not None:
            score.good += 1

    text = link.send_command("show interfaces", read_timeout=60)
    rows = score.attempt(f"{name} ntc show interfaces", lambda: parse_output("cisco_ios", "show interfaces", text))
    parsed = score.attempt(f"{name} genie show interfaces", lambda: genie(parser, "show interfaces", text))
    brief = link.send_command("show ip interface brief")
    short = score.attempt(f"{name} ntc brief", lambda: parse_output("cisco_ios", "show ip interface brief", brief))
    if rows and parsed and short:
        ours = {r["interface"]: r["proto"] for r in short}
        seen = {r["interface"]: r["protocol_status"].split()[0] for r in rows}
        score.same(f"{name} ntc protocols", ours, seen)
        seen = {port: found["line_protocol"] for port, found in parsed.items()}
        score.same(f"{name} genie protocols", ours, seen)

    if pair:
        check_pair(name, truth, link, parser, score)
    if stackable:
        text = link.send_command("show switch detail")
        score.attempt(f"{name} ntc show switch detail", lambda: parse_output("cisco_ios", "show switch detail", text))
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
        # There is no parser of it for a Catalyst 3850.
        if os_platform == "cat9k":
            text = link.send_command("show switch stack-ports summary")
            score.attempt(f"{name} genie stack-ports", lambda: genie(parser, "show switch stack-ports summary", text))
        text = link.send_command("show switch detail")
        score.attempt(f"{name} genie show switch detail", lambda: genie(parser, "show switch detail", text))
    if router:
        text = link.send_command("show bootvar")
        parsed = score.attempt(f"{name} genie show bootvar", lambda: genie(parser, "show bootvar", text))
        if parsed:
            seen = parsed["active"]["configuration_register"]
            score.same(f"{name} genie bootvar", truth["config_register"], seen)
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
