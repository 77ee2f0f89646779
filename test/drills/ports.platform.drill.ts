// Every machine, the internet and an administrator try every port of every machine, in both families: what answers is the table of flows.
import assert from "node:assert/strict";
import type { MachinePlan } from "../../components/plan/plan";
import { planPlatform } from "../../components/presets";
import { contains, ipv4Range } from "../../components/settings/ranges";
import { loadStackFile } from "../../components/stack/stackFile";
import { localStackName } from "../../scripts/localStack";
import { serverNamed } from "../e2e/support/cloud";
import { platformIsUp } from "../e2e/support/platform";
import { answering, listeners, received, type Source, sendDatagrams } from "../e2e/support/reach";

interface Target {
  readonly machine: MachinePlan;
  readonly address: string;
  readonly isPublic: boolean;
  readonly port: number;
}

/** Free on every machine; no flow of the platform uses UDP. */
const datagramPorts = [53, 123, 514, 4789, 8125, 40_000];

describe("reach over the whole platform", function () {
  this.timeout("10m");
  const plan = planPlatform(loadStackFile(localStackName));
  const listening = new Map<string, readonly string[]>();
  const publicAddresses = new Map<string, readonly string[]>();

  before("the platform is up", async () => {
    await platformIsUp();
    for (const { hostname } of plan.machines) {
      listening.set(hostname, await listeners(hostname));
      publicAddresses.set(hostname, await publicOf(hostname));
    }
  });

  const names: readonly Source[] = [
    ...plan.machines.map(({ hostname }) => ({ machine: hostname })),
    "internet",
    "admin",
  ];
  const roleFrom = (source: Source) =>
    typeof source === "string"
      ? source
      : (plan.machines.find(({ hostname }) => hostname === source.machine)?.role ?? "");
  /** A flow may name private ranges in the place of a role. */
  const isInRange = (source: Source, range: string) => {
    const address = plan.machines.find(({ hostname }) => hostname === nameOf(source))?.privateIp;
    const outer = ipv4Range(range);
    const inner = ipv4Range(`${address}/32`);
    return outer !== undefined && inner !== undefined && contains(outer, inner);
  };
  const nameOf = (source: Source) => (typeof source === "string" ? source : source.machine);

  /**
   * What the table of flows says. `internet` is everybody, the platform's machines too. On the public side a machine is
   * nothing more than that, and the administrators' ranges are IPv4.
   */
  function isAllowed(source: Source, { machine, address, isPublic, port }: Target): boolean {
    const isAdmin = source === "admin" && !address.includes(":");
    const own = ["internet", ...(isPublic ? (isAdmin ? ["admin"] : []) : [roleFrom(source), "any"])];
    return plan.flows.some(
      (flow) =>
        flow.protocol === "tcp" &&
        flow.port === port &&
        (flow.to === machine.role || flow.to === "any") &&
        (own.includes(flow.from) || (!isPublic && isInRange(source, flow.from))),
    );
  }

  function isListening({ machine, address, port }: Target): boolean {
    const family = address.includes(":") ? "tcp6" : "tcp4";
    return listening.get(machine.hostname)?.includes(`${family} ${port}`) ?? false;
  }

  /** All addresses of all other machines that this source has a way to, and every port on which any machine listens. */
  function targetsOf(source: Source): readonly Target[] {
    const texts = [...listening.values()].flat();
    const ports = [...new Set(texts.flatMap((text) => /^tcp[46] (\d+)$/.exec(text)?.[1] ?? []))].map(Number);
    const isPrivate = plan.machines.some(
      ({ hostname, isPublic }) => hostname === nameOf(source) && !isPublic,
    );
    return plan.machines
      .filter(({ hostname }) => hostname !== nameOf(source))
      .flatMap((machine) => {
        // Machines without a public address have no IPv6 at all.
        const publicSide = (publicAddresses.get(machine.hostname) ?? [])
          .filter((address) => !isPrivate || !address.includes(":"))
          .map((address) => ({ address, isPublic: true }));
        const privateSide =
          typeof source === "string" ? [] : [{ address: machine.privateIp, isPublic: false }];
        return [...privateSide, ...publicSide].flatMap(({ address, isPublic }) =>
          ports.map((port) => ({ machine, address, isPublic, port })),
        );
      });
  }

  for (const source of names) {
    it(`S1-31, S2-1: ${nameOf(source)} reaches exactly the ports that the table of flows opens to it`, async () => {
      const targets = targetsOf(source);
      assert.ok(targets.length > 20, `${targets.length} targets`);
      const expected = targets.filter((target) => isAllowed(source, target) && isListening(target));
      const line = ({ address, port }: Target) => `${address} ${port}`;
      const answered = await answering(source, targets.map(line));
      assert.deepEqual([...answered].sort(), expected.map(line).sort());
    });
  }

  it("S1-31: no datagram reaches any machine from any other, from the internet or from an administrator", async () => {
    for (const { hostname, privateIp } of plan.machines) {
      const publicSide = publicAddresses.get(hostname) ?? [];
      const came = await received(hostname, datagramPorts, async () => {
        for (const source of names.filter((name) => nameOf(name) !== hostname)) {
          const addresses = [...(typeof source === "string" ? [] : [privateIp]), ...publicSide];
          const targets = addresses.flatMap((address) => datagramPorts.map((port) => `${address} ${port}`));
          if (targets.length > 0) await sendDatagrams(source, nameOf(source), targets);
        }
      });
      assert.deepEqual(came, [], hostname);
    }
  });
});

/** Both families, as machines have them. */
async function publicOf(hostname: string): Promise<readonly string[]> {
  const { public_net: net } = await serverNamed(hostname);
  const ipv6 = (net as { ipv6?: { ip: string } | null }).ipv6;
  return [
    ...(net.ipv4 === null ? [] : [net.ipv4.ip]),
    ...(ipv6 == null ? [] : [ipv6.ip.replace(/::\/64$/, "::1")]),
  ];
}
