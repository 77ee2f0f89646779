import assert from "node:assert/strict";
import { secretsInUserData, together, unpinnedImage } from "../../policy/machines";

const mixed = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zAbC3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA";

describe("policy: no secret in user data", () => {
  for (const [what, text, found] of [
    ["nothing", undefined, 0],
    ["a digest", `# sha256 ${"0123456789abcdef".repeat(4)}\n`, 0],
    ["a public key", "ssh_authorized_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG example]\n", 0],
    ["a password that is read from a file", "PASSWORD=$(cat /run/secrets/password)\n", 0],
    ["a locked password", "passwd: '*'\n", 0],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", 1],
    ["an API token", `echo ${mixed} >/etc/token\n`, 1],
    ["a password", "db_password: hunter2hunter2\n", 1],
    ["a token as a variable", `export HCLOUD_TOKEN='${mixed}'\n`, 2],
  ] as const) {
    it(`finds ${found} in ${what}`, () => assert.equal(secretsInUserData(text).length, found));
  }
});

describe("policy: images have digests", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  for (const [type, props, found] of [
    ["docker:index/container:Container", { image: "traefik:v3" }, 1],
    ["docker:index/container:Container", { image: `traefik@${digest}` }, 0],
    ["docker:index/container:Container", { image: digest }, 0],
    ["docker:index/remoteImage:RemoteImage", { name: "traefik" }, 1],
    ["hcloud:index/server:Server", { image: "debian-13" }, 0],
  ] as const) {
    it(`finds ${found} in ${type.split(":").at(-1)} of ${Object.values(props)[0]?.slice(0, 20)}`, () => {
      assert.equal(unpinnedImage(type, props).length, found);
    });
  }
});

describe("policy: machines of a role are spread", () => {
  const server = (name: string, role: string | undefined, hasGroup: boolean) => ({ name, role, hasGroup });

  it("names those that one host could take together", () => {
    const servers = [
      server("edge1", "edge", true),
      server("edge2", "edge", false),
      server("db1", "database", false),
    ];
    assert.deepEqual(together(servers), [
      "edge2 of role edge may stand on one host: set placementGroupId of type spread",
    ]);
  });

  it("asks nothing of a machine that is alone, or of no role", () => {
    assert.deepEqual(
      together([
        server("db1", "database", false),
        server("a", undefined, false),
        server("b", undefined, false),
      ]),
      [],
    );
  });
});
