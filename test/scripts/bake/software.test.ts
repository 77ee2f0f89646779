import assert from "node:assert/strict";
import { programInputs, readStackFile } from "../../../components/stack/stackFile";
import { bakeScript } from "../../../scripts/bake/script";
import { contentHash, type RoleSoftware, roleSoftware } from "../../../scripts/bake/software";
import { renderSetups } from "../../../scripts/renderSetups";
import { shellcheck } from "../../support/shellcheck";

describe("what the image of a role holds", () => {
  let software: RoleSoftware[];
  let setups: ReadonlyMap<string, string>;
  const of = (role: string) =>
    software.find((one) => one.role === role) ?? assert.fail(`nothing is baked for ${role}`);

  before(async () => {
    const { settings, plan } = readStackFile("local");
    setups = await renderSetups(settings, programInputs("local"));
    software = roleSoftware(plan, setups);
  });

  it("is what the role's own set-up installs: packages, and every container image that it pulls", () => {
    assert.deepEqual(
      software.map(({ role }) => role),
      ["edge", "app", "database", "storage"],
    );
    for (const role of software) {
      const setup = setups.get(`local-${role.role}1`) ?? "";
      const pulled = new Set([...setup.matchAll(/docker pull -q ([^@\s']+)@/g)].map(([, name]) => name));
      assert.deepEqual(new Set(role.images.map((image) => image.replace(/:[^:/]+$/, ""))), pulled);
      assert.ok(role.packages.includes("nftables"));
      assert.ok(setup.startsWith(role.script), "the script is the beginning of the set-up");
    }
    assert.ok(of("database").packages.includes("postgresql-17"));
    assert.ok(of("edge").packages.includes("haproxy"));
  });

  it("is the same for all machines of the role", () => {
    const calls = (name: string) => /^install_packages '.*$/m.exec(setups.get(name) ?? "")?.[0];
    assert.equal(calls("local-edge1"), calls("local-edge2"));
    assert.equal(calls("local-app1"), calls("local-app2"));
  });

  it("comes from a script without any secret, not even a name of one", () => {
    for (const { script } of software) assert.doesNotMatch(script, /SECRET-/);
    assert.match(setups.get("local-database1") ?? "", /SECRET-/, "the whole set-up has them");
  });

  it("has a hash that changes with packages, images and what packages read, and with nothing else", () => {
    const app = of("app");
    const changed = { ...app, script: `${app.script} 'htop'` };
    const library = { ...app, script: `# another library\n${app.script}` };
    assert.notEqual(contentHash(changed), contentHash(app));
    assert.notEqual(contentHash({ ...app, images: ["example/shop:2"] }), contentHash(app));
    assert.equal(contentHash(library), contentHash(app));
    assert.match(contentHash(app), /^[0-9a-f]{24}$/, "a label's value");
  });

  it("is made by a script that shellcheck accepts, which has logins on a RAM disk only", async () => {
    const logins = [{ host: "ghcr.io", username: "robot", password: "planted-password" }];
    const script = bakeScript(of("database"), { registryMirror: undefined, logins });
    assert.equal(await shellcheck(script, ["SC2016"]), "");
    const encoded = Buffer.from("robot:planted-password").toString("base64");
    assert.ok(!script.includes("planted-password") && !script.includes(encoded));
    assert.match(script, /base64 -d >"\$DOCKER_CONFIG\/config\.json"/);
    assert.match(script, /export DOCKER_CONFIG=\/run\//);
  });

  it("leaves units off that have no configuration yet, and Docker on", () => {
    const script = bakeScript(of("database"), { registryMirror: undefined });
    assert.match(script, /grep -xF .*-e 'valkey-server\.service'/);
    assert.doesNotMatch(script, /grep -xF .*-e 'docker\.service'/);
  });
});
