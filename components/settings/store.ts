/** What the platform keeps data in, each with credentials of its own. */
export const Store = {
  Database: "database",
  Cache: "cache",
  Search: "search",
  ObjectStore: "objectStore",
} as const;
export type Store = (typeof Store)[keyof typeof Store];
