import { type Acceptance, isAccepted } from "../../settings/settled";
import { mergeSetups } from "../../setup/merge";
import { judgeCommand, markerPath, storeMarker } from "../../setup/storeMarker";
import type { CompleteSetup } from "../../setup/types";
import type { StorageSettings } from "./settings";
import { storageRoot } from "./volume";

const store = "objects";

/** Refuses a bucket or an engine that is not there while another one with objects is. */
export function objectsIdentity(
  { objectStoreEngine, bucket }: Pick<StorageSettings, "objectStoreEngine" | "bucket">,
  acceptance: Acceptance,
): CompleteSetup {
  const accepted =
    isAccepted(acceptance, "storage.bucket", bucket) ||
    isAccepted(acceptance, "storage.objectStoreEngine", objectStoreEngine);
  const marker = storeMarker({
    store,
    serves: `${objectStoreEngine} ${bucket}`,
    judge: objectsJudge,
    accepted,
  });
  if (accepted) return marker;
  // A new machine learns what there is when the volume is mounted, which is after its files.
  const command = `${judgeCommand(store)} ${markerPath(store)}`;
  const step = { name: "objects are where the settings say", unless: `${command} >/dev/null`, run: command };
  return mergeSetups(marker, { packages: [], files: [], steps: [step], units: [], checks: [] });
}

const objectsJudge = `read -r engine bucket <"$1"
folder_of() { [ "$1" = minio ] && echo "${storageRoot}/objects/minio" || echo "${storageRoot}/objects/$1/data"; }
[ ! -d "$(folder_of "$engine")/$bucket" ] || exit 0
for other in versitygw minio; do
  for folder in "$(folder_of "$other")"/*/; do
    # Names that begin with a dot are the engine's own.
    [ -z "$(find "$folder" -type f -print -quit 2>/dev/null)" ] ||
      refuse "bucket $bucket in $engine, which is not there, while bucket $(basename "$folder") in $other holds objects"
  done
done
`;
