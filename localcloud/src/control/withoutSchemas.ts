import type { FastifyServerOptions } from "fastify";

/**
 * For Fastify applications whose routes have no schemas: requests are read with zod and answers written as JSON, so
 * the compilers of schemas are neither loaded nor bundled, which saves memory and time at each start.
 */
export const withoutSchemas: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: {
    buildValidator: () => {
      throw new Error("routes have no schemas");
    },
    buildSerializer: () => () => JSON.stringify,
  },
};
