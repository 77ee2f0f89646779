import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  leaveNote,
  rangesOverlap,
  removeNote,
  requireFreeAddresses,
  requireOneCloud,
} from "../../src/daemon/clouds";
import { localCloudSettings } from "../../src/settings/cloud";
import { labEnvironment } from "../machines/lab";

describe("two clouds on one host", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "localcloud-clouds-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const view = (exists = true) => ({ folder: join(folder, "run"), exists: async () => exists });
  /** A cloud with these variables that was started. */
  const started = async (env: Record<string, string>) => {
    const settings = localCloudSettings(env);
    await mkdir(settings.stateDir, { recursive: true });
    await leaveNote(settings, view().folder);
    return settings;
  };
  const first = () => started({ LOCALCLOUD_STATE: join(folder, "one") });
  const two = (more: Record<string, string> = {}) => ({
    LOCALCLOUD_NAME: "two",
    LOCALCLOUD_STATE: join(folder, "two"),
    LOCALCLOUD_PORT: "8090",
    LOCALCLOUD_PUBLIC_RANGE: "198.19.1.0/24",
    LOCALCLOUD_FLOATING_RANGE: "198.19.2.0/24",
    LOCALCLOUD_IDENTITY_RANGE: "198.19.65.0/24",
    LOCALCLOUD_IPV6_RANGE: "2001:db8:2222::/48",
    ...more,
  });

  it("a second cloud as the documentation writes it finds its addresses free", async () => {
    await first();
    await requireFreeAddresses(localCloudSettings(two()), view());
  });

  it("the tests' clouds run beside the default one and beside each other", async () => {
    await first();
    for (let area = 0; area < 12; area++) {
      const settings = localCloudSettings(labEnvironment(`lab${area}`, 3 * area));
      await requireFreeAddresses(settings, view());
      await leaveNote(
        { ...settings, paths: { ...settings.paths, note: join(folder, "note") } },
        view().folder,
      );
    }
  });

  for (const [what, more, problem] of [
    [
      "the host's own IPv6 address",
      { LOCALCLOUD_IPV6_RANGE: "2001:db8:ffff::/48" },
      /LOCALCLOUD_IPV6_RANGE: 2001:db8:ffff:/,
    ],
    ["IPv6 networks of servers", { LOCALCLOUD_IPV6_RANGE: "2001:db8:1::/48" }, /LOCALCLOUD_IPV6_RANGE/],
    [
      "public addresses",
      { LOCALCLOUD_PUBLIC_RANGE: "198.51.100.0/24" },
      /LOCALCLOUD_PUBLIC_RANGE: 198.51.100.0\/24/,
    ],
    ["another kind of range", { LOCALCLOUD_PUBLIC_RANGE: "203.0.113.0/24" }, /\(LOCALCLOUD_FLOATING_RANGE\)/],
    [
      "a part of the identity range",
      { LOCALCLOUD_IDENTITY_RANGE: "198.18.7.0/24" },
      /LOCALCLOUD_IDENTITY_RANGE/,
    ],
    [
      "the port of the API",
      { LOCALCLOUD_PORT: "8080" },
      /LOCALCLOUD_PORT: 8080 is LOCALCLOUD_PORT of the cloud "hp"/,
    ],
    ["the port of the page", { LOCALCLOUD_PORT: "8081" }, /LOCALCLOUD_PORT: 8081 is LOCALCLOUD_CONTROL_PORT/],
  ] as const) {
    it(`a second cloud is refused when it takes ${what}`, async () => {
      await first();
      await assert.rejects(requireFreeAddresses(localCloudSettings(two(more)), view()), problem);
    });
  }

  it("every clash is named at once, and one cloud's own ranges may not overlap either", async () => {
    await first();
    const more = { LOCALCLOUD_PUBLIC_RANGE: "203.0.113.0/24", LOCALCLOUD_FLOATING_RANGE: "203.0.113.0/24" };
    await assert.rejects(requireFreeAddresses(localCloudSettings(two(more)), view()), (error: Error) => {
      assert.match(error.message, /LOCALCLOUD_PUBLIC_RANGE \(203.*\) overlaps LOCALCLOUD_FLOATING_RANGE/);
      assert.match(error.message, /LOCALCLOUD_FLOATING_RANGE: 203.0.113.0\/24 overlaps/);
      return true;
    });
  });

  it("what a cloud that is gone had is free", async () => {
    await first();
    const again = localCloudSettings(two({ LOCALCLOUD_PUBLIC_RANGE: "198.51.100.0/24" }));
    await requireFreeAddresses(again, view(false));
  });

  it("a state folder remembers whose it is: the name of another cloud is refused with it", async () => {
    const { stateDir } = await started(two());
    const mixed = localCloudSettings({ LOCALCLOUD_STATE: stateDir });
    await assert.rejects(
      requireOneCloud(mixed, view()),
      /is the state of the local cloud "two", LOCALCLOUD_NAME says "hp"/,
    );
  });

  it("a cloud that is up has one state folder: its name is refused with another one", async () => {
    await first();
    const mixed = localCloudSettings({ LOCALCLOUD_STATE: join(folder, "elsewhere") });
    await assert.rejects(requireOneCloud(mixed, view()), new RegExp(`set LOCALCLOUD_STATE=${folder}/one`));
    await requireOneCloud(mixed, view(false));
  });

  it("after down nothing is remembered", async () => {
    const settings = await first();
    await removeNote(settings, view().folder);
    await requireOneCloud(localCloudSettings({ LOCALCLOUD_STATE: join(folder, "elsewhere") }), view());
    await requireOneCloud(localCloudSettings(two({ LOCALCLOUD_STATE: settings.stateDir })), view());
  });

  for (const [one, other, wanted] of [
    ["10.0.0.0/8", "10.1.0.0/16", true],
    ["10.1.0.0/16", "10.0.0.0/8", true],
    ["10.0.0.0/16", "10.1.0.0/16", false],
    ["2001:db8::/48", "2001:db8:0:1::/64", true],
    ["2001:db8::/48", "10.0.0.0/8", false],
  ] as const) {
    it(`${one} and ${other} ${wanted ? "overlap" : "do not"}`, () =>
      assert.equal(rangesOverlap(one, other), wanted));
  }
});
