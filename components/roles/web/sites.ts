import { z } from "zod";
import { flag, hostName, isLabel, text } from "../../settings/leaves";
import { pathPrefix } from "../../settings/pathPrefix";

/** Files that the web servers answer with themselves: a release folder, which `platform-release` fills. */
export interface WebSite {
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
  /** Paths that it answers; files lie in the release as visitors ask for them, prefix and all. */
  readonly pathPrefix: string;
  /** Paths without a file are answered with index.html: an application that routes in the browser. */
  readonly spa: boolean;
}

const longestSiteName = 32;

const siteName = text((value) => isLabel(value) && value.length <= longestSiteName, {
  allowed: `1 to ${longestSiteName} lower-case letters, digits and hyphens, with a letter or digit at both ends`,
  remedy: "rename the site",
});

const site = z.strictObject({
  host: hostName()
    .meta({ description: "Host name that visitors must use for it", fallback: "any" })
    .optional(),
  pathPrefix: pathPrefix.describe("Paths that it answers").default("/"),
  spa: flag()
    .describe("Paths without a file get index.html, for an application that routes in the browser")
    .default(false),
});

export const sitesShape = z
  .record(siteName, site)
  .default({})
  .meta({ description: "Files that the web servers answer with themselves, by name", fallback: "none" });

const sitesRoot = "/srv/www";

/** Where the releases of a site lie, and `current`, a link to the one that is answered with. */
export function siteFolder(name: string): string {
  return `${sitesRoot}/${name}`;
}
