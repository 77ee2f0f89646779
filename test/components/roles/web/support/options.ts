import type { WebOptions } from "../../../../../components/roles/web/options";
import { usualWebSettings } from "../../../../../components/roles/web/settings";
import { seedSettings } from "../../../../support/settings";

/** `web1` in front of the seed's two application nodes. */
export const webOptions: WebOptions = {
  machine: {
    name: "web1",
    hostname: "prod-web1",
    role: "web",
    privateIp: "10.0.5.11",
    isPublic: false,
    size: { vcpus: 2, memoryGb: 4, serverType: undefined },
  },
  loadBalancers: ["10.0.1.11", "10.0.1.12"],
  nodes: ["10.0.2.11:80", "10.0.2.12:80"],
  services: [
    { name: "web", pathPrefix: "/" },
    { name: "hangfire", pathPrefix: "/hangfire" },
    { name: "admin", pathPrefix: "/", host: "admin.example.com" },
  ],
  domain: seedSettings.domain,
  content: {
    ...usualWebSettings,
    accessLog: { requests: "all", slowerThanMs: 1000 },
    sites: { spa: { host: "app.example.com", pathPrefix: "/", spa: true } },
    protectedPaths: {
      hangfire: { pathPrefix: "/hangfire", users: { admin: "hangfirePassword" }, ranges: [] },
      office: { pathPrefix: "/office", users: {}, ranges: ["192.0.2.9/32"] },
    },
  },
};
