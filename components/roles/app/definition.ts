import { defineRole } from "../../machine/roleDefinition";
import { appRole } from "./role";
import { appImages, appSettings } from "./settings";

/** The app nodes in a platform. */
export const appDefinition = defineRole({
  ...appSettings,
  images: appImages,
  role: (section, { images }) => appRole(section, images.traefik),
});
