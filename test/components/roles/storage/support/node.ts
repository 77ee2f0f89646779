import * as pulumi from "@pulumi/pulumi";
import { StorageNode, type StorageNodeArgs } from "../../../../../components/roles/storage";
import { recordProgram, resourceNamed } from "../../../../support/mocks";

/** A storage node that stands alone, with a database to back up. */
export function args(changes: Partial<StorageNodeArgs> = {}): StorageNodeArgs {
  return {
    environment: "prod",
    location: "nbg1",
    network: { id: 7, range: "10.0.0.0/16" },
    address: "10.0.4.11",
    serverType: "cx33",
    sshKey: "12",
    privateKey: pulumi.secret("marker-private-key"),
    bastion: { host: "198.51.100.10", hostKey: "ssh-ed25519 AAAA" },
    objectStoreImage: "versity/versitygw@sha256:abc",
    clients: ["10.0.2.11", "10.0.2.12"],
    database: {
      address: "10.0.3.11",
      backup: pulumi.secret({ user: "backup", password: "marker-backup" }),
      restore: pulumi.secret({ user: "restore", password: "marker-restore" }),
    },
    protect: true,
    ...changes,
  };
}

/** Every random password is a marker with the name of its resource. */
export const markers = (type: string, name: string): Record<string, unknown> =>
  type === "random:index/randomPassword:RandomPassword" ? { result: `marker-${name}` } : {};

/** What is sent to the machine. */
export async function setupScript(given: StorageNodeArgs): Promise<string> {
  const resources = await recordProgram(() => new StorageNode("storage", given), { outputs: markers });
  const setup = resourceNamed(resources, "command:remote:Command", "storage-storage1-setup");
  return (setup.inputs.stdin as { value: string }).value;
}
