import assert from "node:assert/strict";
import type { NetworkSpec, World } from "../../../src/host/contract";
import { readProcesses } from "../../../src/linux/services";
import { eventually, inMachine, labNetwork, mustRun } from "../lab";
import type { SideLab } from "./sideLab";

/** A lease that stays when its client is gone. */
export const leaseOnce = (device: string) =>
  `dhclient -1 -4 -pf /run/once.pid ${device} && until kill "$(cat /run/once.pid)"; do sleep 0.05; done 2>/dev/null`;

/** Tests of what machines get by DHCP, at boot and when a network comes or goes. */
export function leasesByDhcp(lab: SideLab): void {
  const { settings, one, two, hidden, reconcile } = lab;

  const configured = (id: number, device: string) =>
    mustRun(
      settings,
      id,
      `ip -o link show ${device} | grep -o "mtu [0-9]*"; ip -4 -o address show dev ${device} | awk '{ print $4 }'; ip -4 route show dev ${device} | sed 's/ proto .*//; s/ *$//' | sort`,
    );

  const leases: [string, number, string][] = [
    ["a public interface", 1, "eth0"],
    ["a private interface", 1, "enp7s0"],
    ["the only interface of a private server", 3, "enp7s0"],
  ];
  for (const [what, id, device] of leases) {
    it(`gives ${what} by DHCP what it was given at boot`, async () => {
      const preset = await configured(id, device);
      await mustRun(settings, id, `ip address flush dev ${device}; ip link set ${device} down mtu 1500`);
      await mustRun(settings, id, leaseOnce(device));
      assert.equal(await configured(id, device), preset);
      assert.match(await mustRun(settings, id, "cat /etc/resolv.conf"), /^nameserver 185\.12\.64\.1$/m);
    });
  }

  const other: NetworkSpec = {
    ...labNetwork,
    id: 6,
    ipRange: "10.9.0.0/16",
    gateway: "10.9.0.1",
    subnets: ["10.9.0.0/24"],
  };
  const attachment = {
    networkId: 6,
    ip: "10.9.0.2",
    aliasIps: ["10.9.0.77"],
    macAddress: "86:00:00:00:06:02",
  };
  const attachedLease = "mtu 1450\n10.9.0.2/32\n10.9.0.0/16 via 10.9.0.1\n10.9.0.1 scope link";

  it("lets a running guest configure an interface that is plugged in, and end its client when it goes", async () => {
    const attached = { ...two, attachments: [...two.attachments, attachment] };
    const before = lab.world;
    await reconcile({ ...lab.world, servers: [one, attached, hidden], networks: [labNetwork, other] });
    await eventually("the lease", async () => (await configured(2, "enp8s0")) === attachedLease);
    await mustRun(settings, 2, "ping -c1 -W2 10.9.0.1");
    assert.equal(await mustRun(settings, 2, "systemctl is-active hc-net-ifup@enp8s0"), "active");

    await reconcile(before);
    await eventually("no client", async () => {
      const { output } = await inMachine(settings, 2, "systemctl is-active hc-net-ifup@enp8s0");
      return output === "inactive";
    });
    await eventually("no server", async () => (await dhcpServers()).join() === "dhcp-n5,dhcp-pub");
    await mustRun(settings, 2, "systemctl mask --quiet hc-net-ifup@enp8s0");
    await reconcile({ ...lab.world, servers: [one, attached, hidden], networks: [labNetwork, other] });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.match(await mustRun(settings, 2, "ip -o link show enp8s0"), /state DOWN/, "masked as users do");
    await reconcile(before);
    await mustRun(settings, 2, "systemctl unmask --quiet hc-net-ifup@enp8s0");
  });

  it("gives a private address to another server when the one that had it is gone", async () => {
    const before = lab.world;
    const withServers = (servers: World["servers"]) => ({
      ...lab.world,
      servers,
      networks: [labNetwork, other],
    });
    const second = { ...two, attachments: [...two.attachments, attachment] };
    await reconcile(withServers([one, second, hidden]));
    await eventually("the lease", async () => (await configured(2, "enp8s0")) === attachedLease);
    const heir = { ...attachment, macAddress: "86:00:00:00:06:01" };
    const first = { ...one, attachments: [...one.attachments, heir] };
    await reconcile(withServers([first, two, hidden]));
    await eventually("the lease", async () => (await configured(1, "enp8s0")) === attachedLease);
    await reconcile(before);
  });

  const dhcpServers = async () => (await readProcesses(settings)).map(({ name }) => name).sort();

  it("starts a DHCP server again that died, and replaces it under another daemon", async () => {
    const find = async () => (await readProcesses(settings)).find(({ name }) => name === "dhcp-pub")?.pid;
    const first = await find();
    process.kill(first ?? 0, "SIGKILL");
    await eventually("another server", async () => ![undefined, first].includes(await find()));
    const second = await find();
    await lab.anotherDaemon();
    await eventually("one of the new daemon", async () => ![undefined, second].includes(await find()));
    await eventually("one for each router", async () => (await dhcpServers()).join() === "dhcp-n5,dhcp-pub");
  });
}
