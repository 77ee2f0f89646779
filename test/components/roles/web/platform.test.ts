import assert from "node:assert/strict";
import { flowsTo } from "../../../../components/plan/flows";
import { machinesOf } from "../../../../components/plan/plan";
import { planPlatform } from "../../../../components/presets";
import { appArgs } from "../../../../components/roles/app/definition";
import { pairArgs } from "../../../../components/roles/edge/definition";
import { webArgs } from "../../../../components/roles/web/definition";
import { usualWebSettings } from "../../../../components/roles/web/settings";
import type { SettingsProblem } from "../../../../components/settings/problems";
import { parseSettings } from "../../../../components/stack/parse";
import { surroundingsOf } from "./support/surroundings";

const shop = { image: "example/shop:1.0.0", port: 3000, pathPrefix: "/" };
const admin = { ...shop, host: "admin.example.com" };
const values = {
  domain: "www.example.com",
  adminRanges: ["8.8.8.8/32"],
  app: { count: 3, services: { shop, admin, worker: { image: "example/shop:1.0.0" } } },
};
const settingsOf = (web?: Readonly<Record<string, unknown>>) =>
  parseSettings({ ...values, ...(web === undefined ? {} : { web }) }, "prod");

const surroundings = (web?: Readonly<Record<string, unknown>>) => surroundingsOf(settingsOf(web));

const problemsOf = (web: Readonly<Record<string, unknown>>): readonly SettingsProblem[] => {
  try {
    settingsOf(web);
    return [];
  } catch (error) {
    return (error as { readonly problems: readonly SettingsProblem[] }).problems;
  }
};

const flowsOf = (role: string, web?: Readonly<Record<string, unknown>>) =>
  flowsTo(planPlatform(settingsOf(web)).flows, role)
    .filter(({ port }) => port === 80)
    .map(({ from }) => from);

describe("web servers in a platform", () => {
  it("S4-5: stand between load balancers and application nodes, two of them when nobody says otherwise", () => {
    const plan = planPlatform(settingsOf({}));
    assert.deepEqual(
      machinesOf(plan, "web").map(({ hostname, privateIp }) => [hostname, privateIp]),
      [
        ["prod-web1", "10.0.5.11"],
        ["prod-web2", "10.0.5.12"],
      ],
    );
    assert.deepEqual(flowsOf("web", {}), ["edge", "web"]);
    // The load balancers too: they ask the nodes until the web servers are ready, and when these leave.
    assert.deepEqual(flowsOf("app", {}), ["edge", "web", "app"]);
    const place = (name: string) => plan.order.indexOf(name);
    assert.ok(place("app") < place("web") && place("web") < place("edge"), plan.order.join(", "));
  });

  it("one more is one more machine, and moves no other", () => {
    const [two, three] = [planPlatform(settingsOf({})), planPlatform(settingsOf({ count: 3 }))];
    const added = three.machines.filter(({ name }) => !two.machines.some((one) => one.name === name));
    assert.deepEqual(
      added.map(({ name }) => name),
      ["web3"],
    );
    assert.deepEqual(
      three.machines.filter(({ name }) => name !== "web3"),
      two.machines,
    );
  });

  it("S1-12: none are as no section: the load balancers ask the application nodes", () => {
    assert.deepEqual(planPlatform(settingsOf({ count: 0 })), planPlatform(settingsOf()));
    assert.deepEqual(flowsOf("app"), ["edge", "app"]);
    const { backends, otherDomains } = pairArgs(settingsOf().edge, surroundings());
    const names = (backends as readonly { readonly name: string }[]).map(({ name }) => name);
    assert.deepEqual([names, otherDomains], [["app1", "app2", "app3"], ["admin.example.com"]]);
  });

  it("take what the application nodes take together, and no more", () => {
    const { backends, otherDomains } = pairArgs(settingsOf({}).edge, surroundings({}));
    assert.deepEqual(backends, [
      { name: "web1", address: "10.0.5.11", maxRequests: 1500 },
      { name: "web2", address: "10.0.5.12", maxRequests: 1500 },
    ]);
    assert.deepEqual(otherDomains, ["admin.example.com"]);
  });

  it("know the services and nodes behind them, and are who the nodes believe about visitors", () => {
    const around = surroundings({});
    const { services, nodes, loadBalancers } = webArgs(usualWebSettings, around);
    assert.deepEqual(services, {
      shop: { pathPrefix: "/", timeoutSeconds: 32 },
      admin: { pathPrefix: "/", host: "admin.example.com", timeoutSeconds: 32 },
    });
    assert.deepEqual(nodes, ["10.0.2.11:80", "10.0.2.12:80", "10.0.2.13:80"]);
    assert.deepEqual(loadBalancers, ["10.0.1.11", "10.0.1.12"]);
    assert.deepEqual(appArgs(settingsOf({}).app, around).loadBalancers, [
      // All there may ever be: one more starts no node's Traefik anew.
      "10.0.5.0/24",
      "10.0.1.11",
      "10.0.1.12",
    ]);
  });

  it("reach the object store where files of sites come from it, and not otherwise", () => {
    const toStore = (sites: Readonly<Record<string, unknown>>) =>
      flowsTo(planPlatform(settingsOf({ sites })).flows, "storage")
        .filter(({ port, from }) => port === 9000 && from === "web")
        .map(({ purpose }) => purpose);
    assert.deepEqual(toStore({ docs: { pathPrefix: "/docs" } }), []);
    assert.deepEqual(toStore({ docs: { pathPrefix: "/docs", source: "objectStore" } }), ["files of sites"]);
    assert.deepEqual(
      problemsOf({ sites: { docs: { pathPrefix: "/docs", release: "v1" } } }).map(({ path }) => path),
      ["web.sites.docs.release"],
    );
  });

  it("refuse a site where a service is, a service that is none, and an open protected path, all at once", () => {
    const problems = problemsOf({
      sites: { spa: { pathPrefix: "/" }, docs: { pathPrefix: "/docs" }, more: { pathPrefix: "/docs" } },
      uncachedServices: ["worker"],
      protectedPaths: { jobs: { pathPrefix: "/jobs" }, own: { pathPrefix: "/.platform" } },
    });
    assert.deepEqual(problems.map(({ path }) => path).sort(), [
      "web.protectedPaths.jobs",
      "web.protectedPaths.own",
      "web.protectedPaths.own.pathPrefix",
      "web.sites.more.pathPrefix",
      "web.sites.spa.pathPrefix",
      "web.uncachedServices[0]",
    ]);
    assert.match(
      problems.find(({ path }) => path === "web.sites.spa.pathPrefix")?.allowed ?? "",
      /app\.services\.shop/,
    );
  });
});
