import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Subject } from "../subject";
import { storageBoxPassword } from "../supports";

export const storageSubjects: readonly Subject[] = [
  {
    name: "storageBox",
    read: (id) => hcloud.StorageBox.get("subject-box", id),
    make: (_supports, version, options) =>
      new hcloud.StorageBox(
        "subject-box",
        {
          name: version === "first" ? "subject" : "subject-renamed",
          storageBoxType: choose(version, { first: "bx11", updated: "bx21", replaced: "bx21" }),
          location: choose(version, { first: "fsn1", updated: "fsn1", replaced: "hel1" }),
          password: version === "first" ? storageBoxPassword : `${storageBoxPassword}-2`,
          accessSettings: {
            sshEnabled: true,
            reachableExternally: version !== "first",
            sambaEnabled: false,
            webdavEnabled: false,
            zfsEnabled: false,
          },
          snapshotPlan: { maxSnapshots: version === "first" ? 3 : 5, hour: 4, minute: 30 },
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "storageBoxSnapshot",
    // Everything that can be said about a snapshot can be said again.
    replace: "on request",
    importId: (snapshot, { storageBox }) => pulumi.interpolate`${storageBox}/${snapshot.id}`,
    make: ({ storageBox }, version, options) =>
      new hcloud.StorageBoxSnapshot(
        "subject-box-snapshot",
        {
          storageBoxId: storageBox,
          description: version === "first" ? "before" : "before the change",
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "storageBoxSubaccount",
    read: (id) => hcloud.StorageBoxSubaccount.get("subject-box-subaccount", id),
    replace: "on request",
    importId: (subaccount, { storageBox }) => pulumi.interpolate`${storageBox}/${subaccount.id}`,
    make: ({ storageBox }, version, options) =>
      new hcloud.StorageBoxSubaccount(
        "subject-box-subaccount",
        {
          storageBoxId: storageBox,
          name: "subject",
          homeDirectory: version === "first" ? "subject" : "subject/moved",
          password: version === "first" ? storageBoxPassword : `${storageBoxPassword}-2`,
          accessSettings: {
            sshEnabled: true,
            readonly: version !== "first",
            reachableExternally: false,
            sambaEnabled: false,
            webdavEnabled: false,
          },
          description: "backups",
          labels: labelsOf(version),
        },
        options,
      ),
  },
];
