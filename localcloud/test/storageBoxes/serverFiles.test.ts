import assert from "node:assert/strict";
import { hostsFile } from "../../src/storageBoxes/names";
import { partsOf } from "../../src/storageBoxes/paths";
import { passwdLines, shadowLines, sshdConfig, userId } from "../../src/storageBoxes/serverFiles";
import { usageOf } from "../../src/storageBoxes/usage";
import { boxAccount, boxSpec } from "./support/specs";

const cloud = { ranges: ["198.51.100.0/24"], outside: ["198.51.100.1", "198.51.100.250"] };

describe("files of a storage box's server", () => {
  it("open port 23 only for accounts with SSH, and only from where they may come", () => {
    const config = sshdConfig(
      [boxAccount("u7"), boxAccount("u7-sub1", { ssh: true, external: true })],
      cloud,
    );
    const inside = "u7@!198.51.100.1,!198.51.100.250,198.51.100.0/24";
    assert.match(config, /^Port 22\nPort 23\n/);
    assert.ok(config.includes(`\nAllowUsers ${inside} u7-sub1\n`));
    assert.ok(config.includes("\nMatch LocalPort 23\n  AllowUsers u7-sub1\n"));
    assert.ok(config.includes("\nMatch LocalPort 22\n  ForceCommand internal-sftp -d /home\n"));
  });

  it("leave port 23 closed when no account has SSH", () => {
    assert.equal(sshdConfig([boxAccount("u7")], cloud).includes("23"), false);
  });

  it("give each account a user of its own, the box's account the owner of the data", () => {
    assert.deepEqual(["u7", "u7-sub1", "u7-sub12"].map(userId), [2000, 2001, 2012]);
    assert.equal(
      passwdLines([boxAccount("u7"), boxAccount("u7-sub3")]),
      "u7:x:2000:2000::/home:/bin/sh\nu7-sub3:x:2003:2003::/home:/bin/sh\n",
    );
    assert.equal(shadowLines([boxAccount("u7", { passwordHash: "$6$a$b" })]), "u7:$6$a$b:20000::::::\n");
  });

  it("take no name that the API does not give", () => {
    for (const name of ["root", "u7:x", "u7\nroot", "u7-sub1 u8", "../u7"]) {
      assert.throws(() => passwdLines([boxAccount(name)]), /is no account/, name);
    }
  });

  it("name the box and its subaccounts for the resolver", () => {
    const box = boxSpec({ ip: "198.51.100.7", accounts: [boxAccount("u7"), boxAccount("u7-sub1")] });
    assert.equal(
      hostsFile([box]),
      "198.51.100.7 u7.your-storagebox.de\n198.51.100.7 u7-sub1.your-storagebox.de\n",
    );
  });
});

describe("paths inside a storage box", () => {
  const cases: readonly [string, readonly string[] | undefined][] = [
    [".", []],
    ["./a//b/", ["a", "b"]],
    ["/a", ["a"]],
    ["...", ["..."]],
    ["..", undefined],
    ["a/../..", undefined],
    ["a\0b", undefined],
    ["x".repeat(256), undefined],
  ];
  for (const [path, parts] of cases) {
    it(`${JSON.stringify(path.slice(0, 20))} is ${JSON.stringify(parts)}`, () => {
      assert.deepEqual(partsOf(path), parts);
    });
  }
});

describe("usage of a storage box", () => {
  const subvolumes = `ID 256 gen 10 top level 5 path data
ID 257 gen 9 top level 5 path snapshots/2026-01-01T00-00-00
ID 258 gen 9 top level 256 path data/path snapshots/x
`;

  it("counts what data and snapshots share once", () => {
    const groups = `qgroupid         rfer         excl
--------         ----         ----
0/5             16384        16384
0/256         5000000      1000000   data
0/257         6000000      2000000   snapshots/2026-01-01T00-00-00
1/1           7000000      7000000   <0 member qgroups>
`;
    const usage = usageOf(groups, subvolumes);
    assert.deepEqual([usage?.data, usage?.snapshots], [5_000_000, 2_000_000]);
    assert.deepEqual(
      [...(usage?.bySnapshot ?? [])],
      [["2026-01-01T00-00-00", { total: 6_000_000, exclusive: 2_000_000 }]],
    );
  });

  it("is unknown before there is data", () => {
    assert.equal(usageOf("", ""), undefined);
  });
});
