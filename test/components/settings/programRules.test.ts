import assert from "node:assert/strict";
import { SettingsError } from "../../../components/settings/problems";
import { parseSettings } from "../../../components/stack/parse";

const front = { image: "example/shop:1", port: 3000, pathPrefix: "/" };

/** Where a program may stand in a stack file, both with the database among its stores. */
const places: readonly (readonly [string, string, (program: object) => object])[] = [
  [
    "a service of the app nodes",
    "app.services.job",
    (program) => ({
      app: { services: { front, job: { image: "example/job:1", uses: ["database"], ...program } } },
    }),
  ],
  [
    "a container of a role",
    "roles.erp.containers.odoo",
    (program) => ({
      app: { services: { front } },
      roles: {
        erp: {
          subnet: "10.0.20.0/24",
          needs: ["database"],
          containers: { odoo: { image: "odoo:18", ...program } },
        },
      },
    }),
  ],
];

/** `path: allowed` of everything that is wrong. */
function problems(section: object, secrets: object): string[] {
  try {
    const domain = { domain: "www.example.com", adminRanges: ["198.51.100.7/32"] };
    parseSettings({ ...domain, ...section, secrets }, "prod");
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ path, allowed }) => `${path}: ${allowed}`);
  }
}

const long = "x".repeat(65_536);
const cases: readonly (readonly [string, object, object, readonly RegExp[]])[] = [
  ["nothing", { environment: { A: "1" }, secrets: { B: "key" } }, { key: "k" }, []],
  ["a secret that there is not", { secrets: { KEY: "kex" } }, { key: "k" }, [/^secrets\.KEY: one of key$/]],
  [
    "lines that Docker does not read",
    { environment: { A: long }, secrets: { KEY: "key" } },
    { key: long },
    [/^environment\.A: at most 65535 bytes/, /^secrets\.KEY: at most 65535 bytes/],
  ],
  [
    "variables that the platform sets itself",
    { environment: { NODE_NAME: "x" }, secrets: { DATABASE_URL: "key" } },
    { key: "k" },
    [/^environment\.NODE_NAME: a name that the platform/, /^secrets\.DATABASE_URL: .*platform sets this/],
  ],
  [
    "a variable from two sides",
    { environment: { KEY: "x" }, secrets: { KEY: "key" } },
    { key: "k" },
    [/^secrets\.KEY: a variable of its own; environment/],
  ],
  [
    "more than Linux hands to one program",
    {
      environment: Object.fromEntries(
        Array.from({ length: 17 }, (_, index) => [`V${index}`, "x".repeat(65_000)]),
      ),
    },
    {},
    [/^environment: at most 1048576 bytes/],
  ],
];

for (const [title, path, sectionOf] of places) {
  describe(`environment and secrets of ${title}`, () => {
    for (const [what, program, secrets, wanted] of cases) {
      it(wanted.length === 0 ? "are accepted" : `are refused with ${what}`, () => {
        const found = problems(sectionOf(program), secrets);
        assert.equal(found.length, wanted.length, found.join("\n"));
        for (const pattern of wanted) {
          const at = found.filter((line) => pattern.test(line.replace(`${path}.`, "")));
          assert.equal(at.length, 1, `${pattern}\n${found.join("\n")}`);
        }
      });
    }
  });
}
