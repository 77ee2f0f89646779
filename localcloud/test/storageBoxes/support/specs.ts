import type { BoxAccount, StorageBoxSpec } from "../../../src/host/storageBoxes";

export function boxAccount(username: string, more: Partial<BoxAccount> = {}): BoxAccount {
  return {
    username,
    passwordHash: "*",
    home: "",
    readonly: false,
    ssh: false,
    external: false,
    ...more,
  };
}

export function boxSpec(more: Partial<StorageBoxSpec> = {}): StorageBoxSpec {
  return {
    id: 7,
    ip: "198.51.100.7",
    size: 2 ** 28,
    publicKeys: [],
    snapshotsVisible: false,
    accounts: [boxAccount("u7")],
    ...more,
  };
}
