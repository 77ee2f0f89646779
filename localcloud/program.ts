// Where the program's own files are and how people call it: from a checkout, or bundled in the npm package.

/** The folder with `page/`: this one in a checkout, the bundle's own otherwise. */
export const programFolder = __dirname;

/** Whether this runs from a bundle, which needs no sources and no dependencies beside it. */
export const isBundle = __filename.endsWith(".cjs");

/** What people type before the name of a command. */
export const commandName = isBundle ? "localcloud" : "npm run localcloud --";
