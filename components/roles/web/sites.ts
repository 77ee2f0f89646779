import { z } from "zod";
import { choice, flag, hostName, isLabel, text } from "../../settings/leaves";
import { pathPrefix } from "../../settings/pathPrefix";

/** Where the files of a site come from. */
export const SiteSource = {
  /** `platform-release put` on each web server. */
  Folder: "folder",
  /** `platform-release publish` on one of them, and each fetches them. */
  ObjectStore: "objectStore",
} as const;
export type SiteSource = (typeof SiteSource)[keyof typeof SiteSource];

/** Files that the web servers answer with themselves: a release folder, which `platform-release` fills. */
export interface WebSite {
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
  /** Paths that it answers; files lie in the release as visitors ask for them, prefix and all. */
  readonly pathPrefix: string;
  /** Paths without a file are answered with index.html: an application that routes in the browser. */
  readonly spa: boolean;
  /** Where its files come from. @default "folder" */
  readonly source?: SiteSource;
  /** Release of the object store that a set-up puts in place. @default - whichever is in place */
  readonly release?: string | undefined;
}

const longestSiteName = 32;

const siteName = text((value) => isLabel(value) && value.length <= longestSiteName, {
  allowed: `1 to ${longestSiteName} lower-case letters, digits and hyphens, with a letter or digit at both ends`,
  remedy: "rename the site",
});

/** As `platform-release` takes it. */
function isReleaseId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id);
}

const site = z.strictObject({
  host: hostName()
    .meta({ description: "Host name that visitors must use for it", fallback: "any" })
    .optional(),
  pathPrefix: pathPrefix.describe("Paths that it answers").default("/"),
  spa: flag()
    .describe("Paths without a file get index.html, for an application that routes in the browser")
    .default(false),
  source: choice(Object.values(SiteSource), "where files come from")
    .describe(
      "Where its files come from: a folder on each web server, or the object store, from which each fetches them",
    )
    .default(SiteSource.Folder),
  release: text(isReleaseId, {
    allowed: "1 to 64 letters, digits and . _ -, the first a letter or digit",
    remedy: "write the ID that platform-release publish was given",
  })
    .meta({
      description: "Release of the object store that the web servers answer with",
      fallback: "the one that platform-release fetch has put in place",
    })
    .optional(),
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
