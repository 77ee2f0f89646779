import { appRole } from "../roles/app/role";
import { databaseRole } from "../roles/database/role";
import { edgeRole } from "../roles/edge/role";
import { storageRole } from "../roles/storage/role";
import type { Preset } from "./preset";

/** A pair in front, identical app nodes, one machine with the stores, one with objects, backups and logs. */
export const multiServer: Preset = {
  name: "multiServer",
  title: "Multi-server production topology",
  strict: false,
  roles: ({ edge, app, database, storage, images }) => [
    edgeRole(edge),
    appRole(app, images.traefik),
    databaseRole(database, images.elasticsearch),
    storageRole(storage, images.objectStore),
  ],
};
