import assert from "node:assert/strict";
import { planServers } from "../../../../components/roles/web/routes";
import { webOptions } from "./support/options";

const routesOf = (more: Partial<typeof webOptions.content>, services = webOptions.services) =>
  planServers({ ...webOptions, services, content: { ...webOptions.content, ...more } }).map(
    ({ host, routes }) => [
      host ?? "any",
      ...routes.map(
        ({ prefix, target, guard }) => `${prefix} ${target.name}${guard === undefined ? "" : ` (${guard})`}`,
      ),
    ],
  );

const users = { admin: "password" };

describe("who answers what of web servers", () => {
  const services = [
    { name: "shop", pathPrefix: "/" },
    { name: "api", pathPrefix: "/api" },
    { name: "admin", pathPrefix: "/", host: "admin.example.com" },
    { name: "hooks", pathPrefix: "/hooks", host: "api.example.com" },
  ];

  it("what has a host wins over what has none, below its prefix", () =>
    assert.deepEqual(routesOf({ sites: {}, protectedPaths: {} }, services), [
      ["any", "/ shop", "/api api"],
      ["admin.example.com", "/ admin"],
      ["api.example.com", "/ shop", "/api api", "/hooks hooks"],
    ]));

  it("a site is one of them", () => {
    const sites = {
      docs: { pathPrefix: "/docs", spa: false },
      app: { host: "app.example.com", pathPrefix: "/", spa: true },
    };
    const [any, , , app] = routesOf({ sites, protectedPaths: {} }, services).sort();
    assert.deepEqual(any, ["admin.example.com", "/ admin"]);
    assert.deepEqual(app, ["app.example.com", "/ app"]);
  });

  it("a protected path belongs to whoever answers there, and covers what others answer below it, in any case", () => {
    const protectedPaths = {
      jobs: { pathPrefix: "/Api/jobs", users, ranges: [] },
      all: { pathPrefix: "/API", users, ranges: [] },
    };
    const below = [...services.slice(0, 2), { name: "deep", pathPrefix: "/api/jobs/deep" }];
    assert.deepEqual(routesOf({ sites: {}, protectedPaths }, below), [
      [
        "any",
        "/ shop",
        "/api/jobs/deep deep (jobs)",
        "/Api/jobs api (jobs)",
        "/api api (all)",
        "/API api (all)",
      ],
    ]);
  });

  it("S3-50: a service that is protected as a whole has no open way in", () => {
    const protectedPaths = { hangfire: { pathPrefix: "/hangfire", users, ranges: [] } };
    const own = [services[0], { name: "hangfire", pathPrefix: "/hangfire" }].flatMap((one) => one ?? []);
    assert.deepEqual(routesOf({ sites: {}, protectedPaths }, own), [
      ["any", "/ shop", "/hangfire hangfire (hangfire)"],
    ]);
  });
});
