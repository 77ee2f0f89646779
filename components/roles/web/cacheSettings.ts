import { z } from "zod";
import { text, wholeNumber } from "../../settings/leaves";
import { pathPrefix } from "../../settings/pathPrefix";

/** What is kept of answers, and for how long, where the application itself says nothing in `Cache-Control`. */
export interface PageCacheSettings {
  /** Disk for kept answers, in MB; 0 keeps none. */
  readonly diskMb: number;
  /** Files of these extensions are assets: their names change with their content. */
  readonly assetExtensions: readonly string[];
  readonly assetSeconds: number;
  /** Pages without a query. */
  readonly pageSeconds: number;
  /** Pages with a query: filters, result lists. */
  readonly querySeconds: number;
  /** Prefixes of paths whose answers are nobody else's: APIs, search. */
  readonly neverPrefixes: readonly string[];
  /** Cookies that do not say who asks, such as those of statistics; any other makes a request personal. */
  readonly harmlessCookies: readonly string[];
  /** For so long after its end a page is still answered with, while the next visitor's request renews it. */
  readonly staleSeconds: number;
}

const year = 31_536_000;

const extension = text(/^[a-z0-9]{1,16}$/, {
  allowed: "an extension in lower-case letters and digits: css",
  remedy: "write it without the dot",
});

const cookieName = text(/^[A-Za-z0-9!#$&'^_`|~.-]{1,64}\*?$/, {
  allowed: "the name of a cookie, with a star at its end for all that begin so: _ga*",
  remedy: "write the name as the browser shows it",
});

const seconds = (description: string, fallback: number) =>
  wholeNumber(0, year, "the seconds").describe(description).default(fallback);

/** Images, styles, scripts, fonts and icons. */
const assetExtensions = [
  ...["js", "mjs", "css", "map", "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "svg"],
  ...["woff", "woff2", "ttf", "otf", "eot", "wasm"],
];

export const pageCacheShape = z
  .strictObject({
    diskMb: wholeNumber(0, 1_048_576, "the megabytes")
      .describe("Disk for kept answers in MB; 0 keeps none")
      .default(1024),
    assetExtensions: z.array(extension).default(assetExtensions).meta({
      description: "Extensions of files whose name changes with their content",
      fallback: "images, styles, scripts, fonts and icons",
    }),
    assetSeconds: seconds("Seconds for which assets may be kept by everybody; 0 is never", year),
    pageSeconds: seconds("Seconds for which pages may be kept; 0 is never", 3600),
    querySeconds: seconds("Seconds for which pages with a query may be kept; 0 is never", 300),
    neverPrefixes: z
      .array(pathPrefix)
      .default(["/api", "/search"])
      .meta({ description: "Prefixes of paths whose answers are never kept", fallback: "/api, /search" }),
    harmlessCookies: z.array(cookieName).default([]).meta({
      description: "Cookies that do not say who asks (_ga*); any other makes a request personal",
      fallback: "none",
    }),
    staleSeconds: seconds(
      "Seconds after its end for which a page is still answered with while it is renewed",
      60,
    ),
  })
  .prefault({})
  .meta({
    description: "What is kept of answers, where the application itself says nothing in Cache-Control",
  });
