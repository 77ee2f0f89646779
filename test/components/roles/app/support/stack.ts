import type { ServiceSettings } from "../../../../../components/roles/app/settings";
import type { AppStack } from "../../../../../components/roles/app/setup";
import { planned } from "../../../../support/planned";
import { seedSettings } from "../../../../support/settings";

const service = (mode: string, changes: Partial<ServiceSettings>): ServiceSettings => ({
  image: "example/shop:1.4.2",
  replicas: 2,
  port: 3000,
  pathPrefix: `/${mode}`,
  healthPath: "/health/ready",
  environment: {},
  uses: ["database"],
  secrets: {},
  memoryMb: 512,
  ...changes,
});

/** The service stack of the seed: web 2, admin 1, api 2, workers 2. */
export const services: Readonly<Record<string, ServiceSettings>> = {
  web: service("web", { pathPrefix: "/" }),
  admin: service("admin", { replicas: 1 }),
  api: service("api", {}),
  worker: service("worker", { port: undefined, pathPrefix: undefined }),
};

export const settings = { ...seedSettings, app: { ...seedSettings.app, services } };
export const topology = planned(settings);

export const stack: AppStack = {
  domain: settings.domain,
  services,
  images: Object.fromEntries(
    Object.keys(services).map((name) => [name, `example/shop@sha256:${"0".repeat(64)}`]),
  ),
  traefikImage: `traefik@sha256:${"1".repeat(64)}`,
  stores: {
    database: { DATABASE_URL: "postgresql://app:planted-password@10.0.3.11:5432/app" },
    cache: { REDIS_URL: "redis://app:planted-cache@10.0.3.11:6379/0" },
  },
  secrets: { stripeKey: "planted-stripe", mailPassword: "planted-mail" },
  loadBalancers: topology.edge.map((machine) => machine.privateIp),
};
