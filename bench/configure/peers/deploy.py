"""The desired state for pyinfra: one operation for each thing, and for units only when what they read has changed."""

import json
from pathlib import Path

from pyinfra.operations import apt, files, server, systemd
from pyinfra.operations.util import any_changed

desired = json.loads(Path("desired.json").read_text())
user = desired["user"]

apt.packages(
    name="Packages",
    packages=desired["packages"],
    no_recommends=True,
    update=True,
    cache_time=43200,
)
server.group(name="Group", group=user["name"], gid=user["id"], system=True)
server.user(
    name="User",
    user=user["name"],
    uid=user["id"],
    group=user["name"],
    home=user["home"],
    shell=user["shell"],
    system=True,
    create_home=True,
)

read_by = {}
for file in desired["files"]:
    path = file["path"]
    put = files.put(
        name=path,
        src=f"files{path}",
        dest=path,
        user=file["owner"],
        group=file["group"],
        mode=file["mode"],
    )
    if file["validate"]:
        server.shell(name=f"Judge {path}", commands=[file["validate"].replace("%s", path)], _if=put.did_change)
    if file["reader"]:
        read_by.setdefault(file["reader"], []).append(put)

units = [put for unit, puts in read_by.items() if unit.startswith("shop-") for put in puts]
systemd.daemon_reload(name="Unit files", _if=any_changed(*units))
for unit in desired["units"]:
    systemd.service(name=unit, service=unit, running=True, enabled=True)
for unit, puts in read_by.items():
    reloads = unit in desired["reloading"]
    systemd.service(
        name=f"Changed files of {unit}",
        service=unit,
        running=None,
        reloaded=reloads,
        restarted=not reloads,
        _if=any_changed(*puts),
    )
