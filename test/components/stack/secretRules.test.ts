import assert from "node:assert/strict";
import { SettingsError } from "../../../components/settings/problems";
import { parseSettings } from "../../../components/stack/parse";

const image = `example/shop@sha256:${"0".repeat(64)}`;

interface Given {
  readonly web?: object;
  readonly secrets?: unknown;
  readonly registries?: unknown;
}

function parse({ web = {}, secrets = {}, registries = [] }: Given) {
  const front = { image, port: 3000, pathPrefix: "/", ...web };
  return parseSettings(
    {
      domain: "www.example.com",
      adminRanges: ["198.51.100.7/32"],
      app: { services: { web: front } },
      images: { registries },
      secrets,
    },
    "prod",
  );
}

/** `path: line` of each problem. */
function problems(given: Given): string {
  try {
    parse(given);
    return "";
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.message;
  }
}

const ghcr = { host: "ghcr.io", username: "shop", passwordSecret: "ghcrToken" };
const stripe = { secrets: { STRIPE_KEY: "stripeKey" } };
const long = "x".repeat(65_535 - "STRIPE_KEY=".length);

describe("secrets of services and registries", () => {
  it("are names of encrypted values, in a stack's file and at `up`", () => {
    for (const value of [{ secure: "v1:abc" }, "sk_live"]) {
      const settings = parse({
        web: { ...stripe, uses: ["database", "cache"] },
        secrets: { stripeKey: value, ghcrToken: value, unused: value },
        registries: [ghcr],
      });
      assert.deepEqual(settings.app.services.web?.secrets, { STRIPE_KEY: "stripeKey" });
      assert.deepEqual(settings.app.services.web?.uses, ["database", "cache"]);
      assert.deepEqual(settings.images.registries, [ghcr]);
      assert.ok(!JSON.stringify(settings).includes("sk_live"));
    }
  });

  it("may be encrypted as a whole: the names are checked at `up` then", () => {
    assert.equal(problems({ web: stripe, secrets: { secure: "v1:abc" }, registries: [ghcr] }), "");
  });

  it("may make the longest line that Docker reads", () => {
    assert.equal(problems({ web: stripe, secrets: { stripeKey: long } }), "");
  });

  const table: readonly (readonly [string, Given, readonly RegExp[]])[] = [
    [
      "a name that nobody has set, with the command that sets it",
      { web: stripe },
      [
        /app\.services\.web\.secrets\.STRIPE_KEY: got a name that is not among the secrets/,
        /there are none yet; run: pulumi config set --secret --path hetzner-platform:secrets\.NAME/,
      ],
    ],
    [
      "a misspelt name",
      { web: { secrets: { KEY: "stripekey" } }, secrets: { stripeKey: "x" } },
      [/one of stripeKey; did you mean stripeKey\?/],
    ],
    [
      "several mistakes at once",
      { web: { secrets: { A: "one", B: "two" } }, registries: [ghcr] },
      [/secrets\.A:/, /secrets\.B:/, /images\.registries\[0\]\.passwordSecret:/],
    ],
    [
      "a secret of several lines, with what to do",
      { web: stripe, secrets: { stripeKey: "-----BEGIN\nsecretpart" } },
      [/secrets\.stripeKey: got a secret of another form, allowed text of one line; .*base64 -w0/],
    ],
    [
      "a secret that is too long for a line of Docker's",
      { web: stripe, secrets: { stripeKey: `${long}x` } },
      [/STRIPE_KEY: got a secret that makes a line of 65536 bytes, allowed at most 65535/],
    ],
    ["an empty secret", { secrets: { stripeKey: "" } }, [/secrets\.stripeKey: got nothing/]],
    ["a secret's name with a dot", { secrets: { "a.b": "x" } }, [/secrets\.a\.b/]],
    [
      "items of the wrong kind in a list, beside the mistakes of its other items",
      { registries: [7, { ...ghcr, host: "ghcr.io/shop" }, "ghcr.io"], web: { uses: [1, "cache", {}] } },
      [/registries\[0\]: got 7/, /registries\[1\]\.host:/, /registries\[2\]/, /uses\[0\]/, /uses\[2\]/],
    ],
    ["a store that does not exist", { web: { uses: ["databse"] } }, [/uses\[0\].*did you mean database\?/]],
    [
      "a variable that the platform sets",
      { web: { uses: ["database"], environment: { DATABASE_URL: "x", REPLICA: "1" } } },
      [/environment\.DATABASE_URL:.*the platform does not set itself/, /environment\.REPLICA:/],
    ],
    [
      "a secret under a variable that the platform or the environment sets",
      {
        web: { environment: { KEY: "x" }, secrets: { KEY: "k", PORT: "k" } },
        secrets: { k: "x" },
      },
      [/secrets\.KEY:.*environment sets this one too/, /secrets\.PORT:.*the platform sets this one/],
    ],
    [
      "a value of the environment that is encrypted",
      { web: { environment: { KEY: { secure: "v1:abc" } } } },
      [
        /environment\.KEY: got an encrypted value/,
        /--path hetzner-platform:secrets\.NAME, and name it under app\.services\.web\.secrets: \{KEY: NAME\}/,
      ],
    ],
    [
      "a registry's host with a scheme, and one that is Docker Hub by another name",
      {
        registries: [
          { ...ghcr, host: "https://ghcr.io" },
          { ...ghcr, host: "index.docker.io" },
        ],
        secrets: { ghcrToken: "x" },
      },
      [/registries\[0\]\.host:.*without https/, /registries\[1\]\.host:.*Docker Hub is docker\.io/],
    ],
    [
      "secrets that are together longer than Linux hands to a program",
      {
        web: { secrets: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`KEY_${i}`, "long"])) },
        secrets: { long: "x".repeat(65_000) },
      },
      [/web\.secrets: got 1105[0-9]{3} bytes with its environment, allowed at most 1048576 bytes/],
    ],
    [
      "a registry on a port that is none, and one that no image could begin with",
      {
        registries: [
          { ...ghcr, host: "r.example.com:70000" },
          { ...ghcr, host: "-r.example.com" },
        ],
        secrets: { ghcrToken: "x" },
      },
      [/registries\[0\]\.host: got "r\.example\.com:70000"/, /registries\[1\]\.host: got "-r\.example/],
    ],
    [
      "a registry twice",
      { registries: [ghcr, ghcr], secrets: { ghcrToken: "x" } },
      [/registries\[1\]\.host: got "ghcr\.io", allowed each registry once/],
    ],
  ];
  for (const [title, given, expected] of table) {
    it(`refuses ${title}`, () => {
      const message = problems(given);
      for (const pattern of expected) assert.match(message, pattern);
    });
  }

  it("are not repeated when somebody pastes one where its name belongs", () => {
    for (const pasted of ["sk_live_51H8example", "sk-live/51+H8==", "ghp_example0123456789"]) {
      const message = problems({
        web: { secrets: { KEY: pasted } },
        registries: [{ ...ghcr, passwordSecret: pasted }],
        secrets: { other: "x" },
      });
      assert.match(message, /2 mistakes/);
      assert.ok(!message.includes(pasted), message);
    }
  });

  it("leaves DATABASE_URL to a service that does not use the platform's database", () => {
    assert.equal(problems({ web: { environment: { DATABASE_URL: "postgresql://elsewhere/x" } } }), "");
  });
});
