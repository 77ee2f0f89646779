import assert from "node:assert/strict";
import { mountChanges, mountsOf } from "../../src/storageBoxes/mounts";
import { boxAccount, boxSpec } from "./support/specs";

const own = boxAccount("u7");
const sub = boxAccount("u7-sub1", { home: "my backups/one", readonly: true });

/** As the kernel shows what was mounted as wanted. */
const mountinfo = (box: ReturnType<typeof boxSpec>) =>
  [
    "140 99 0:44 / / rw - overlay overlay rw",
    "141 140 0:41 / /box rw,nosymfollow - btrfs /dev/loop0 rw",
    ...mountsOf(box).map(
      ({ target, root, readonly }) =>
        `150 140 0:41 ${root.replaceAll(" ", "\\040")} ${target} ${readonly ? "ro" : "rw"},nosuid - x x rw`,
    ),
  ].join("\n");

describe("mounts of a storage box's accounts", () => {
  it("show an account its own home only, as its own user, read-only where told", () => {
    const home = mountsOf(boxSpec({ accounts: [own, sub] })).find(
      ({ target }) => target === "/accounts/u7-sub1/home",
    );
    assert.deepEqual(home?.commands[0], [
      "--no-canonicalize",
      "--bind",
      "-o",
      "ro,nosuid,nodev,noexec,X-mount.idmap=b:2000:2001:1",
      "/box/data/my backups/one",
      "/accounts/u7-sub1/home",
    ]);
  });

  it("show snapshots to the box's own account when they are visible", () => {
    const targets = mountsOf(boxSpec({ accounts: [own, sub], snapshotsVisible: true }))
      .map(({ target }) => target)
      .filter((target) => target.includes(".zfs"));
    assert.deepEqual(targets, ["/accounts/u7/home/.zfs/snapshot"]);
  });

  it("change nothing when they are as wanted", () => {
    const box = boxSpec({ accounts: [own, sub], snapshotsVisible: true });
    const changes = mountChanges(mountsOf(box), mountinfo(box));
    assert.deepEqual([changes.unmount, changes.mount, [...changes.end]], [[], [], []]);
  });

  it("begin with all of them", () => {
    const wanted = mountsOf(boxSpec());
    assert.deepEqual(mountChanges(wanted, mountinfo(boxSpec({ accounts: [] }))).mount, wanted);
  });

  it("follow another home and another right, and end who holds the old one", () => {
    const before = boxSpec({ accounts: [own, sub] });
    for (const change of [{ home: "else" }, { readonly: false }]) {
      const after = boxSpec({ accounts: [own, { ...sub, ...change }] });
      const { unmount, mount, end } = mountChanges(mountsOf(after), mountinfo(before));
      assert.deepEqual(unmount, ["/accounts/u7-sub1/home"]);
      assert.deepEqual(
        mount.map(({ target }) => target),
        ["/accounts/u7-sub1/home"],
      );
      assert.deepEqual([...end], [2001]);
    }
  });

  it("go with their account, and leave others alone", () => {
    const before = boxSpec({ accounts: [own, sub], snapshotsVisible: true });
    const { unmount, mount, end } = mountChanges(
      mountsOf(boxSpec({ accounts: [own], snapshotsVisible: true })),
      mountinfo(before),
    );
    assert.deepEqual([...unmount].sort(), [
      "/accounts/u7-sub1/dev",
      "/accounts/u7-sub1/home",
      "/accounts/u7-sub1/tmp",
      "/accounts/u7-sub1/usr",
    ]);
    assert.deepEqual([mount, [...end]], [[], [2001]]);
  });
});
