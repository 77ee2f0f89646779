/**
 * Every port that a part of ours listens on, of all roles: a machine may have several of them, so no two may be the
 * same. A new one goes here.
 */
export const ports = {
  ssh: 22,
  /** Of what answers visitors on its machine: load balancer, web server or Traefik. */
  http: 80,
  https: 443,
  postgresql: 5432,
  cache: 6379,
  edgeHealth: 8404,
  /** On loopback: the agent that moves the floating IP. */
  edgeAgent: 8405,
  /** The same for the second one. */
  edgeAgent2: 8410,
  certificateHandover: 8406,
  acmeChallenge: 8407,
  /** On loopback: what decides how long a web server may keep an answer. */
  pageKeeping: 8408,
  /** HAProxy of one load balancer tells the other one's what clients have asked for. */
  clientCounters: 8409,
  objectStore: 9000,
  search: 9200,
  journal: 19_532,
} as const;
