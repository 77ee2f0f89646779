import type { PlatformSettings } from "../../components/settings";

/** The multi-server topology of the seed, as tests of pure functions need it. */
export const seedSettings: PlatformSettings = {
  environment: "prod",
  domain: "www.example.com",
  location: "nbg1",
  image: "debian-13",
  network: {
    range: "10.0.0.0/16",
    zone: "eu-central",
    subnets: { edge: "10.0.1.0/24", app: "10.0.2.0/24", data: "10.0.3.0/24", storage: "10.0.4.0/24" },
  },
  adminRanges: ["198.51.100.1/32"],
  loadBalancers: { vcpus: 2, memoryGb: 4, serverType: undefined, engine: "haproxy" },
  app: {
    vcpus: 4,
    memoryGb: 16,
    serverType: undefined,
    count: 2,
    services: {
      web: {
        image: "example/shop:1.0.0",
        replicas: 2,
        port: 3000,
        pathPrefix: "/",
        healthPath: "/health/ready",
        environment: { APP_MODE: "web" },
        memoryMb: 512,
      },
      worker: {
        image: "example/shop:1.0.0",
        replicas: 2,
        port: undefined,
        pathPrefix: undefined,
        healthPath: "/health/ready",
        environment: { APP_MODE: "worker" },
        memoryMb: 512,
      },
    },
  },
  database: { vcpus: 8, memoryGb: 32, serverType: undefined, cacheEngine: "valkey", databaseName: "app" },
  storage: {
    vcpus: 4,
    memoryGb: 8,
    serverType: undefined,
    objectStoreEngine: "versitygw",
    volumeGb: 2000,
    bulk: "volume",
    bulkGb: 2000,
    bucket: "app",
    backup: { schedule: "*-*-* 02:00:00", retentionDays: 14, offsite: undefined },
    logRetentionDays: 30,
  },
  images: {
    traefik: "traefik:v3.5.0",
    elasticsearch: "elasticsearch:8.19.21",
    objectStore: "versity/versitygw:v1.8.0",
    registryMirror: undefined,
  },
  budgetEur: undefined,
  protect: true,
};
