/**
 * cloud-init's Hetzner datasource for a machine without DMI tables. It runs upstream's own code; what differs:
 * the vendor and serial number come from a file that the local cloud writes (a container has no
 * /sys/class/dmi), and the network is used as the machine room configured it, so no ephemeral DHCP lease is
 * taken first.
 */
export const datasourceName = "HetznerLocal";

/** Holds the server id, as SMBIOS does on a Hetzner server. */
export const serialFile = "/usr/lib/local-cloud/serial";

export const datasourceSource = `"""Hetzner datasource on a machine of the local cloud (no DMI, network already up)."""

from contextlib import contextmanager

import cloudinit.sources.DataSourceHetzner as upstream
from cloudinit import sources


def read_serial():
    with open("${serialFile}", encoding="ascii") as file:
        return file.read().strip()


@contextmanager
def network_is_up(*_args, **_kwargs):
    yield


upstream.get_hcloud_data = lambda: (True, read_serial())
upstream.EphemeralDHCPv4 = network_is_up
upstream.net.find_fallback_nic = lambda *_args, **_kwargs: "eth0"


class DataSourceHetznerLocal(upstream.DataSourceHetzner):
    def check_instance_id(self, sys_cfg):
        return self.get_instance_id() == read_serial()


datasources = [(DataSourceHetznerLocal, (sources.DEP_FILESYSTEM,))]


def get_datasource_list(depends):
    return sources.list_from_depends(depends, datasources)
`;
