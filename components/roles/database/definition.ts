import { defineRole } from "../../machine/roleDefinition";
import { databaseRole } from "./role";
import { databaseImages, databaseSettings, databaseSettled } from "./settings";

/** The database node in a platform. */
export const databaseDefinition = defineRole({
  ...databaseSettings,
  images: databaseImages,
  settled: databaseSettled,
  role: (section, { images }) => databaseRole(section, images.elasticsearch),
});
