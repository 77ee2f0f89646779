/** A place where Hetzner runs cloud servers. */
export interface Location {
  readonly name: string;
  /** Private networks end at the zone's border. */
  readonly networkZone: string;
  readonly city: string;
}

/** Source: docs.hetzner.com/cloud/networks/faq. */
export const locations: readonly Location[] = [
  { name: "fsn1", networkZone: "eu-central", city: "Falkenstein" },
  { name: "nbg1", networkZone: "eu-central", city: "Nuremberg" },
  { name: "hel1", networkZone: "eu-central", city: "Helsinki" },
  { name: "ash", networkZone: "us-east", city: "Ashburn, VA" },
  { name: "hil", networkZone: "us-west", city: "Hillsboro, OR" },
  { name: "sin", networkZone: "ap-southeast", city: "Singapore" },
];

export function findLocation(name: string): Location | undefined {
  return locations.find((location) => location.name === name);
}
