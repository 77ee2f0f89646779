/** Services that fit on a node: each has a block of addresses. */
export const mostServices = 254;

/** Replicas of one service on a node; names of containers have room for two digits. */
export const mostReplicas = 32;
