import assert from "node:assert/strict";
import { circleLinks, leavingImports, outwardImports } from "./support/exceptions";
import { circlesIn, edges } from "./support/graph";
import { assertOnly } from "./support/onlyThese";
import { allSources, type Source, sourceOf } from "./support/sources";

/** Folders of `components/`, from the inside out: each may import from those before it. Roles stand side by side. */
const layers: readonly (readonly string[])[] = [
  ["setup"],
  ["sizing"],
  ["settings"],
  ["plan"],
  ["machine"],
  ["roles"],
  ["views"],
  // The files beside the folders: the platform and what it hands around.
  ["presets", "stack", "files"],
  ["index"],
];

/** What a package may import from, beside itself. Tests and scripts may import everything. */
const packages: Readonly<Record<string, readonly string[]>> = {
  components: [],
  toolchain: [],
  "localcloud/src": ["toolchain"],
  "examples/app/src": [],
};

/** `roles/edge` of `components/roles/edge/nat.ts`, `roles` of the list beside the folders, `files` of `components/platform.ts`. */
function roomOf(path: string): string | undefined {
  const [package_, folder = "", ...rest] = path.split("/");
  if (package_ !== "components") return undefined;
  if (rest.length === 0) return folder === "index.ts" ? "index" : "files";
  return folder === "roles" && rest.length > 1 ? `roles/${rest[0]}` : folder;
}

/** The folders in which circles are looked for: rooms of the components, and of the local cloud. */
function folderOf(path: string): string | undefined {
  const [, inside] = /^localcloud\/src\/(\w+)\//.exec(path) ?? [];
  if (inside !== undefined) return `localcloud/src/${inside}`;
  const room = roomOf(path);
  return room === "files" || room === "index" ? undefined : room;
}

/** Below the API's folder each kind has one, and what all kinds stand on. */
const folderOfApi = (path: string) => /^localcloud\/src\/api\/\w+(?=\/)/.exec(path)?.[0];

const layerOf = (room: string) => layers.findIndex((names) => names.includes(room.split("/")[0] ?? room));

function isOutward(link: string): boolean {
  const [from = "", to = ""] = link.split(" -> ");
  if (from.startsWith("roles/") && to.split("/")[0] === "roles") return true;
  return layerOf(to) > layerOf(from);
}

const packageOf = (path: string) => Object.keys(packages).find((name) => path.startsWith(`${name}/`));

/** Imports that leave their package for somewhere that they may not know, file by file. */
function leaving(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const own = packageOf(path);
    if (own === undefined || path.startsWith(`${own}/test/`)) return [];
    const known = [own, ...(packages[own] ?? [])];
    const out = imports.filter((target) => !known.some((name) => target.startsWith(`${name}/`)));
    return out.map((target) => `${path} -> ${target}`);
  });
}

const asBreaks = (links: readonly string[], told: (link: string) => string) =>
  links.map((name) => ({ name, told: told(name) }));

describe("imports", () => {
  let sources: readonly Source[];
  before(async () => {
    sources = await allSources();
  });

  it("of components point inward only, and no role knows another", () => {
    const links = edges(sources, roomOf);
    assert.ok(links.includes("machine -> setup"), "the imports were read");
    for (const room of new Set(links.flatMap((link) => link.split(" -> "))))
      assert.ok(
        layerOf(room) >= 0,
        `components/${room} has no place in the layers of this test: give it one`,
      );
    assertOnly(
      outwardImports,
      asBreaks(
        links.filter(isOutward),
        (link) => `${link}: points outward; imported by ${whoImports(link).join(", ")}`,
      ),
    );
  });

  const whoImports = (link: string) =>
    sources.filter((source) => edges([source], roomOf).includes(link)).map(({ path }) => path);

  it("of a package stay inside it and what it may know", () => {
    assertOnly(
      leavingImports,
      asBreaks(leaving(sources), (link) => `${link}: leaves its package`),
    );
  });

  it("make no circle between folders", () => {
    const links = edges(sources, folderOf);
    const known = [...circleLinks, ...outwardImports];
    const circles = circlesIn(links.filter((link) => !known.includes(link)));
    const onCircle = (link: string) => {
      const others = known.filter((other) => other !== link);
      return circlesIn(links.filter((other) => !others.includes(other))).length > 0;
    };
    assertOnly(circleLinks, [
      ...circles.map((group) => ({ name: group.join(), told: `${group.join(", ")}: import each other` })),
      ...circleLinks.filter(onCircle).map((link) => ({ name: link, told: link })),
    ]);
  });

  it("make no circle between folders of the local cloud's API", () => {
    const links = edges(sources, folderOfApi);
    assert.ok(
      links.includes("localcloud/src/api/servers -> localcloud/src/api/calls"),
      "the imports were read",
    );
    assert.deepEqual(circlesIn(links), []);
    const outward = sources.filter(
      ({ path, imports }) =>
        folderOfApi(path) !== undefined &&
        imports.some((target) => /^localcloud\/src\/api\/\w+\.ts$/.test(target)),
    );
    assert.deepEqual(
      outward.map(({ path }) => path),
      [],
      "what joins the kinds is known to none of them",
    );
  });

  it("are followed over several folders, and types count", () => {
    const files = new Set(["a/x.ts", "b/index.ts", "c/z.ts", "d/w.ts"]);
    const texts = [
      ["a/x.ts", 'import type { Y } from "../b";'],
      ["b/index.ts", 'export * from "../c/z";'],
      ["c/z.ts", 'const late = () => import("../a/x.js"); import { w } from "../d/w";'],
      ["d/w.ts", 'import fs from "node:fs";'],
    ] as const;
    const links = edges(
      texts.map(([path, text]) => sourceOf(path, text, files)),
      (path) => path.split("/")[0],
    );
    assert.deepEqual(links, ["a -> b", "b -> c", "c -> a", "c -> d"]);
    assert.deepEqual(circlesIn(links), [["a", "b", "c"]]);
  });

  it("from a layer further out are seen, and so are those between roles", () => {
    for (const link of [
      "setup -> plan",
      "settings -> roles/edge",
      "roles/app -> roles/edge",
      "roles/app -> roles",
      "roles/app -> files",
    ])
      assert.ok(isOutward(link), link);
    for (const link of [
      "roles -> roles/edge",
      "plan -> setup",
      "roles/edge -> machine",
      "files -> roles/app",
      "index -> files",
    ])
      assert.ok(!isOutward(link), link);
  });
});
