import assert from "node:assert/strict";
import { parsePlatform } from "../../../components/stack/parse";
import { bakeScript } from "../../../scripts/bake/script";
import { type RoleSoftware, roleSoftware } from "../../../scripts/bake/software";
import { renderSetups } from "../../../scripts/renderSetups";
import { shellcheck } from "../../support/shellcheck";

/** Of a platform with web servers that have all that a stack can give them: files of their own, and passwords. */
const { settings, plan } = parsePlatform(
  {
    domain: "www.example.com",
    adminRanges: ["8.8.8.8/32"],
    app: { services: { shop: { image: "example/shop:1.0.0", port: 3000, pathPrefix: "/" } } },
    web: {
      sites: { docs: { pathPrefix: "/docs" } },
      protectedPaths: { office: { pathPrefix: "/office", users: { boss: "officePassword" } } },
    },
    secrets: { officePassword: "planted-password" },
  },
  "prod",
);

describe("what the image of web servers holds", () => {
  let setups: ReadonlyMap<string, string>;
  let web: RoleSoftware;

  before(async () => {
    const inputs = {
      apiEndpoint: undefined,
      certificate: false,
      originSecret: false,
      dnsToken: false,
      backupKey: false,
      offsite: false,
    };
    setups = await renderSetups(settings, inputs);
    web = roleSoftware(plan, setups).find(({ role }) => role === "web") ?? assert.fail("nothing is baked");
  });

  it("is nginx with what compresses, and no container image", () => {
    for (const name of ["nginx", "curl", "libnginx-mod-http-brotli-filter"])
      assert.ok(web.packages.includes(name), `${name}: ${web.packages.join(" ")}`);
    assert.deepEqual(web.images, []);
    assert.ok(setups.get("prod-web1")?.startsWith(web.script), "the script is the beginning of the set-up");
  });

  it("is the same for all of them", () => {
    const second = /^install_packages '.*$/m.exec(setups.get("prod-web2") ?? "")?.[0];
    assert.ok(second !== undefined && web.script.endsWith(second), second);
  });

  it("has nginx off until it is configured: the first set-up of a machine writes what it serves", () => {
    assert.ok(web.units.includes("nginx.service"), web.units.join(" "));
    const script = bakeScript(web, { registryMirror: undefined });
    assert.match(script, /grep -xF .*-e 'nginx\.service'/);
  });

  it("knows no password of a protected path, which the whole set-up has as a hash", async () => {
    assert.match(setups.get("prod-web1") ?? "", /boss:\$7\$/);
    const script = bakeScript(web, { registryMirror: undefined });
    assert.doesNotMatch(script, /SECRET-|boss:|\$7\$/);
    assert.equal(await shellcheck(script, ["SC2016"]), "");
  });
});
