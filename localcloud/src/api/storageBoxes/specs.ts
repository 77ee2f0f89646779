// Derives from the rows what the host keeps for each box.
import { storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { BoxAccount, StorageBoxSpec } from "../../host/storageBoxes";
import type { StorageBox, StorageBoxSubaccount } from "../../state/rows";
import type { Store } from "../../state/store";
import { partsOf } from "../../storageBoxes/paths";

export function storageBoxSpecs(store: Store): readonly StorageBoxSpec[] {
  return store.list("storage_box").map((box) => ({
    id: box.id,
    ip: box.ip,
    size: storageBoxTypeNamed(box.storageBoxType).size,
    publicKeys: box.publicKeys,
    snapshotsVisible: box.accessSettings.zfs_enabled,
    accounts: [ownAccount(box), ...readySubaccounts(store, box.id).map(subaccount)],
  }));
}

export function readySubaccounts(store: Store, box: number): readonly StorageBoxSubaccount[] {
  return store.list("storage_box_subaccount").filter((row) => row.storageBox === box && row.ready);
}

function ownAccount({ username, passwordHash, accessSettings }: StorageBox): BoxAccount {
  return {
    username,
    passwordHash,
    home: "",
    readonly: false,
    ssh: accessSettings.ssh_enabled,
    external: accessSettings.reachable_externally,
  };
}

function subaccount({ username, passwordHash, homeDirectory, accessSettings }: StorageBoxSubaccount) {
  return {
    username,
    passwordHash,
    home: (partsOf(homeDirectory) ?? []).join("/"),
    readonly: accessSettings.readonly,
    ssh: accessSettings.ssh_enabled,
    external: accessSettings.reachable_externally,
  };
}
