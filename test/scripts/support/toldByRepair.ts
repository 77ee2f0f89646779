import assert from "node:assert/strict";

/** What `repair` says of each kind, after an answer was lost and after the engine was killed. */
export const there = "was there, and is in the state now";
const removed = /^removed .+, which a failed run had begun$/;
export const said: Readonly<Record<string, string | RegExp>> = {
  firewallAttachment: there,
  floatingIpAssignment: there,
  loadBalancerNetwork: there,
  loadBalancerService: there,
  loadBalancerTarget: there,
  networkRoute: there,
  networkSubnet: there,
  primaryIp: there,
  serverNetwork: there,
  snapshot: there,
  storageBoxSnapshot: there,
  volumeAttachment: there,
  storageBox: there,
  volume: there,
  zone: there,
  zoneRecord: there,
  zoneRrset: there,
  certificate: removed,
  firewall: removed,
  floatingIp: removed,
  loadBalancer: removed,
  managedCertificate: removed,
  network: removed,
  placementGroup: removed,
  server: removed,
  sshKey: removed,
  storageBoxSubaccount: removed,
  uploadedCertificate: removed,
};

/** @param lines what `repair` said */
export function assertTold(lines: readonly string[]): void {
  const told = new Map(
    lines.map((line) => {
      const [, kind = line, words = ""] = /^hcloud:index\/(\w+):\w+ \S+: (.*)$/.exec(line) ?? [];
      return [kind, words];
    }),
  );
  for (const [kind, words] of Object.entries(said)) {
    const heard = told.get(kind) ?? "nothing";
    assert.ok(typeof words === "string" ? heard === words : words.test(heard), `${kind}: ${heard}`);
  }
}
