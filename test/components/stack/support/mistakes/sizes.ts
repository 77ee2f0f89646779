import { all, type Mistake, set } from "../changes";

/** Mistakes in how many machines there are, and how large. */
export const sizeMistakes: readonly Mistake[] = [
  ["no app node", set("app.count", 0), "app.count", /got 0.*from 1 to 96/],
  ["more nodes than a network takes", set("app.count", 97), "app.count", /from 1 to 96/],
  ["half an app node", set("app.count", 1.5), "app.count", /whole number/],
  ["count in quotes", set("app.count", "2"), "app.count", /got "2".*without quotes/],
  ["size that nobody sells", set("app.vcpus", 64), "app", /got 64 vCPU, 16 GB RAM.*in nbg1 has: ccx63/],
  ["memory that nobody sells", set("database.memoryGb", 200), "database", /ccx63 \(48 vCPU, 192 GB RAM\)/],
  ["memory without a number", set("storage.memoryGb", "8 GB"), "storage.memoryGb", /without quotes/],
  [
    "unknown server type",
    set("app.serverType", "cx99"),
    "app.serverType",
    /one of cx23, .*choose a server type/,
  ],
  ["server type in capitals", set("app.serverType", "CCX23"), "app.serverType", /did you mean ccx23\?/],
  ["arm server type", set("app.serverType", "cax31"), "app.serverType", /allowed one of/],
  [
    "server type that is too small",
    all(set("database.serverType", "cx33"), set("database.memoryGb", 32)),
    "database.serverType",
    /at least 4 vCPU, 32 GB RAM.*take one of/,
  ],
  [
    "server type of other locations",
    all(set("location", "ash"), set("edge.serverType", "cx23")),
    "edge.serverType",
    /sold in ash; this one is in fsn1, nbg1, hel1/,
  ],
  ["database that cannot start", set("database.memoryGb", 2), "database.memoryGb", /at least 4 GB/],
];
