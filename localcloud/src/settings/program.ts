// Where the program's own files are and how people call it: from a checkout, or bundled in the npm package.

import { join } from "node:path";

/** Whether this runs from a bundle, which needs no sources and no dependencies beside it. */
export const isBundle = __filename.endsWith(".cjs");

/** The folder with `page/`: that of the sources in a checkout, the bundle's own otherwise. */
export const programFolder = isBundle ? __dirname : join(__dirname, "..");

/** What people type before the name of a command. */
export const commandName = isBundle ? "localcloud" : "npm run localcloud --";
