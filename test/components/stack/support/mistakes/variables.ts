import { type Mistake, set, web } from "../changes";

/** Mistakes in variables of services. */
export const variableMistakes: readonly Mistake[] = [
  [
    "variable that is a number",
    set(`${web}.environment`, { DEBUG: 1 }),
    `${web}.environment.DEBUG`,
    /in quotes/,
  ],
  ["variable of two lines", set(`${web}.environment`, { KEY: "a\nb" }), `${web}.environment.KEY`, /one line/],
  [
    "bad variable name",
    set(`${web}.environment`, { "MY-KEY": "a" }),
    `${web}.environment.MY-KEY`,
    /underscores/,
  ],
  [
    "encrypted variable",
    set(`${web}.environment`, { KEY: { secure: "v1:x" } }),
    `${web}.environment.KEY`,
    /--secret/,
  ],
  [
    "variable longer than Docker reads",
    set(`${web}.environment`, { KEY: "a".repeat(70_000) }),
    `${web}.environment.KEY`,
    /got 70004 bytes.*65535 bytes/,
  ],
  [
    "variable of multi-byte letters longer than Docker reads",
    set(`${web}.environment`, { KEY: "ä".repeat(32_766) }),
    `${web}.environment.KEY`,
    /got 65536 bytes/,
  ],
  [
    "environment larger than Linux takes",
    set(
      `${web}.environment`,
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`V${i}`, "a".repeat(65_000)])),
    ),
    `${web}.environment`,
    /at most 1048576 bytes/,
  ],
  [
    "variable that the platform sets",
    set(`${web}.environment`, { PORT: "8080" }),
    `${web}.environment.PORT`,
    /set the service's port/,
  ],
];
