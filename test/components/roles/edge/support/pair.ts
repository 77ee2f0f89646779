import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LoadBalancerPair, type LoadBalancerPairArgs } from "../../../../../components/roles/edge";
import { recordProgram } from "../../../../support/mocks";

/** A pair before somebody else's server. */
export const args: LoadBalancerPairArgs = {
  environment: "prod",
  location: "nbg1",
  network: { id: 9, range: "10.0.0.0/16" },
  addresses: ["10.0.1.11", "10.0.1.12"],
  serverType: "cx23",
  sshKey: "deploy",
  privateKey: pulumi.secret("planted-private-key"),
  protect: true,
  domain: "www.example.com",
  adminRanges: ["198.51.100.1/32"],
  backends: [{ name: "app1", address: "10.0.2.11" }],
  apiToken: "planted-api-token",
  certificate: "planted-certificate",
};

export const outputs = (type: string, name: string): Record<string, unknown> => {
  // The provider answers the network without its mask.
  if (type.endsWith(":FloatingIp"))
    return { ipAddress: name.endsWith("-ipv6") ? "2001:db8:2:1::" : "203.0.113.10" };
  if (type.endsWith(":Server"))
    return { ipv4Address: name.includes("edge1") ? "198.51.100.11" : "198.51.100.12" };
  return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
};

export const record = (preview = false, more: Partial<LoadBalancerPairArgs> = {}) =>
  recordProgram(() => new LoadBalancerPair("edge", { ...args, ...more }), { outputs, preview });

/** What is sent to the first machine. */
export async function setupOf(more: Partial<LoadBalancerPairArgs>): Promise<string> {
  return scriptIn(await record(false, more));
}

export function scriptIn(resources: Awaited<ReturnType<typeof record>>): string {
  const setup = resources.find(({ name }) => name.endsWith("edge1-setup"));
  assert.ok(setup !== undefined);
  const { value } = setup.inputs.stdin as { value: string };
  // Files travel in base64.
  return value.replaceAll(/[A-Za-z0-9+/=\n]{60,}/g, (text) => {
    const decoded = Buffer.from(text.replaceAll("\n", ""), "base64").toString();
    return decoded.includes("\uFFFD") ? text : decoded;
  });
}
