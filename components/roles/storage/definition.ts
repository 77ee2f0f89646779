import { defineRole } from "../../machine/roleDefinition";
import { storageRole } from "./role";
import { defaultObjectStoreImage, storageImages, storageSecrets, storageSettings } from "./settings";
import { storageSettled } from "./settingsRules";

/** The storage node in a platform. */
export const storageDefinition = defineRole({
  ...storageSettings,
  images: storageImages,
  imagesFor: (section) => ({ objectStore: defaultObjectStoreImage(section) }),
  secrets: storageSecrets,
  settled: storageSettled,
  role: (section, { images }) => storageRole(section, images.objectStore),
});
