// The catalogue as Hetzner's objects.
import {
  catalogue,
  type Iso,
  type LoadBalancerType,
  type Location,
  type ServerType,
  type StorageBoxType,
  type SystemImage,
} from "../../catalogue/catalogue";
import type { Settings } from "../../settings/api";
import type { Image } from "../../state/rows";

const { prices } = catalogue;
const vat = 1 + Number(prices.vatRate) / 100;

/** Net with ten decimals and gross with sixteen, as the API writes money (HC-T8). */
export function money(net: string | number) {
  return { net: Number(net).toFixed(10), gross: (Number(net) * vat).toFixed(16) };
}

/** Hourly prices are derived from monthly ones (see catalogue/prices.json). */
export function hourly(monthlyNet: string) {
  return money((Number(monthlyNet) / prices.hoursPerMonth).toFixed(4));
}

function typePrices(monthlyNet: string, locations: readonly string[]) {
  return locations.map((location) => ({
    location,
    price_hourly: hourly(monthlyNet),
    price_monthly: money(monthlyNet),
    included_traffic: prices.includedTrafficBytes,
    price_per_tb_traffic: money(prices.trafficPerTb),
  }));
}

export function renderLocation({ datacenter: _datacenter, ...location }: Location) {
  return location;
}

export function isSoldOut(settings: Settings, type: string, location: string): boolean {
  return settings.soldOut.includes(type) || settings.soldOut.includes(`${type}@${location}`);
}

/** Whether one can be had there and boots: machines have the host's architecture. */
function isAvailable(settings: Settings, type: ServerType, location: string): boolean {
  const boots = type.architecture === settings.architecture && type.retired !== true;
  return boots && !isSoldOut(settings, type.name, location);
}

/** What is sold. */
const orderable = catalogue.serverTypes.filter(({ retired }) => retired !== true);

export function renderDatacenter(location: Location, settings: Settings) {
  const supported = orderable.filter(({ locations }) => locations.includes(location.name));
  const available = supported.filter((type) => isAvailable(settings, type, location.name));
  const ids = (types: readonly ServerType[]) => types.map(({ id }) => id);
  return {
    ...location.datacenter,
    location: renderLocation(location),
    server_types: {
      supported: ids(supported),
      available: ids(available),
      available_for_migration: ids(available),
    },
  };
}

export function renderServerType(type: ServerType, settings: Settings) {
  const deprecation = type.deprecation ?? null;
  return {
    id: type.id,
    name: type.name,
    description: type.description ?? type.name.toUpperCase(),
    cores: type.cores,
    memory: type.memoryGb,
    disk: type.diskGb,
    deprecated: deprecation !== null,
    prices: typePrices(type.monthlyNet, type.locations),
    storage_type: "local",
    cpu_type: type.cpuType,
    category: type.category,
    architecture: type.architecture,
    deprecation,
    locations: catalogue.locations
      .filter(({ name }) => type.locations.includes(name))
      .map(({ id, name }) => ({
        id,
        name,
        deprecation,
        recommended: deprecation === null,
        available: isAvailable(settings, type, name),
      })),
  };
}

export function renderLoadBalancerType({ monthlyNet, ...type }: LoadBalancerType) {
  const everywhere = catalogue.locations.map(({ name }) => name);
  return { ...type, deprecated: null, prices: typePrices(monthlyNet, everywhere) };
}

export function renderStorageBoxType({ monthlyNet, locations, ...type }: StorageBoxType) {
  const prices = locations.map((location) => ({
    location,
    price_hourly: hourly(monthlyNet),
    price_monthly: money(monthlyNet),
    setup_fee: money(0),
  }));
  return { ...type, prices, deprecation: null };
}

export function renderIso(iso: Iso) {
  return { ...iso, description: `${iso.description} (does not boot in the local cloud)`, deprecation: null };
}

/** What the machine room cannot boot is listed for clients that look for it, as unavailable. */
export function isBootable({ bootableImages, architecture }: Settings, image: SystemImage): boolean {
  return bootableImages.includes(image.name) && image.architecture === architecture;
}

export function renderSystemImage(image: SystemImage, settings: Settings) {
  return {
    ...image,
    type: "system",
    status: isBootable(settings, image) ? "available" : "unavailable",
    image_size: null,
    created_from: null,
    bound_to: null,
    rapid_deploy: true,
    protection: { delete: false },
    deprecated: null,
    deleted: null,
    labels: {},
  };
}

export function renderSnapshot(image: Image) {
  return {
    id: image.id,
    type: image.type,
    status: image.status,
    name: null,
    description: image.description,
    image_size: image.imageSizeGb,
    disk_size: image.diskGb,
    created: image.created,
    created_from: image.createdFrom,
    bound_to: image.boundTo,
    os_flavor: image.osFlavor,
    os_version: image.osVersion,
    rapid_deploy: false,
    protection: { delete: image.protected },
    deprecated: null,
    deleted: null,
    labels: image.labels,
    architecture: image.architecture,
  };
}

export function renderPricing() {
  const everywhere = catalogue.locations.map(({ name }) => name);
  const primary = (type: string, monthly: string) => ({
    type,
    prices: everywhere.map((location) => ({
      location,
      price_hourly: hourly(monthly),
      price_monthly: money(monthly),
    })),
  });
  const floating = (type: string, monthly: string) => ({
    type,
    prices: everywhere.map((location) => ({ location, price_monthly: money(monthly) })),
  });
  return {
    currency: prices.currency,
    vat_rate: prices.vatRate,
    primary_ips: [primary("ipv4", prices.primaryIpv4), primary("ipv6", prices.primaryIpv6)],
    floating_ips: [floating("ipv4", prices.floatingIpv4), floating("ipv6", prices.floatingIpv6)],
    image: { price_per_gb_month: money(prices.snapshotPerGb) },
    volume: { price_per_gb_month: money(prices.volumePerGb) },
    server_backup: { percentage: prices.backupPercentage },
    server_types: orderable.map(({ id, name, monthlyNet, locations }) => ({
      id,
      name,
      prices: typePrices(monthlyNet, locations),
    })),
    load_balancer_types: catalogue.loadBalancerTypes.map(({ id, name, monthlyNet }) => ({
      id,
      name,
      prices: typePrices(monthlyNet, everywhere),
    })),
    floating_ip: { price_monthly: money(prices.floatingIpv4) },
  };
}
