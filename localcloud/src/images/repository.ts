import { join } from "node:path";

/** A path of the repository: images are built from its sources, so only a checkout builds them. */
export const inRepository = (...parts: string[]) => join(__dirname, "..", "..", "..", ...parts);
